using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Explaining;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Tests.Killing;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

public sealed class ExplanationTests : CycleTest
{
    [Fact]
    public void It_says_what_the_next_run_then_does()
    {
        var large = Start("--mib", "2");
        var small = Start("--mib", "2");
        AddContainer("besteffort/podsmall", 90, small.Id);
        AddContainer("besteffort/podlarge", 400, large.Id);
        AddContainer("besteffort/podguarded", 400, Start().Id);
        _pods = new PodSnapshot([Pod("guarded", "kube-system")]);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        Assert.Empty(_reports.Written);

        var calm = Explain(cycle);
        Assert.False(calm.Verdict.IsShort);
        Assert.Equal(96 * Mib, calm.MissingBytes);

        SetAvailable(60);
        Assert.True(_node!.Read(new PressurePolicy()));
        var asked = Explain(cycle);
        Assert.Equal("available", asked.Verdict.Signal);
        Assert.Equal(asked.Verdict.DeficitBytes, asked.MissingBytes);
        Assert.Equal(["large", "small"], asked.Ranked.ToArray().Select(container => container.PodUid));
        Assert.Equal("guarded", Assert.Single(asked.Excluded.ToArray()).PodUid);
        Assert.Equal([0], asked.Dying.ToArray());
        ProcessState.AssertUntouched(large.Id);

        Run(cycle);
        var report = Assert.Single(_reports.Written);
        Assert.Equal((asked.Ranked[0].PodUid, asked.Ranked[0].DecidingKey?.Name), (report.Uid, report.DecidingKey));
        ProcessState.AssertUntouched(small.Id);
    }

    [Fact]
    public void When_all_deaths_would_be_in_vain_nobody_would_die()
    {
        AddContainer("besteffort/podlittle", 10, Start().Id);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        var asked = Explain(cycle);
        Assert.True(asked.IsInVain);
        Assert.True(asked.Dying.IsEmpty);
    }

    [Fact]
    public void What_does_not_fit_is_left_out_and_counted()
    {
        for (var i = 0; i < 3; i++)
        {
            AddContainer($"besteffort/pod{i}", 100 + i, Start().Id);
        }

        SetAvailable(500);
        var cycle = Make(new ReapPolicy());
        Run(cycle);
        var explanation = new Explanation(2);
        cycle.Explain(explanation);
        Assert.Equal((3, 2, 0), (explanation.Total, explanation.Ranked.Length, explanation.Excluded.Length));
    }

    [Fact]
    public void Another_policy_is_asked_about_and_the_next_decision_is_by_the_one_in_force()
    {
        AddContainer("besteffort/podlarge", 400, Start("--mib", "2").Id);
        AddContainer("besteffort/podsmall", 200, Start("--mib", "2").Id);
        _pods = new PodSnapshot([Pod("large", "shop"), Pod("small", "batch")]);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Assert.True(_node!.Read(new PressurePolicy()));

        var other = Explain(cycle, new ReapPolicy { Protect = new ProtectPolicy { Namespaces = ["shop"] }, Pressure = new PressurePolicy { KillBelow = MemoryAmount.OfBytes(50 * Mib) } });

        Assert.Equal((false, 50 * Mib), (other.Verdict.IsShort, other.Limits.KillBelowBytes));
        Assert.Equal(["small"], other.Ranked.ToArray().Select(container => container.PodUid));
        Run(cycle);
        Assert.Equal("large", Assert.Single(_reports.Written).Uid);
    }

    [Fact]
    public void Asking_does_not_change_the_growth_that_a_decision_sees()
    {
        var path = AddContainer("besteffort/podhog", 100, Start("--mib", "2").Id);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy());
        Assert.True(_node!.Read(new PressurePolicy()));
        cycle.LookAround();
        Thread.Sleep(200);
        _cgroups.SetMemory(path, 200 * Mib);
        var first = Explain(cycle).Ranked[0].Facts.GrowthBytesPerSecond;
        Thread.Sleep(200);

        // Since it was asked, it has not grown; since the last look, it has.
        var second = Explain(cycle).Ranked[0].Facts.GrowthBytesPerSecond;

        Assert.InRange(first, Mib, 500 * Mib);
        Assert.InRange(second, Mib, first);
    }

    [Fact]
    public async Task Who_has_stopped_waiting_gets_no_answer_and_keeps_nobody_waiting()
    {
        SetAvailable(500);
        var cycle = Make(new ReapPolicy());
        using var watch = new PressureWatch(() => new ReapPolicy(), null, null, _node!, _tree!, cycle);
        Explanation[] asked = [new(16), new(16), new(16)];
        Array.ForEach(asked, watch.Ask);
        asked[0].Abandon();
        asked[1].Abandon();
        var thread = new Thread(watch.Run);
        thread.Start();

        await asked[2].Filled.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        watch.Stop();
        thread.Join();
        Assert.False(asked[0].Filled.IsCompleted || asked[1].Filled.IsCompleted);
    }

    private static Explanation Explain(ReapCycle cycle, ReapPolicy? otherPolicy = null)
    {
        var explanation = new Explanation(16, otherPolicy);
        Assert.False(explanation.Filled.IsCompleted);
        Assert.Equal(0, Allocations.Of(() => cycle.Explain(explanation)));
        Assert.True(explanation.Filled.IsCompletedSuccessfully);
        return explanation;
    }
}
