using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>SIGKILL to each listed process, and again to those that are new, until none is. Nothing else: the victim frees its memory.</summary>
internal class SignalEach : IContender
{
    private readonly CgroupProcesses _listed = new(32768);
    private readonly HashSet<int> _signalled = new(4096);
    private long _firstSignalAt;

    public virtual string Name => "SIGKILL each";

    public KillAnswer Kill(CgroupDirectory cgroup, in MemoryUse before, TimeSpan deadline)
    {
        var begun = Stopwatch.GetTimestamp();
        var tally = default(ReleaseTally);
        _signalled.Clear();
        _firstSignalAt = 0;
        bool anyNew;
        do
        {
            anyNew = false;
            _ = _listed.Read(cgroup);
            foreach (var processId in _listed.Ids)
            {
                if (_signalled.Add(processId))
                {
                    anyNew = true;
                    Kill(processId, ref tally);
                }
            }
        }
        while (anyNew && Stopwatch.GetElapsedTime(begun) < deadline);
        return new KillAnswer(tally, _firstSignalAt);
    }

    /// <summary>What follows the signal to a process, before the next one gets its own.</summary>
    protected virtual void Follow(Pidfd process, ref ReleaseTally tally)
    {
    }

    private void Kill(int processId, ref ReleaseTally tally)
    {
        var opened = Pidfd.Open(processId);
        if (!opened.Succeeded)
        {
            return;
        }

        var process = new Pidfd(new FileDescriptor((int)opened.Value));
        _ = process.Kill();
        _firstSignalAt = _firstSignalAt == 0 ? Stopwatch.GetTimestamp() : _firstSignalAt;
        Follow(process, ref tally);
        process.Close();
    }
}
