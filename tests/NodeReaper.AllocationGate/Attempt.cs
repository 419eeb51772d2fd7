namespace NodeReaper.AllocationGate;

/// <summary>One run of a case: made ready by its constructor, measured once, cleaned up by <see cref="Dispose"/>.</summary>
internal abstract class Attempt : IDisposable
{
    /// <summary>What is measured. On the pressure thread.</summary>
    internal abstract void Run();

    /// <summary>Says what went another way than the case is there for; null when nothing did.</summary>
    internal abstract string? Complaint();

    public abstract void Dispose();
}
