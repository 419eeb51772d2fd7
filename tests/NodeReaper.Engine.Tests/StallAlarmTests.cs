using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>Which of the kernel's alarms count as stalls of the node, and for how long.</summary>
public sealed class StallAlarmTests : CycleTest
{
    [Fact]
    public void A_reading_that_fails_leaves_the_last_good_one_in_force()
    {
        SetAvailable(500);
        _ = Make(new ReapPolicy());
        Assert.True(_node!.Read(new PressurePolicy()));
        var good = _node.Last;
        File.WriteAllText(Path.Combine(_procRoot, "meminfo"), "MemTotal: 1048576 kB\nMemAv");
        Assert.False(_node.Read(new PressurePolicy()));
        Assert.Equal((good, 1), (_node.Last, _node.Failures));
        SetAvailable(400);
        Assert.True(_node.Read(new PressurePolicy()));
        Assert.Equal(400 * Mib, _node.Last.Memory.AvailableBytes);
    }

    [Fact]
    public void The_alarm_of_the_kernel_counts_for_its_window_when_the_node_itself_reclaims()
    {
        SetAvailable(150);
        var node = new NodePressure(_procRoot, TimeSpan.FromMilliseconds(200));
        _parts.Add(node);
        Assert.True(node.Read(new PressurePolicy()));
        Assert.False(node.Last.IsStalling);
        SetAllocationStalls(1);
        node.NoteStall();
        Assert.True(node.Read(new PressurePolicy()));
        Assert.True(node.Last.IsStalling);
        Thread.Sleep(250);
        Assert.True(node.Read(new PressurePolicy()));
        Assert.False(node.Last.IsStalling);
    }

    [Fact]
    public void Alarms_that_follow_each_other_are_one_stall()
    {
        SetAvailable(150);
        var node = new NodePressure(_procRoot, TimeSpan.FromMilliseconds(200));
        _parts.Add(node);
        Assert.True(node.Read(new PressurePolicy()));
        for (var alarm = 1; alarm <= 3; alarm++)
        {
            SetAllocationStalls(alarm);
            node.NoteStall();
            Thread.Sleep(100);
        }

        Assert.True(node.Read(new PressurePolicy()));
        Assert.InRange(node.Last.StallingFor, TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(30));
        Thread.Sleep(450);
        SetAllocationStalls(4);
        node.NoteStall();
        Assert.True(node.Read(new PressurePolicy()));
        Assert.InRange(node.Last.StallingFor, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void The_alarm_of_the_kernel_does_not_count_when_only_pods_stall_at_their_own_limit()
    {
        SetAvailable(150);
        var node = new NodePressure(_procRoot, TimeSpan.FromSeconds(10));
        _parts.Add(node);
        Assert.True(node.Read(new PressurePolicy()));
        node.NoteStall();
        Assert.True(node.Read(new PressurePolicy()));
        Assert.False(node.Last.IsStalling);
    }
}
