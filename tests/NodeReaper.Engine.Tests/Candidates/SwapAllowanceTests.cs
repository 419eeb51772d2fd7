using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Candidates;

public sealed class SwapAllowanceTests : IDisposable
{
    private readonly FakeCgroups _cgroups = new();
    private readonly string _procRoot = Directory.CreateTempSubdirectory("nodereaper-proc-").FullName;
    private NodePressure? _node;
    private int _count;

    public void Dispose()
    {
        _node?.Dispose();
        _cgroups.Dispose();
        Directory.Delete(_procRoot, recursive: true);
    }

    [Fact]
    public void Nobody_there_sets_no_bound() => Assert.Equal(long.MaxValue, Allowance());

    [Fact]
    public void What_is_forbidden_to_all_is_nothing()
    {
        Add("0", 0);
        Add("0", 0);
        Assert.Equal(0, Allowance());
    }

    [Fact]
    public void What_each_has_and_may_still_swap_is_added_up()
    {
        // Of 13 MiB each, tmpfs among them.
        Add($"{100 * Mib}", 40);
        Add($"{25 * Mib}", 20);
        Add($"{10 * Mib}", 20);
        Add("0", 0);
        Assert.Equal((13 + 5) * Mib, Allowance());
    }

    [Fact]
    public void What_one_may_and_does_not_need_is_no_room_for_another()
    {
        Add($"{1024 * Mib}", 0);
        Add("0", 0, anonMib: 900);
        Assert.Equal(13 * Mib, Allowance());
    }

    [Fact]
    public void What_is_locked_in_memory_is_no_room_for_another()
    {
        Add($"{1024 * Mib}", 0, anonMib: 900);
        var text = File.ReadAllText(Path.Combine(_cgroups.Root, PathOf(1), "memory.stat"));
        _cgroups.Write(PathOf(1), "memory.stat", text.Replace("unevictable 0", $"unevictable {898 * Mib}", StringComparison.Ordinal));
        Add("0", 0, anonMib: 900);
        Assert.Equal(5 * Mib, Allowance());
    }

    [Fact]
    public void Page_cache_that_is_locked_takes_nothing_from_what_can_be_swapped()
    {
        Add($"{1024 * Mib}", 0);
        var text = File.ReadAllText(Path.Combine(_cgroups.Root, PathOf(1), "memory.stat"));
        _cgroups.Write(
            PathOf(1),
            "memory.stat",
            text.Replace("unevictable 0", $"unevictable {7 * Mib}", StringComparison.Ordinal)
                .Replace($"inactive_file {7 * Mib}", "inactive_file 0", StringComparison.Ordinal));
        Add("0", 0, anonMib: 900);
        Assert.Equal(13 * Mib, Allowance());
    }

    [Fact]
    public void Without_any_limit_there_is_no_bound()
    {
        Add("max", 0);
        Add("max", 0);
        Assert.Equal(long.MaxValue, Allowance());
    }

    [Fact]
    public void One_without_limit_is_no_room_for_those_that_have_one()
    {
        Add("0", 0, anonMib: 900);
        Add("max", 0);
        Assert.Equal(13 * Mib, Allowance());
    }

    [Fact]
    public void What_runs_outside_of_containers_helps_none_that_may_not_swap()
    {
        Add("0", 0);
        Assert.Equal(0, Allowance(swappableMib: 200));
    }

    [Fact]
    public void What_is_swapped_out_before_the_next_look_is_taken_off()
    {
        Add($"{100 * Mib}", 0);
        Assert.Equal(13 * Mib, Allowance());
        SetSwapFree(-5);
        Assert.Equal(8 * Mib, _node!.Last.SwapRoomBytes);
        SetSwapFree(-50);
        Assert.Equal(0, _node.Last.SwapRoomBytes);
        SetSwapFree(0);
        Assert.Equal(13 * Mib, _node.Last.SwapRoomBytes);
    }

    [Fact]
    public void Without_the_file_there_is_no_limit_and_a_torn_one_counts_as_nothing()
    {
        Add(null, 0);
        Add("1", 0);
        _cgroups.Write(PathOf(2), "memory.swap.max", "1");
        Assert.Equal(13 * Mib, Allowance());
    }

    [Fact]
    public void What_the_Pod_may_not_its_container_cannot()
    {
        Add("max", 0);
        Add("max", 4, anonMib: 50);
        SetLimit("kubepods/besteffort/pod1", "0");
        SetLimit("kubepods/besteffort/pod2", $"{20 * Mib}");
        Assert.Equal(16 * Mib, Allowance());
    }

    [Fact]
    public void What_a_slice_may_not_nobody_in_it_can()
    {
        Add("max", 0, anonMib: 90);
        SetLimit("kubepods", "0");
        Assert.Equal(0, Allowance());
        Assert.Equal(0, AllowanceOf("kubepods"));
        Assert.Equal(93 * Mib, AllowanceOf("kubepods/besteffort"));
    }

    [Fact]
    public void The_limit_of_a_QoS_class_bounds_its_part_and_what_is_swapped_out_counts()
    {
        Add("max", 10, anonMib: 97);
        Add("max", 20, anonMib: 47);
        _ = _cgroups.Add($"kubepods/podguaranteed/{new string('f', 64)}", 27 * Mib);
        _count++;
        SetLimit("kubepods/besteffort", $"{60 * Mib}");
        Assert.Equal((30 + 30) * Mib, Allowance());
        Assert.Equal(30 * Mib, AllowanceOf("kubepods/besteffort"));
        Assert.Equal(60 * Mib, AllowanceOf("kubepods"));
        SetLimit("kubepods", $"{50 * Mib}");
        Assert.Equal(20 * Mib, Allowance());
    }

    private void SetLimit(string path, string limit) => _cgroups.Write(path, "memory.swap.max", limit + "\n");

    private static string PathOf(int number) => $"kubepods/besteffort/pod{number}/{new string((char)('a' + number), 64)}";

    private void Add(string? limit, int swapMib, int anonMib = 10)
    {
        var path = PathOf(++_count);
        _ = _cgroups.Add(path, anonMib * Mib, swapMib * Mib);
        if (limit is not null)
        {
            _cgroups.Write(path, "memory.swap.max", limit + "\n");
        }
    }

    private long Allowance(int swappableMib = 0)
    {
        Note(swappableMib);
        return _node!.SwapAllowanceBytes;
    }

    private void SetSwapFree(int moreMib)
    {
        WriteMemInfo(0, 1024 + moreMib);
        Assert.True(_node!.Read(new PressurePolicy()));
    }

    private void WriteMemInfo(int swappableMib, int swapFreeMib)
    {
        var swappable = swappableMib > 0 ? $"Active(anon): {swappableMib * 1024} kB\nInactive(anon): 0 kB\n" : "";
        File.WriteAllText(
            Path.Combine(_procRoot, "meminfo"),
            $"MemTotal: 1048576 kB\nMemFree: 10240 kB\nMemAvailable: 512000 kB\n{swappable}SwapTotal: 2097152 kB\nSwapFree: {swapFreeMib * 1024} kB\n");
    }

    private void Note(int swappableMib = 0)
    {
        WriteMemInfo(swappableMib, 1024);
        File.WriteAllText(Path.Combine(_procRoot, "vmstat"), "allocstall_normal 0\npgscan_kswapd 0\npgscan_direct 0\noom_kill 0\n");
        _node?.Dispose();
        _node = new NodePressure(_procRoot, TimeSpan.FromMilliseconds(500));
        var policy = new ReapPolicy();
        Assert.True(_node.Read(policy.Pressure));
        using var tree = new KubepodsTree(_cgroups.Root);
        tree.Discover();
        tree.Refresh();
        Assert.Equal(_count, tree.Containers.Length);
        _node.Slices.Update(_cgroups.Root, tree.Slices, policy.Pressure, (_, _) => { }, _ => { });
        var proc = FileDescriptor.OpenDirectory("/proc", out _);
        var snapshot = new CandidateSnapshot(8);
        new CandidateCollector(new ContainerRoles(new ProcessGuard(new ProcessFiles(proc)))).Collect(tree, PodSnapshot.Empty, policy, snapshot);
        proc.Close();
        SwapAllowance.ReadLimits(tree, _node);
        SwapAllowance.Note(snapshot.All, _node);
    }

    private long AllowanceOf(string slice)
    {
        foreach (var each in _node!.Slices.All)
        {
            if (each?.Path == slice)
            {
                return each.SwapAllowanceBytes;
            }
        }

        throw new ArgumentException($"there is no slice {slice}", nameof(slice));
    }
}
