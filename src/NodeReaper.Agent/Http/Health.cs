using System.Diagnostics;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Http;

/// <summary>Whether the pressure thread goes round. One that does not protects nobody, and the kubelet does well to start the agent again.</summary>
internal static class Health
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>What is wrong; null when nothing is. Before the watch begins, nothing is wrong yet.</summary>
    /// <param name="failure">What ended the watch for good.</param>
    /// <param name="heartbeat">When the pressure thread last went round, as a timestamp of <see cref="Stopwatch"/>; null or 0 before the watch begins.</param>
    /// <param name="policy">How seldom it may go round, and how long a kill may take.</param>
    internal static string? Problem(string? failure, long? heartbeat, ReapPolicy policy)
    {
        var silence = heartbeat is { } last and not 0 ? Stopwatch.GetElapsedTime(last) : TimeSpan.Zero;
        var longest = s_patience + policy.Pressure.SlowestSample + (policy.Plan.MaxVictims * policy.Kill.Deadline);
        return failure ?? (silence > longest ? $"the pressure thread has not gone round for {silence.TotalSeconds:0} s" : null);
    }
}
