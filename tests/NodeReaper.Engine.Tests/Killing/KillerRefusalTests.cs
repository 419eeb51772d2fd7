using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Cgroups;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>Who is refused, and that nobody is touched then.</summary>
public sealed class KillerRefusalTests : KillerTest
{
    public static TheoryData<string> RefusedNames => ["pause", "containerd-shim", "kubelet", "runc:[2:INIT]", "conmon", "systemd", "crio", "dockerd", "nodereaper"];

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public void A_refused_process_saves_its_whole_cgroup_and_nobody_is_touched(string name)
    {
        var cgroup = Make();
        Start(cgroup.Path, "--procs", "3");
        var refused = Start(cgroup.Nested("below"), "--comm", name, "--threads", "3");
        Start(cgroup.Path);
        var outcome = Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold);
        var expected = name switch
        {
            "pause" => Refusal.Sandbox,
            "runc:[2:INIT]" => Refusal.Starting,
            _ => Refusal.SystemProcess,
        };
        Assert.Equal((expected, refused.Id, false), (outcome.Refusal, outcome.RefusedProcessId, outcome.IsKilled));
        AssertNobodyWasTouched(cgroup, 6);

        // The same process by itself.
        Assert.Equal(expected, Kill(new KillTarget(CgroupDirectory.None, refused.Id), KillStrategy.Hold).Refusal);
        AssertNobodyWasTouched(cgroup, 6);
    }

    public static TheoryData<string, int, Refusal> RefusedProcesses => new()
    {
        { "PID 1", 1, Refusal.Init },
        { "this program", Environment.ProcessId, Refusal.Self },
        { "a kernel thread", 2, Refusal.NoAddressSpace },
        { "none", int.MaxValue, Refusal.Gone },
    };

    [Theory]
    [MemberData(nameof(RefusedProcesses))]
    public void A_process_that_must_never_die_is_refused_with_its_company(string what, int processId, Refusal refusal)
    {
        if (processId == 2 && !(File.Exists("/proc/2/comm") && File.ReadAllText("/proc/2/comm") == "kthreadd\n"))
        {
            Assert.Skip("needs kthreadd as PID 2: this is a PID namespace of its own");
        }

        var outcome = Kill(new KillTarget(CgroupDirectory.None, processId), KillStrategy.Hold);
        Assert.True(outcome.Refusal == refusal, what);
        Assert.False(outcome.IsKilled);
        if (processId > 2 && processId != Environment.ProcessId)
        {
            return;
        }

        // In a cgroup that lists it, too.
        if (processId != 2)
        {
            var companion = StartAnywhere();
            Assert.Equal(refusal, Kill(FakeTarget(processId, companion.Id), KillStrategy.Hold).Refusal);
            ProcessState.AssertUntouched(companion.Id);
        }
    }

    [Fact]
    public void A_zombie_is_refused()
    {
        var victim = StartAnywhere("--zombie");
        var zombie = Assert.Single(ProcessState.Children(victim.Id));
        var outcome = Kill(new KillTarget(CgroupDirectory.None, zombie), KillStrategy.Hold);
        Assert.True(outcome.Refusal is Refusal.NoAddressSpace or Refusal.Gone, $"{outcome.Refusal}");
        ProcessState.AssertUntouched(victim.Id);
    }

    [Fact]
    public void A_cgroup_with_processes_of_another_PID_namespace_is_refused()
    {
        var victim = StartAnywhere();
        var outcome = Kill(FakeTarget(victim.Id, 0), KillStrategy.Hold);
        Assert.Equal(Refusal.ForeignProcesses, outcome.Refusal);
        ProcessState.AssertUntouched(victim.Id);
    }

    [Fact]
    public void A_cgroup_without_processes_is_gone()
    {
        var cgroup = Make();
        var elsewhere = Make();
        var victim = Start(cgroup.Path);
        elsewhere.Move(victim.Id);
        var outcome = Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold);
        Assert.Equal((Refusal.Gone, false), (outcome.Refusal, outcome.IsKilled));
        ProcessState.AssertUntouched(victim.Id);
        Directory.Delete(cgroup.Path);
        Assert.Equal(Refusal.Gone, Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold).Refusal);
    }

    [Fact]
    public void Without_cgroup_kill_a_refused_process_still_saves_all()
    {
        var cgroup = Make();
        var target = WithoutCgroupKill(cgroup);
        Start(cgroup.Path, "--procs", "3");
        Start(cgroup.Path, "--comm", "containerd-shim");
        Assert.Equal(Refusal.SystemProcess, Kill(target, KillStrategy.Hold).Refusal);
        AssertNobodyWasTouched(cgroup, 5);
    }

    [Fact]
    public void A_process_that_is_not_in_the_cgroup_is_refused()
    {
        var cgroup = Make();
        var stranger = Start(Make().Path, "--mib", "4");
        Start(cgroup.Path, "--mib", "4");
        var outcome = Kill(new KillTarget(cgroup.Directory, stranger.Id), KillStrategy.Hold);
        Assert.Equal((Refusal.LeftCgroup, false), (outcome.Refusal, outcome.IsKilled));
        ProcessState.AssertUntouched(stranger.Id);
    }

    [Fact]
    public void However_much_a_Pod_uses_its_sandbox_stays_one()
    {
        var (app, sandbox) = (Make(), Make());
        Start(app.Path, "--mib", "8");
        Start(sandbox.Path, "--comm", "pause");
        var target = new KillTarget();
        target.Fill(KillScope.Pod);
        Assert.True(target.Add(app.Directory) && target.Add(sandbox.Directory));
        Assert.Equal(Refusal.Sandbox, Killer.Kill(target, KillStrategy.Hold, 500 * Mib, Deadline).Refusal);
        AssertNobodyWasTouched(app, 1);
        AssertNobodyWasTouched(sandbox, 1);
    }

    [Fact]
    public void A_refusal_allocates_nothing()
    {
        var cgroup = Make();
        Start(cgroup.Path, "--procs", "3");
        Start(cgroup.Path, "--comm", "pause");
        var target = KillTarget.Of(cgroup.Directory);
        Assert.Equal(Refusal.Sandbox, Kill(target, KillStrategy.Hold).Refusal);
        Assert.Equal(0, Allocations.Of(() => Kill(target, KillStrategy.Hold)));
    }

    [Fact]
    public void A_strategy_without_steps_is_a_defect_and_touches_nobody()
    {
        var cgroup = Make();
        Start(cgroup.Path);
        Assert.Throws<ArgumentOutOfRangeException>(() => Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Auto));
        AssertNobodyWasTouched(cgroup, 1);
    }

    private static void AssertNobodyWasTouched(TestCgroup cgroup, int processes)
    {
        var ids = cgroup.ProcessIds();
        Assert.Equal(processes, ids.Length);
        Assert.All(ids, ProcessState.AssertUntouched);
    }
}
