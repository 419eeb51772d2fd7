using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.AllocationGate.Kills;

/// <summary>The engine's killer and verifier, made once as in the agent, and the cgroup that all victims are below.</summary>
internal sealed class KillRig : IDisposable
{
    private const int Reapers = 4;
    private readonly FileDescriptor _procRoot;
    private readonly string _parent;
    private readonly Verifier _verifier;
    private int _cgroups;

    internal KillRig()
    {
        _parent = Path.Combine(Place.Cgroup2Mount()!, $"nodereaper-gate-{Environment.ProcessId}");
        Directory.CreateDirectory(_parent);
        HasMemoryController = File.ReadAllText(Path.Combine(_parent, "cgroup.controllers")).Split([' ', '\n']).Contains("memory");
        if (HasMemoryController)
        {
            File.WriteAllText(Path.Combine(_parent, "cgroup.subtree_control"), "+memory");
        }

        _procRoot = FileDescriptor.OpenDirectory("/proc", out _);
        Proc = new ProcessFiles(_procRoot);
        Guard = new ProcessGuard(Proc);
        Killer = new Killer(Proc, Guard, Reapers, InjectedKernels.ExpediteFlag);
        _verifier = new Verifier(Proc);
    }

    internal bool HasMemoryController { get; }

    internal ProcessFiles Proc { get; }

    internal ProcessGuard Guard { get; }

    internal Killer Killer { get; }

    internal Verifier Verifier => _verifier;

    /// <summary>The strategies that the killer has.</summary>
    internal static IReadOnlyList<KillStrategy> Strategies { get; } = [.. Enum.GetValues<KillStrategy>().Where(HasSteps)];

    /// <summary>A fresh cgroup.</summary>
    internal VictimCgroup MakeCgroup() => new(Path.Combine(_parent, $"c{_cgroups++}"));

    internal KillOutcome Kill(KillTarget target, KillStrategy strategy, TimeSpan deadline) =>
        Killer.Kill(target, strategy, 1 << 20, deadline);

    internal ReliefResult Verify(KillTarget target, KillOutcome outcome, MemoryUse before, ReliefProof proof, TimeSpan deadline) =>
        _verifier.Verify(target, outcome, before, proof, deadline, Killer);

    /// <summary>Lets go of all that are held, before what they are is cleaned up.</summary>
    internal void LetGo()
    {
        Killer.End();
        for (var attempt = 0; Killer.HeldCount > 0; attempt++)
        {
            if (attempt == 5000)
            {
                throw new IOException($"{Killer.HeldCount} threads are still held");
            }

            Thread.Sleep(1);
        }
    }

    public void Dispose()
    {
        Killer.Dispose();
        _procRoot.Close();
        Directory.Delete(_parent);
    }

    private static bool HasSteps(KillStrategy strategy)
    {
        try
        {
            _ = StrategySteps.Of(strategy);
            return true;
        }
        catch (ArgumentOutOfRangeException)
        {
            return false;
        }
    }
}
