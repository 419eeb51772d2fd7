using System.Text.Json;
using NodeReaper.Agent.Commands;
using NodeReaper.Agent.Explain;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kill;

/// <summary>The agent that runs on this node, if one does, and what it protects: it knows Pods that nobody told this program of.</summary>
/// <param name="ask">Asks it for all that it would decide; null when none runs.</param>
internal sealed class RunningAgent(Func<Task<ExplainDocument?>> ask)
{
    // A kill by hand must not wait for an agent that is in the middle of one.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly string s_protected = CamelCase.Of(Exclusion.Protected);

    private readonly Lazy<ExplainDocument?> _document = new(() => Ask(ask));

    /// <summary>The agent on a socket.</summary>
    /// <param name="socket">The socket's path.</param>
    internal static RunningAgent At(string socket) => new(() => ExplainCommand.AskAsync(socket));

    /// <summary>Says why it protects a container; null when it does not, or cannot be asked.</summary>
    /// <param name="podUid">The container's Pod.</param>
    /// <param name="containerId">The container's ID; empty: any of the Pod.</param>
    internal string? WhyProtected(string podUid, string containerId)
    {
        var spared = _document.Value?.Excluded.FirstOrDefault(spared =>
            spared.Container.Exclusion == s_protected && spared.Container.PodUid == podUid
            && (containerId.Length == 0 || spared.Container.ContainerId == containerId));
        return spared is { Container: var container } ? $"the running agent spares its Pod {container.Namespace}/{container.Pod}: {spared.Why}" : null;
    }

    private static ExplainDocument? Ask(Func<Task<ExplainDocument?>> ask)
    {
        try
        {
            return Task.Run(ask).WaitAsync(s_patience).GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is IOException or TimeoutException or JsonException)
        {
            Console.Error.WriteLine($"nodereaper kill: the running agent was asked what it protects, and did not answer: {error.Message}");
            return null;
        }
    }
}
