using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Cgroups;
using NodeReaper.Kernel.Tests.Victims;

namespace NodeReaper.Kernel.Tests.Pressure;

public class PsiTriggerTests
{
    private const string NodePressure = "/proc/pressure/memory";
    private const int CapSysResource = 24;

    // One that needs no capability.
    private const int AnyonesWindow = 2_000_000;

    [Theory]
    [InlineData(PsiKind.Some, 150_000, AnyonesWindow)]
    [InlineData(PsiKind.Full, 100_000, AnyonesWindow)]
    [InlineData(PsiKind.Some, 1, AnyonesWindow)]
    [InlineData(PsiKind.Some, PsiTrigger.MaxWindowMicroseconds, PsiTrigger.MaxWindowMicroseconds)]
    public void The_node_s_memory_pressure_takes_a_threshold(PsiKind kind, int stall, int window)
    {
        Requires.Root();
        Requires.Psi();
        using var trigger = PsiTrigger.Open(NodePressure, kind, stall, window, out var error);
        Assert.Equal(Errno.None, error);
        Assert.NotNull(trigger);
        Assert.True(trigger.Descriptor.IsOpen);
    }

    [Theory]
    [InlineData(PsiTrigger.MinWindowMicroseconds)]
    [InlineData(1_000_000)]
    [InlineData(3_000_000)]
    public void A_window_that_is_no_multiple_of_two_seconds_needs_a_capability(int window)
    {
        Requires.Root();
        Requires.Psi();
        using var trigger = PsiTrigger.Open(NodePressure, PsiKind.Some, 100_000, window, out var error);
        Assert.Equal(Requires.HasCapability(CapSysResource) ? Errno.None : Errno.EINVAL, error);
        Assert.Equal(error.IsNone, trigger is not null);
    }

    [Theory]
    [InlineData(0, AnyonesWindow)]
    [InlineData(-1, AnyonesWindow)]
    [InlineData(AnyonesWindow + 1, AnyonesWindow)]
    [InlineData(100_000, PsiTrigger.MinWindowMicroseconds - 1)]
    [InlineData(100_000, PsiTrigger.MaxWindowMicroseconds + 1)]
    [InlineData(100_000, 0)]
    public void Numbers_that_the_kernel_refuses_are_EINVAL(int stall, int window)
    {
        Requires.Root();
        Requires.Psi();
        Assert.Null(PsiTrigger.Open(NodePressure, PsiKind.Some, stall, window, out var error));
        Assert.Equal(Errno.EINVAL, error);
    }

    [Fact]
    public void A_file_that_is_not_there_is_ENOENT()
    {
        Assert.Null(PsiTrigger.Open("/proc/pressure/nonsense", PsiKind.Some, 100_000, 1_000_000, out var error));
        Assert.Equal(Errno.ENOENT, error);
    }

    [Fact]
    public void Without_stall_there_is_no_event()
    {
        Requires.Root();
        Requires.Psi();
        using var trigger = PsiTrigger.Open(NodePressure, PsiKind.Full, AnyonesWindow, AnyonesWindow, out _)!;
        using var poll = new EventPoll();
        Assert.Equal(Errno.None, poll.AddUrgent(trigger.Descriptor, 1));
        Assert.Equal(0, poll.Wait(new PollEvent[1], 100));
    }

    /// <summary>Memory stall is dear to make, but the pressure files are all alike, and a want of CPU is cheap.</summary>
    [Fact]
    public void Stall_above_the_threshold_is_an_urgent_event()
    {
        Requires.Root();
        Requires.Psi();
        using var trigger = PsiTrigger.Open("/proc/pressure/cpu", PsiKind.Some, 50_000, AnyonesWindow, out var error);
        Assert.Equal(Errno.None, error);
        using var poll = new EventPoll();
        Assert.Equal(Errno.None, poll.AddUrgent(trigger!.Descriptor, 42));
        using var victim = Victim.Start("--spin", "--nice", "19", "--threads", $"{Environment.ProcessorCount * 2}");
        var events = new PollEvent[4];
        Assert.Equal(1, poll.Wait(events, Eventually.TimeoutMilliseconds));
        Assert.Equal(new PollEvent(42, IsUrgent: true, IsReadable: false, IsBroken: false), events[0]);
    }

    [Fact]
    public void A_cgroup_that_is_removed_breaks_its_trigger()
    {
        Requires.Psi();
        using var cgroup = TestCgroup.Make();
        using var trigger = PsiTrigger.Open(
            Path.Combine(cgroup.Path, "memory.pressure"), PsiKind.Some, 100_000, AnyonesWindow, out var error);
        Assert.Equal(Errno.None, error);
        using var poll = new EventPoll();
        Assert.Equal(Errno.None, poll.AddUrgent(trigger!.Descriptor, 7));
        var events = new PollEvent[1];
        Assert.Equal(0, poll.Wait(events, 0));

        Directory.Delete(cgroup.Path);
        Assert.Equal(1, poll.Wait(events, Eventually.TimeoutMilliseconds));
        Assert.Equal(7, events[0].Tag);
        Assert.True(events[0].IsBroken);
    }
}
