using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Kernel.Pressure;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Pressure;

/// <summary>Slices with a limit of their own on a node of 1 GiB that has 500 MiB to spare.</summary>
public sealed class PodSlicesTests : IDisposable
{
    private const string BestEffort = "kubepods/besteffort";
    private readonly FakeCgroups _cgroups = new();
    private readonly string _procRoot = Directory.CreateTempSubdirectory("nodereaper-proc-").FullName;
    private PressurePolicy _policy = new() { StallWithoutSwap = TimeSpan.Zero };
    private readonly List<string> _closed = [];
    private readonly NodePressure _node;

    public PodSlicesTests()
    {
        File.WriteAllText(
            Path.Combine(_procRoot, "meminfo"),
            "MemTotal: 1048576 kB\nMemFree: 10240 kB\nMemAvailable: 512000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
        File.WriteAllText(Path.Combine(_procRoot, "vmstat"), "allocstall_normal 0\npgscan_kswapd 0\npgscan_direct 0\noom_kill 0\n");
        _ = _cgroups.Add("kubepods");
        _ = _cgroups.Add(BestEffort);
        SetLimit("kubepods", "max");
        SetLimit(BestEffort, "max");
        _node = new NodePressure(_procRoot, TimeSpan.FromMilliseconds(500));
    }

    public void Dispose()
    {
        _node.Dispose();
        _cgroups.Dispose();
        Directory.Delete(_procRoot, recursive: true);
    }

    [Fact]
    public void The_trees_and_their_QoS_classes_are_found()
    {
        _ = _cgroups.AddEmpty("kubepods/burstable");
        _ = _cgroups.AddEmpty("kubepods/podguaranteed");
        Discover();
        Assert.Equal(["kubepods", BestEffort, "kubepods/burstable"], Paths().Order());
        Assert.Equal(
            [StallPlaces.Kubepods, StallPlaces.Burstable, StallPlaces.BestEffort],
            Open().Select(slice => slice.Place).Order());
    }

    [Fact]
    public void A_slice_that_comes_back_is_another_one()
    {
        Discover();
        var first = Open().Single(slice => slice.Path == BestEffort);
        var moved = Path.Combine(_cgroups.Root, "elsewhere");
        Directory.Move(Path.Combine(_cgroups.Root, BestEffort), moved);
        Discover();
        Assert.Equal([BestEffort], _closed);
        Assert.Equal(["kubepods"], Paths());
        _ = _cgroups.Add(BestEffort);
        Discover();
        Assert.NotSame(first, Open().Single(slice => slice.Path == BestEffort));
    }

    [Fact]
    public void A_slice_without_a_limit_is_never_short()
    {
        _cgroups.SetMemory(BestEffort, 900 * Mib);
        Discover();
        Assert.False(Assess().Verdict.IsShort);
    }

    [Fact]
    public void A_limit_above_the_node_s_memory_is_none()
    {
        _cgroups.SetMemory("kubepods", 1023 * Mib);
        SetLimit("kubepods", $"{1024 * Mib}");
        Discover();
        Assert.False(Assess().Verdict.IsShort);
    }

    [Fact]
    public void A_slice_at_its_limit_is_short_though_the_node_is_not()
    {
        // 600 MiB, of which page cache without shmem, 7 MiB, can be had back: 96 MiB are the threshold.
        SetLimit("kubepods", $"{600 * Mib}");
        _cgroups.SetMemory("kubepods", 490 * Mib);
        Discover();
        Assert.False(Assess().Verdict.IsShort);
        _cgroups.SetMemory("kubepods", 501 * Mib);
        var occasion = Assess();
        Assert.Equal("available", occasion.Verdict.Signal);
        Assert.Equal("kubepods", occasion.Slice?.Path);
        Assert.Equal(600 * Mib, occasion.Reading.Memory.TotalBytes);
        Assert.Equal((600 - 501 - 10 - 1 + 7) * Mib, occasion.Reading.Memory.AvailableBytes);
        Assert.Equal((192 - 95) * Mib, occasion.Verdict.DeficitBytes);
        Assert.Equal(0, Allocations.Of(() => Assess()));
    }

    [Fact]
    public void A_short_slice_is_looked_at_as_often_as_a_short_node()
    {
        Discover();
        _ = Assess();
        var relaxed = SamplingInterval.Milliseconds(_policy, _node);
        SetLimit("kubepods", $"{600 * Mib}");
        _cgroups.SetMemory("kubepods", 501 * Mib);
        _ = Assess();
        Assert.Equal(10, SamplingInterval.Milliseconds(_policy, _node));
        Assert.True(relaxed > 10);
    }

    [Fact]
    public void Its_alarm_counts_only_when_it_met_its_limit()
    {
        SetLimit(BestEffort, $"{600 * Mib}");
        _cgroups.SetMemory(BestEffort, 450 * Mib);
        SetTimesAtLimit(7);
        Discover();
        _ = Assess();
        var slice = Open().Single(one => one.Path == BestEffort);

        // The counter rose before anybody looked; from here on, nothing happens.
        slice.NoteStall();
        Assert.False(Assess().Verdict.IsShort);
        Assert.Equal(StallPlaces.BestEffort, _node.Last.Stalling);

        SetTimesAtLimit(8);
        slice.NoteStall();
        var occasion = Assess();
        Assert.Equal(("stall", BestEffort), (occasion.Verdict.Signal, occasion.Slice?.Path));
        Assert.Equal(TimeSpan.Zero, slice.Last.FullyStallingFor);
        slice.NoteStall(PsiKind.Full);
        _ = Assess();
        Assert.Equal(StallPlaces.BestEffort | StallPlaces.BestEffortFull, _node.Last.Stalling);
        Assert.True(slice.Last.FullyStallingFor > TimeSpan.Zero, "all of its tasks wait at once, for its own limit");
        _node.ForgetStall();
        Assert.False(Assess().Verdict.IsShort);
    }

    [Fact]
    public void Its_stalls_count_from_when_it_met_its_limit()
    {
        _policy = new PressurePolicy { StallWithoutSwap = TimeSpan.FromSeconds(1) };
        SetLimit(BestEffort, $"{600 * Mib}");
        _cgroups.SetMemory(BestEffort, 450 * Mib);
        SetTimesAtLimit(7);
        Discover();
        _ = Assess();
        var slice = Open().Single(one => one.Path == BestEffort);
        StallFor(1.2, () => { });
        SetTimesAtLimit(8);
        Assert.False(Assess().Verdict.IsShort);
        Assert.True(slice.Last.IsStalling);
        var times = 8;
        StallFor(1.2, () => SetTimesAtLimit(++times));
        Assert.Equal(("stall", BestEffort), (Assess().Verdict.Signal, Assess().Slice?.Path));

        void StallFor(double seconds, Action atEach)
        {
            for (var begun = Stopwatch.StartNew(); begun.Elapsed.TotalSeconds < seconds; Thread.Sleep(100))
            {
                atEach();
                slice.NoteStall();
                _ = Assess();
            }
        }
    }

    [Theory]
    [InlineData("memory.max", "many\n")]
    [InlineData("memory.max", "0\n")]
    [InlineData("memory.current", "")]
    [InlineData("memory.current", "-5\n")]
    public void A_torn_file_makes_no_shortage(string file, string content)
    {
        SetLimit("kubepods", $"{600 * Mib}");
        _cgroups.SetMemory("kubepods", 590 * Mib);
        _cgroups.Write("kubepods", file, content);
        Discover();
        Assert.False(Assess().Verdict.IsShort);
    }

    [Fact]
    public void It_holds_its_own_containers_alone()
    {
        const string id = "9c1f0e4b5d3a2c6f7e8d9b0a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d";
        _ = _cgroups.Add($"{BestEffort}/podone/{id}");
        _ = _cgroups.Add($"kubepods/burstable/podtwo/{id}");
        using var tree = Discover();
        tree.Refresh();
        var slices = Open().ToDictionary(slice => slice.Path);
        foreach (var container in tree.Containers)
        {
            Assert.True(slices["kubepods"].Holds(container));
            Assert.Equal(container.Path.StartsWith(BestEffort, StringComparison.Ordinal), slices[BestEffort].Holds(container));
        }
    }

    private KubepodsTree Discover()
    {
        var tree = new KubepodsTree(_cgroups.Root);
        tree.Discover();
        _node.Slices.Update(_cgroups.Root, tree.Slices, _policy, (_, _) => { }, slice => _closed.Add(slice.Path));
        return tree;
    }

    private Occasion Assess()
    {
        Assert.True(_node.Read(_policy));
        return Occasion.Of(_node, _policy);
    }

    private IEnumerable<SlicePressure> Open() => _node.Slices.All.ToArray().OfType<SlicePressure>();

    private IEnumerable<string> Paths() => Open().Select(slice => slice.Path);

    private void SetLimit(string path, string limit) => _cgroups.Write(path, "memory.max", limit + "\n");

    private void SetTimesAtLimit(int times) =>
        _cgroups.Write(BestEffort, "memory.events.local", $"low 0\nhigh 0\nmax {times}\noom 0\noom_kill 0\noom_group_kill 0\n");
}
