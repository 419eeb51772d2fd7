namespace NodeReaper.Agent.Options;

/// <summary>What the Node says, in a cluster, while its pressure does not end.</summary>
internal sealed record NodeOptions
{
    /// <summary>Set a condition.</summary>
    public bool Condition { get; init; }

    /// <summary>Set a taint, so that no more Pods are sent here.</summary>
    public bool Taint { get; init; }

    /// <summary>Once the pressure has gone on for so long.</summary>
    public TimeSpan MarkAfter { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Until there was none for so long.</summary>
    public TimeSpan UnmarkAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>True when the Node is to say anything.</summary>
    internal bool Marks => Condition || Taint;
}
