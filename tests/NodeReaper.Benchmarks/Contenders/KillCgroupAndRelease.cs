using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>A pidfd of each process, cgroup.kill, then process_mrelease of one after the other: the order of Talos.</summary>
internal sealed class KillCgroupAndRelease : IContender
{
    private readonly CgroupProcesses _listed = new(32768);
    private readonly List<Pidfd> _opened = new(4096);

    public string Name => "cgroup.kill, release each";

    public KillAnswer Kill(CgroupDirectory cgroup, in MemoryUse before, TimeSpan deadline)
    {
        _opened.Clear();
        _ = _listed.Read(cgroup);
        foreach (var processId in _listed.Ids)
        {
            var opened = Pidfd.Open(processId);
            if (opened.Succeeded)
            {
                _opened.Add(new Pidfd(new FileDescriptor((int)opened.Value)));
            }
        }

        _ = cgroup.Kill();
        var signalledAt = Stopwatch.GetTimestamp();
        var tally = default(ReleaseTally);
        foreach (var process in _opened)
        {
            tally = tally.With(process.ReleaseMemory());
        }

        _opened.ForEach(process => process.Close());
        return new KillAnswer(tally, signalledAt);
    }
}
