using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>The agent's own killer and verifier.</summary>
internal sealed class AgentKiller : IDisposable
{
    /// <summary>As many threads as the agent's default.</summary>
    internal static readonly int Reapers = new KillPolicy().Reapers;

    private readonly Killer _killer;
    private readonly Verifier _verifier;

    /// <summary>Makes one.</summary>
    /// <param name="reapers">How many threads release; one of them waits for the next victim.</param>
    internal AgentKiller(int reapers)
    {
        var proc = new ProcessFiles(FileDescriptor.OpenDirectory("/proc", out _));
        _killer = new Killer(proc, new ProcessGuard(proc), reapers);
        _verifier = new Verifier(proc);
    }

    internal KillAnswer Kill(CgroupDirectory cgroup, KillStrategy strategy, in MemoryUse before, TimeSpan deadline)
    {
        var target = KillTarget.Of(cgroup);
        var outcome = _killer.Kill(target, strategy, before.Freeable, deadline);
        if (!outcome.IsKilled)
        {
            throw new IOException($"{strategy} did not kill: {outcome.Refusal} {outcome.SignalError}");
        }

        // It lets go of who is held, too. Where cgroup v2 has no memory controller, it finds no file to read, and looks for
        // deaths only.
        _ = _verifier.Verify(target, outcome, before, ReliefProof.Cgroup, deadline, _killer);
        var tally = default(ReleaseTally);
        foreach (ref readonly var process in _killer.Processes)
        {
            tally = process.ReleaseAttempts > 0 ? tally.With(process.ReleaseError) : tally;
        }

        return new KillAnswer(tally, outcome.SignalledAt);
    }

    /// <summary>Lets go of who could not be let go at the time, such as a victim in D state.</summary>
    /// <returns>How many are still held.</returns>
    internal int LetGo()
    {
        _killer.End();
        return _killer.HeldCount;
    }

    public void Dispose() => _killer.Dispose();
}
