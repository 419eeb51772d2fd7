using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Tests.Fakes;
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
    public void What_each_may_still_swap_is_added_up()
    {
        Add($"{100 * Mib}", 40);
        Add($"{10 * Mib}", 20);
        Add("0", 0);
        Assert.Equal(60 * Mib, Allowance());
    }

    [Fact]
    public void One_without_limit_sets_no_bound()
    {
        Add("0", 0);
        Add("max", 0);
        Assert.Equal(long.MaxValue, Allowance());
    }

    [Fact]
    public void A_file_that_is_not_there_or_torn_counts_as_nothing()
    {
        Add(null, 0);
        Add("1", 0);
        _cgroups.Write(PathOf(2), "memory.swap.max", "1");
        Assert.Equal(0, Allowance());
    }

    private static string PathOf(int number) => $"kubepods/besteffort/pod{number}/{new string((char)('a' + number), 64)}";

    private void Add(string? limit, int swapMib)
    {
        var path = PathOf(++_count);
        _ = _cgroups.Add(path, 10 * Mib, swapMib * Mib);
        if (limit is not null)
        {
            _cgroups.Write(path, "memory.swap.max", limit + "\n");
        }
    }

    private long Allowance()
    {
        using var tree = new KubepodsTree(_cgroups.Root);
        tree.Discover();
        tree.Refresh();
        Assert.Equal(_count, tree.Containers.Length);
        return SwapAllowance.Of(tree.Containers);
    }
}
