using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Engine.Verification;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Verification;

public sealed class DrainingVictimsTests : IDisposable
{
    private const string Path = "victim";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly FakeCgroups _cgroups = new();
    private readonly DrainingVictims _draining = new();
    private readonly List<DrainingVictim> _gone = [];

    public DrainingVictimsTests()
    {
        _cgroups.Add(Path, 100 * Mib);
        Populate(true);
    }

    public void Dispose()
    {
        _draining.Dispose();
        _cgroups.Dispose();
    }

    [Fact]
    public void One_that_is_gone_is_not_looked_after()
    {
        _cgroups.SetMemory(Path, 0);
        Populate(false);
        Add();
        Assert.Equal(0, _draining.Count);
    }

    [Fact]
    public void What_shrinks_is_on_its_way_back_and_what_stands_still_is_not()
    {
        Add();
        _cgroups.SetMemory(Path, 60 * Mib);
        Poll();
        Assert.Equal(61 * Mib, _draining.PendingBytes(s_patience));
        Assert.Equal(0, _draining.PendingBytes(TimeSpan.Zero));

        // 100 KiB are noise: it has not shrunk again, but was seen to not long ago.
        _cgroups.SetMemory(Path, (60 * Mib) - (100 << 10));
        Thread.Sleep(50);
        Poll();
        Assert.Equal(0, _draining.PendingBytes(TimeSpan.FromMilliseconds(40)));
        Assert.Equal((61 * Mib) - (100 << 10), _draining.PendingBytes(s_patience));
        Assert.Empty(_gone);
    }

    [Fact]
    public void Swap_that_stays_charged_to_the_dead_is_not_waited_for_for_ever()
    {
        using var draining = new DrainingVictims(TimeSpan.FromMilliseconds(200));
        Add(draining);
        _cgroups.SetMemory(Path, 0, 13 * Mib);
        Populate(false);
        draining.Poll(Note);
        Assert.Empty(_gone);
        Thread.Sleep(250);
        draining.Poll(Note);
        Assert.Equal(13 * Mib, Assert.Single(_gone).Left.Swap);
    }

    [Fact]
    public void One_that_went_is_told_once_with_what_it_left()
    {
        Add();
        Poll();
        Assert.Empty(_gone);
        _cgroups.SetMemory(Path, 0);
        Populate(false);
        Poll();
        Poll();
        var gone = Assert.Single(_gone);
        Assert.Equal(7, gone.Incident);
        Assert.Equal(3 * Mib, gone.Left.Shmem);
        Assert.Equal(0, _draining.Count);
        Assert.Equal(0, _draining.PendingBytes(s_patience));
    }

    [Fact]
    public void A_dead_one_is_looked_after_until_its_memory_is_back()
    {
        // As what is on its way to a slow disk.
        _cgroups.SetMemory(Path, 0, swapBytes: 48 * Mib);
        Populate(false);
        Add();
        Poll();
        Assert.Empty(_gone);
        Assert.Equal(48 * Mib, _draining.PendingBytes(s_patience));
        _cgroups.SetMemory(Path, 0);
        Poll();
        Assert.Equal(0, Assert.Single(_gone).Left.Freeable);
    }

    [Fact]
    public void A_dead_one_whose_cgroup_is_removed_is_gone()
    {
        Populate(false);
        Add();
        Assert.Equal(1, _draining.Count);
        _cgroups.Remove(Path);
        Poll();
        Assert.Single(_gone);
    }

    [Fact]
    public void One_that_could_not_be_told_is_told_later()
    {
        Add();
        _cgroups.SetMemory(Path, 0);
        Populate(false);
        _draining.Poll(_ => false);
        Assert.Equal(1, _draining.Count);
        Poll();
        Assert.Single(_gone);
    }

    [Fact]
    public void A_torn_file_is_no_end()
    {
        Add();
        _cgroups.Write(Path, "cgroup.events", "popul");
        _cgroups.Write(Path, "memory.stat", "anon 1");
        Poll();
        Assert.Equal(1, _draining.Count);
        Assert.Equal(101 * Mib, _draining.All[0].Left.Freeable);
    }

    [Fact]
    public void There_is_room_for_so_many_and_the_rest_is_let_go()
    {
        for (var i = 0; i < DrainingVictims.Capacity + 2; i++)
        {
            Add();
        }

        Assert.Equal(DrainingVictims.Capacity, _draining.Count);
    }

    // Those of one place are not on their way back at another.
    [Theory]
    [InlineData(QosClass.BestEffort, "kubepods/besteffort", true)]
    [InlineData(QosClass.Burstable, "kubepods/besteffort", false)]
    [InlineData(QosClass.Guaranteed, "kubepods/besteffort", false)]
    [InlineData(QosClass.Burstable, "kubepods/burstable", true)]
    [InlineData(QosClass.BestEffort, "kubepods/burstable", false)]
    [InlineData(QosClass.Guaranteed, "kubepods", true)]
    [InlineData(QosClass.BestEffort, "kubepods", true)]
    public void What_is_on_its_way_back_is_so_in_its_own_place(QosClass qosClass, string path, bool counts)
    {
        ReportedCandidate victim = default;
        victim.Facts.QosClass = qosClass;
        Add(_draining, victim);
        _cgroups.AddEmpty("kubepods/besteffort");
        _cgroups.AddEmpty("kubepods/burstable");
        using var tree = new KubepodsTree(_cgroups.Root);
        tree.Discover();
        using var slices = new PodSlices();
        slices.Update(_cgroups.Root, tree.Slices, new PressurePolicy(), (_, _) => { }, _ => { });
        var slice = slices.All.ToArray().Single(each => each?.Path == path);
        Assert.True(_draining.PendingBytes(s_patience) > 0);
        Assert.Equal(counts ? _draining.PendingBytes(s_patience) : 0, _draining.PendingBytes(s_patience, slice));
    }

    [Fact]
    public void Swap_that_the_policy_does_not_use_is_not_waited_for()
    {
        _cgroups.Write(Path, "memory.swap.current", $"{50 * Mib}\n");
        Add();
        var all = _draining.PendingBytes(s_patience);
        Assert.Equal(all - (50 * Mib), _draining.PendingBytes(s_patience, null, uselessSwap: 1));
        Assert.Equal(all - (25 * Mib), _draining.PendingBytes(s_patience, null, uselessSwap: 0.5));
    }

    private void Add() => Add(_draining);

    private void Add(DrainingVictims draining, ReportedCandidate victim = default)
    {
        var cgroup = _cgroups.Open(Path);
        draining.Add(cgroup, victim, 7, default(KillOutcome) with { DecidedAt = 1 });
        cgroup.Close();
    }

    private void Poll() => _draining.Poll(Note);

    private bool Note(DrainingVictim gone)
    {
        _gone.Add(gone);
        return true;
    }

    private void Populate(bool isPopulated) => _cgroups.Write(Path, "cgroup.events", $"populated {(isPopulated ? 1 : 0)}\nfrozen 0\n");
}
