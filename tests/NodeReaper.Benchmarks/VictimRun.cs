using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks;

/// <summary>Starts victims in a cgroup of their own and kills them with the engine's own killer and verifier.</summary>
internal sealed class VictimRun : IDisposable
{
    private const int StartTimeoutMilliseconds = 120_000;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);
    private readonly string _victim;
    private readonly string _parent;
    private readonly Killer _killer;
    private readonly Verifier _verifier;
    private int _number;

    internal VictimRun(string victim, string cgroupRoot)
    {
        _victim = victim;
        _parent = Path.Combine(cgroupRoot, $"nodereaper-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(_parent);
        var controllers = File.ReadAllText(Path.Combine(_parent, "cgroup.controllers"));
        HasMemoryController = controllers.Split([' ', '\n']).Contains("memory");
        if (HasMemoryController)
        {
            File.WriteAllText(Path.Combine(_parent, "cgroup.subtree_control"), "+memory");
        }

        var proc = new ProcessFiles(FileDescriptor.OpenDirectory("/proc", out _));
        _killer = new Killer(proc, new ProcessGuard(proc), 2);
        _verifier = new Verifier(proc);
    }

    /// <summary>True when memory is proven back by the cgroup; else by the processes being gone.</summary>
    internal bool HasMemoryController { get; }

    internal Sample Kill(VictimShape shape, KillStrategy strategy)
    {
        var path = Path.Combine(_parent, $"v{_number++}");
        Directory.CreateDirectory(path);
        var victim = Start(shape, path);
        var cgroup = CgroupDirectory.Open(path, out var error);
        if (!cgroup.IsOpen)
        {
            throw new IOException($"{path}: {error}");
        }

        var target = KillTarget.Of(cgroup);
        var before = default(MemoryUse);
        var proof = HasMemoryController && new MemoryUseReader().Read(cgroup, out before).IsNone ? ReliefProof.Cgroup : ReliefProof.Process;
        var outcome = _killer.Kill(target, strategy, before.Freeable, s_deadline);
        if (!outcome.IsKilled)
        {
            throw new IOException($"{shape.Name}: not killed: {outcome.Refusal} {outcome.SignalError}");
        }

        var relief = _verifier.Verify(target, outcome, before, proof, s_deadline, _killer);
        var esrch = 0;
        foreach (ref readonly var process in _killer.Processes)
        {
            esrch += process.ReleaseAttempts > 0 && process.ReleaseError == Errno.ESRCH ? 1 : 0;
        }
        victim.Dispose();
        cgroup.Close();
        Remove(path);
        return new Sample(
            Microseconds(outcome.SignalledAt, relief.FreedAt), Microseconds(outcome.SignalledAt, relief.DeadAt), outcome.ProcessCount, esrch);
    }

    public void Dispose()
    {
        _killer.Dispose();
        Remove(_parent);
    }

    private ChildProcess Start(VictimShape shape, string cgroup)
    {
        var victim = ChildProcess.Start(_victim, ["--cgroup", cgroup, .. shape.Arguments.Split(' ')]);
        return victim.WaitForLine("ready\n"u8, StartTimeoutMilliseconds)
            ? victim
            : throw new IOException($"the victim did not start: {shape.Arguments}");
    }

    // The cgroup stays busy until the kernel is done with its last zombie.
    private static void Remove(string path)
    {
        for (var attempt = 0; Directory.Exists(path); attempt++)
        {
            try
            {
                Directory.Delete(path);
            }
            catch (IOException) when (attempt < 1000)
            {
                Thread.Sleep(5);
            }
        }
    }

    private static double? Microseconds(long from, long to) => to == 0 ? null : Math.Max(0, (to - from) * 1e6 / Stopwatch.Frequency);
}
