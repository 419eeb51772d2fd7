using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Candidates;

public sealed class SwapAllowanceTests : IDisposable
{
    private readonly FakeCgroups _cgroups = new();
    private int _count;

    public void Dispose() => _cgroups.Dispose();

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
    public void What_runs_outside_of_containers_can_be_swapped_out()
    {
        Add("0", 0);
        Assert.Equal(187 * Mib, Allowance(swappableBytes: 200 * Mib));
    }

    [Fact]
    public void Without_the_file_there_is_no_limit_and_a_torn_one_counts_as_nothing()
    {
        Add(null, 0);
        Add("1", 0);
        _cgroups.Write(PathOf(2), "memory.swap.max", "1");
        Assert.Equal(13 * Mib, Allowance());
    }

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

    private long Allowance(long swappableBytes = 0)
    {
        using var tree = new KubepodsTree(_cgroups.Root);
        tree.Discover();
        tree.Refresh();
        Assert.Equal(_count, tree.Containers.Length);
        var proc = FileDescriptor.OpenDirectory("/proc", out _);
        var snapshot = new CandidateSnapshot(8);
        new CandidateCollector(new ContainerRoles(new ProcessGuard(new ProcessFiles(proc)))).Collect(tree, PodSnapshot.Empty, new ReapPolicy(), snapshot);
        proc.Close();
        return SwapAllowance.Of(snapshot.All, null, swappableBytes);
    }
}
