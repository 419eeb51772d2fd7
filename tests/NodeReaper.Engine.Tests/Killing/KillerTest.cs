using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests;
using NodeReaper.Kernel.Tests.Victims;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>A killer, and real victims for it in real cgroups. Each test is one thread from end to end, as a tracer must be.</summary>
public abstract class KillerTest : IDisposable
{
    private readonly List<Victim> _victims = [];
    private readonly List<TestCgroup> _cgroups = [];
    private readonly FakeCgroups _fake;
    private readonly FileDescriptor _procRoot;

    protected KillerTest()
    {
        // First: a test that is skipped here is not disposed of.
        Requires.Root();
        _fake = new FakeCgroups();
        _procRoot = FileDescriptor.OpenDirectory("/proc", out _);
        Proc = new ProcessFiles(_procRoot);
        Killer = new Killer(Proc, new ProcessGuard(Proc), reapers: 2);
        Verifier = new Verifier(Proc);
    }

    private protected static TimeSpan Deadline { get; } = TimeSpan.FromSeconds(10);

    private protected ProcessFiles Proc { get; }

    private protected Killer Killer { get; }

    private protected Verifier Verifier { get; }

    /// <summary>Where <see cref="WithoutCgroupKill"/> makes its directory.</summary>
    private protected string FakeRoot => _fake.Root;

    public void Dispose()
    {
        Killer.Dispose();
        _cgroups.ForEach(cgroup => cgroup.KillAll());
        _victims.ForEach(victim => victim.Dispose());
        _cgroups.ForEach(cgroup => cgroup.Dispose());
        _procRoot.Close();
        _fake.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected TestCgroup Make()
    {
        _cgroups.Add(TestCgroup.Make());
        return _cgroups[^1];
    }

    private protected Victim Start(string cgroup, params string[] options) => Keep(Victim.Start(["--cgroup", cgroup, .. options]));

    /// <summary>One in no cgroup of ours.</summary>
    private protected Victim StartAnywhere(params string[] options) => Keep(Victim.Start(options));

    private protected Victim Keep(Victim victim)
    {
        _victims.Add(victim);
        return victim;
    }

    private protected KillOutcome Kill(in KillTarget target, KillStrategy strategy, TimeSpan? deadline = null) =>
        Killer.Kill(target, strategy, Mib, deadline ?? Deadline);

    private protected (KillOutcome Outcome, ReliefResult Relief) KillAndVerify(in KillTarget target, KillStrategy strategy)
    {
        var outcome = Kill(target, strategy);
        return (outcome, Verifier.Verify(target, outcome, MemoryUse.OfResident(Mib), ReliefProof.Process, Deadline, Killer));
    }

    private protected void EventuallyNoneIsHeld()
    {
        Eventually.True(() => LetGo() == 0, "none is held");
    }

    // Looks after the last victim as the verifier does.
    private protected int LetGo()
    {
        _ = Killer.Attend();
        return Killer.HeldCount;
    }

    /// <summary>A directory that lists these processes, and nothing more.</summary>
    private protected KillTarget FakeTarget(params int[] processIds)
    {
        _fake.Add("fake", processIds: processIds);
        return KillTarget.Of(_fake.Open("fake"));
    }

    /// <summary>The same with memory of its own.</summary>
    private protected CgroupDirectory FakeCgroup(long anonBytes, params int[] processIds)
    {
        _ = _fake.Add("fake", anonBytes, processIds: processIds);
        return _fake.Open("fake");
    }

    /// <summary>What it tells from now on; null: it is gone.</summary>
    private protected void SetFakeMemory(long? anonBytes)
    {
        if (anonBytes is { } bytes)
        {
            _fake.SetMemory("fake", bytes);
        }
        else
        {
            _fake.Remove("fake");
        }
    }

    /// <summary>A cgroup as on a kernel before 5.14: it lists its processes as ever, but has no cgroup.kill.</summary>
    private protected KillTarget WithoutCgroupKill(TestCgroup cgroup, bool canFreeze = false)
    {
        var directory = _fake.AddEmpty("old");
        foreach (var file in canFreeze ? (ReadOnlySpan<string>)["cgroup.procs", "cgroup.freeze"] : ["cgroup.procs"])
        {
            File.CreateSymbolicLink(Path.Combine(directory, file), Path.Combine(cgroup.Path, file));
        }

        return KillTarget.Of(_fake.Open("old"));
    }
}
