using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>A container that stands still at its own limit, on a node that has plenty.</summary>
public sealed class LivelockTests : CycleTest
{
    private static readonly OwnLimitPolicy s_policy = new() { Kill = true, Time = TimeSpan.FromMilliseconds(150) };

    public LivelockTests() => SetAvailable(800);

    [Fact]
    public void It_is_killed_where_the_policy_wants_that_and_nobody_else()
    {
        var (stuck, path) = Add("stuck");
        var (other, _) = Add("other");
        var cycle = Make(new ReapPolicy { OwnLimit = s_policy });
        Look(cycle, path, hits: 10, stalledSeconds: 100);
        Look(cycle, path, hits: 20, stalledSeconds: 200);
        Look(cycle, path, hits: 30, stalledSeconds: 300);
        Assert.Equal((ReportKind.Killed, "stuck", Occasion.OwnLimit), Told());
        Assert.True(stuck.Pidfd.HasExited());
        Assert.False(other.Pidfd.HasExited());
    }

    [Fact]
    public void What_it_gives_back_does_not_matter()
    {
        // Page cache alone: for a shortage it would never be chosen.
        var (stuck, path) = Add("stuck");
        _cgroups.SetMemory(path, Mib);
        var cycle = Make(new ReapPolicy { OwnLimit = s_policy });
        for (var look = 1; look < 4; look++)
        {
            Look(cycle, path, hits: 10 * look, stalledSeconds: 100 * look);
        }

        Assert.Equal((ReportKind.Killed, "stuck", Occasion.OwnLimit), Told());
        Assert.True(stuck.Pidfd.HasExited());
    }

    [Fact]
    public void By_default_it_is_told_once()
    {
        var (stuck, path) = Add("stuck");
        var cycle = Make(new ReapPolicy { OwnLimit = s_policy with { Kill = false } });
        for (var look = 1; look < 6; look++)
        {
            Look(cycle, path, hits: 10 * look, stalledSeconds: 100 * look);
        }

        Assert.Equal((ReportKind.Livelocked, "stuck", Occasion.OwnLimit), Told());
        Assert.False(stuck.Pidfd.HasExited());
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(10, 0)]
    public void Who_only_stalls_or_only_meets_its_limit_is_left_alone(int hitsEach, int stalledEach)
    {
        var (stuck, path) = Add("stuck");
        var cycle = Make(new ReapPolicy { OwnLimit = s_policy });
        for (var look = 1; look < 5; look++)
        {
            Look(cycle, path, hits: 5 + (hitsEach * look), stalledSeconds: stalledEach * look);
        }

        Assert.Empty(_reports.Written);
        Assert.False(stuck.Pidfd.HasExited());
    }

    [Fact]
    public void Who_gets_on_for_a_while_begins_anew()
    {
        var (stuck, path) = Add("stuck");
        var cycle = Make(new ReapPolicy { OwnLimit = s_policy with { Time = TimeSpan.FromSeconds(2) } });
        Look(cycle, path, hits: 10, stalledSeconds: 100);
        Look(cycle, path, hits: 20, stalledSeconds: 200);
        Look(cycle, path, hits: 20, stalledSeconds: 200);
        Thread.Sleep(2100);
        Look(cycle, path, hits: 30, stalledSeconds: 300);
        Look(cycle, path, hits: 40, stalledSeconds: 400);
        Assert.Empty(_reports.Written);
        Assert.False(stuck.Pidfd.HasExited());
    }

    [Fact]
    public void A_protected_one_is_told_and_lives()
    {
        var (stuck, path) = Add("stuck");
        _pods = new PodSnapshot([Pod("stuck", "kube-system", containers: Container(Id))]);
        var cycle = Make(new ReapPolicy { OwnLimit = s_policy });
        for (var look = 1; look < 5; look++)
        {
            Look(cycle, path, hits: 10 * look, stalledSeconds: 100 * look);
        }

        Assert.Equal((ReportKind.Livelocked, "stuck", Occasion.OwnLimit), Told());
        Assert.False(stuck.Pidfd.HasExited());
    }

    [Fact]
    public void A_dry_run_tells_whom_it_would_kill()
    {
        var (stuck, path) = Add("stuck");
        var cycle = Make(new ReapPolicy { DryRun = true, OwnLimit = s_policy });
        for (var look = 1; look < 5; look++)
        {
            Look(cycle, path, hits: 10 * look, stalledSeconds: 100 * look);
        }

        Assert.Equal((ReportKind.DryRun, "stuck", Occasion.OwnLimit), Told());
        Assert.False(stuck.Pidfd.HasExited());

        // That was no shortage of the node, and explains no kill of the kernel's.
        cycle.LookForKernelKills();
        SetAllocationStalls(0, oomKills: 1);
        Thread.Sleep(600);
        Assert.True(_node!.Read(new PressurePolicy()));
        cycle.LookForKernelKills();
        List<LateReason> reasons = [];
        _ring.Drain(report => reasons.Add(report.LateReason));
        Assert.Equal([LateReason.NoShortageSeen], reasons);
    }

    [Fact]
    public void One_at_its_Pods_limit_is_found_as_well()
    {
        // As a kubelet sets it: the same limit on both, and with the sandbox the Pod meets it first.
        var (stuck, path) = Add("stuck");
        var cycle = Make(new ReapPolicy { OwnLimit = s_policy });
        for (var look = 1; look < 4; look++)
        {
            WritePod(path, 10 * look);
            Look(cycle, path, hits: 0, stalledSeconds: 100 * look);
        }

        Assert.Equal((ReportKind.Killed, "stuck", Occasion.OwnLimit), Told());
        Assert.Equal((50 * Mib, true), (_reports.Written[0].Livelock.LimitBytes, _reports.Written[0].Livelock.IsPodLimit));
        Assert.True(stuck.Pidfd.HasExited());
    }

    [Fact]
    public void Of_a_Pod_at_its_limit_the_largest_container_that_stands_still_is_killed()
    {
        var (small, path) = Add("stuck");
        var large = Start("--mib", "2");
        var largePath = $"kubepods/besteffort/podstuck/{Id.Replace('9', '8')}";
        _cgroups.Add(largePath, 200 * Mib, 0, large.Id);
        var cycle = Make(new ReapPolicy { OwnLimit = s_policy });
        for (var look = 1; look < 4; look++)
        {
            WritePod(path, 10 * look);
            Write(largePath, 0, 100 * look);
            Look(cycle, path, hits: 0, stalledSeconds: 100 * look);
        }

        Assert.Equal((ReportKind.Killed, "stuck", Occasion.OwnLimit), Told());
        Assert.True(large.Pidfd.HasExited());
        Assert.False(small.Pidfd.HasExited());
    }

    [Fact]
    public void Who_gets_on_while_its_Pod_is_at_its_limit_is_left_alone()
    {
        var (idle, path) = Add("stuck");
        var cycle = Make(new ReapPolicy { OwnLimit = s_policy });
        for (var look = 1; look < 5; look++)
        {
            WritePod(path, 10 * look);
            Look(cycle, path, hits: 0, stalledSeconds: 0);
        }

        Assert.Empty(_reports.Written);
        Assert.False(idle.Pidfd.HasExited());
    }

    private void WritePod(string path, int hits)
    {
        var pod = Path.GetDirectoryName(path)!;
        _cgroups.Write(pod, "memory.events.local", $"low 0\nhigh 0\nmax {hits}\noom 0\noom_kill 0\noom_group_kill 0\n");
        _cgroups.Write(pod, "memory.max", $"{50 * Mib}\n");
        _cgroups.Write(pod, "memory.high", "max\n");
    }

    private (Kernel.Tests.Victims.Victim Victim, string Path) Add(string name)
    {
        var victim = Start("--mib", "2");
        var path = AddContainer($"besteffort/pod{name}", 60, victim.Id);
        _cgroups.Write(path, "memory.max", "67108864\n");
        _cgroups.Write(path, "memory.high", "max\n");
        Write(path, 5, 0);
        return (victim, path);
    }

    private void Look(ReapCycle cycle, string path, int hits, int stalledSeconds)
    {
        Write(path, hits, stalledSeconds);
        Assert.True(_node!.Read(new PressurePolicy()));
        cycle.LookAround();
        _ring.Drain(_reports.Write);
        Thread.Sleep(100);
    }

    private void Write(string path, int hits, int stalledSeconds)
    {
        _cgroups.Write(path, "memory.events", $"low 0\nhigh 0\nmax {hits}\noom 0\noom_kill 0\noom_group_kill 0\n");
        var total = $"avg10=0.00 avg60=0.00 avg300=0.00 total={stalledSeconds * 1_000_000L}";
        _cgroups.Write(path, "memory.pressure", $"some {total}\nfull {total}\n");
    }
}
