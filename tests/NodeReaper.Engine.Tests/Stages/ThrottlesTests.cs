using System.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Stages;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Stages;

public sealed class ThrottlesTests : IDisposable
{
    private const string Path = "kubepods/besteffort/podhog/0123456789abcdef";
    private readonly FakeCgroups _cgroups;
    private readonly Throttles _throttles = new(new KillErrors());
    private readonly ContainerCgroup _container = new();

    public ThrottlesTests()
    {
        // The mark is an extended attribute that only root can set.
        Requires.Root();
        _cgroups = new FakeCgroups();
        _cgroups.Add(Path, 100 * Mib);
        SetHigh($"{900 * Mib}");
        Assert.True(_container.Fill(
            1, _cgroups.Open(Path), QosClass.BestEffort, "hog"u8, Encoding.UTF8.GetBytes(Path), "0123456789abcdef"u8));
    }

    public void Dispose()
    {
        _container.Release();
        _cgroups.Dispose();
    }

    [Fact]
    public void What_was_set_is_given_back()
    {
        Throttle();
        Assert.Equal($"{128 * Mib}", High());
        Assert.True(_throttles.Lift(_container));
        Assert.Equal(($"{900 * Mib}", 0L), (High(), _container.ThrottledAt));
        Assert.False(_throttles.LiftLeftover(_container, out var isTried));
        Assert.True(isTried);
    }

    [Fact]
    public void What_somebody_else_has_set_since_stays_and_so_does_a_lower_limit()
    {
        Throttle();
        SetHigh($"{50 * Mib}");
        Assert.True(_throttles.Lift(_container));
        Assert.Equal(($"{50 * Mib}", 0L), (High(), _container.ThrottledAt));
        Assert.Equal(Errno.EEXIST, _throttles.Set(_container, 128 * Mib));
    }

    [Fact]
    public void A_lift_that_fails_leaves_the_mark_for_the_next_try_and_the_next_agent()
    {
        Throttle();
        SetHigh("torn");
        Assert.False(_throttles.Lift(_container));
        Assert.Equal(128 * Mib, _container.ThrottledAt);
        Assert.False(_throttles.LiftLeftover(_container, out var isTried));
        Assert.False(isTried);

        SetHigh($"{128 * Mib}");
        Assert.True(_throttles.LiftLeftover(_container, out isTried));
        Assert.True(isTried);
        Assert.Equal($"{900 * Mib}", High());
        Assert.False(_throttles.LiftLeftover(_container, out _));
    }

    [Fact]
    public void One_that_is_gone_is_throttled_no_more()
    {
        Throttle();
        _cgroups.Remove(Path);
        Assert.True(_throttles.Lift(_container));
        Assert.Equal(0, _container.ThrottledAt);
    }

    private void Throttle() => Assert.Equal(Errno.None, _throttles.Set(_container, 128 * Mib));

    private void SetHigh(string text) => _cgroups.Write(Path, "memory.high", text + "\n");

    // A write to a real memory.high replaces what was there; here it must be of the same length.
    private string High() => File.ReadAllText(System.IO.Path.Combine(_cgroups.Root, Path, "memory.high")).Split('\n')[0];
}
