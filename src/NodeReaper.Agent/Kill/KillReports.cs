using System.Diagnostics;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Verification;

namespace NodeReaper.Agent.Kill;

/// <summary>Makes the reports of kills by hand.</summary>
internal static class KillReports
{
    internal static KillReport Failed(string name, KillStrategy strategy, string reason) =>
        new() { Target = name, Strategy = CamelCase.Of(strategy), Outcome = "failed", Reason = reason };

    internal static KillReport Refused(string name, KillStrategy strategy, string reason) =>
        new() { Target = name, Strategy = CamelCase.Of(strategy), Outcome = "refused", Reason = reason };

    /// <summary>Of a kill whose signal went out.</summary>
    /// <param name="name">What was killed.</param>
    /// <param name="outcome">What the killer did.</param>
    /// <param name="relief">What came back.</param>
    /// <param name="killer">The killer, before the kill's end.</param>
    internal static KillReport Of(string name, in KillOutcome outcome, in ReliefResult relief, Killer killer)
    {
        var decidedAt = outcome.DecidedAt;
        var processes = new List<KillReportProcess>();
        foreach (ref readonly var process in killer.Processes)
        {
            processes.Add(new KillReportProcess
            {
                Pid = process.ProcessId,
                Name = process.Name,
                Held = process.HeldThread != 0,
                Hold = StepResults.Hold(process),
                Signal = StepResults.Signal(process, outcome),
                Release = StepResults.Release(process),
                Attempts = process.ReleaseAttempts,
                DeadMicroseconds = Microseconds(decidedAt, process.DeadAt),
            });
        }

        return new KillReport
        {
            Target = name,
            Strategy = CamelCase.Of(outcome.Strategy),
            Outcome = relief is { IsFreed: true, IsDead: true } ? "freed" : "incomplete",
            Reason = WhatIsMissing(outcome, relief),
            Proof = CamelCase.Of(relief.Proof),
            BytesBefore = relief.Before.Current + relief.Before.Swap,
            BytesFreed = relief.FreedBytes,
            BytesLeft = new KillReportBytes
            {
                Anon = relief.Left.Anon,
                Shmem = relief.Left.Shmem,
                File = relief.Left.File,
                Kernel = relief.Left.Kernel,
                Swap = relief.Left.Swap,
                Unevictable = relief.Left.Unevictable,
                Hugetlb = relief.HugetlbLeft,
            },
            SignalMicroseconds = Microseconds(decidedAt, outcome.SignalledAt),
            ReleasedMicroseconds = Microseconds(decidedAt, outcome.ReleasedAt),
            FreedMicroseconds = Microseconds(decidedAt, relief.FreedAt),
            DeadMicroseconds = Microseconds(decidedAt, relief.DeadAt),
            ProcessCount = outcome.ProcessCount,
            SharerPid = outcome.SharerProcessId == 0 ? null : outcome.SharerProcessId,
            Errors = killer.Errors.All().ToDictionary(
                error => $"{CamelCase.Of(error.Call)}.{error.Error}", error => error.Count, StringComparer.Ordinal),
            Processes = processes,
        };
    }

    private static string? WhatIsMissing(in KillOutcome outcome, in ReliefResult relief) => relief switch
    {
        { IsFreed: false } when outcome.SharerProcessId != 0 =>
            $"process {outcome.SharerProcessId}, which is not to be killed, shares the address space and keeps it",
        { IsFreed: true, IsDead: true } => null,
        { IsFreed: true } => "the memory is back, but not every process was dead by the deadline",
        { IsDead: true } => "every process is dead, but not all of the memory was back by the deadline",
        _ => "neither the death nor the memory was proven by the deadline",
    };

    private static double? Microseconds(long from, long to) =>
        to == 0 ? null : Math.Round((to - from) * 1e6 / Stopwatch.Frequency, 1);
}
