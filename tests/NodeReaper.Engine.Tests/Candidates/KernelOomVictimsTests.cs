using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Tests.Fakes;

namespace NodeReaper.Engine.Tests.Candidates;

public sealed class KernelOomVictimsTests : IDisposable
{
    private const string One = "kubepods/besteffort/podone/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Other = "kubepods/besteffort/podother/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private readonly FakeCgroups _cgroups = new();
    private readonly KernelOomVictims _victims = new();
    private readonly KubepodsTree _tree;

    public KernelOomVictimsTests()
    {
        _cgroups.Add(One);
        _cgroups.Add(Other);
        Write(One, oom: 0, oomKill: 0);
        Write(Other, oom: 4, oomKill: 2);
        _tree = new KubepodsTree(_cgroups.Root);
        _tree.Discover();
        _tree.Refresh();
        _victims.Remember(_tree.Containers);
    }

    public void Dispose()
    {
        _tree.Dispose();
        _cgroups.Dispose();
    }

    [Fact]
    public void Nothing_new_is_nobody()
    {
        Assert.Null(Find(out var atOwnLimit));
        Assert.Equal(0, atOwnLimit);
    }

    [Fact]
    public void One_that_dies_for_the_node_is_found_once()
    {
        Write(Other, oom: 4, oomKill: 3);
        Assert.Equal(Other, Find(out var atOwnLimit)?.Path);
        Assert.Equal(0, atOwnLimit);
        Assert.Null(Find(out _));
    }

    [Fact]
    public void One_at_its_own_limit_is_not_the_nodes()
    {
        Write(One, oom: 1, oomKill: 1);
        Assert.Null(Find(out var atOwnLimit));
        Assert.Equal(1, atOwnLimit);
    }

    [Theory]
    [InlineData("")]
    [InlineData("low 0\nhigh 0\nmax 0\noom 0\noom_kill x\n")]
    [InlineData("low 0\n")]
    public void A_torn_file_is_nobody_and_what_was_known_stays(string text)
    {
        _cgroups.Write(One, "memory.events", text);
        Assert.Null(Find(out _));
        Write(One, oom: 0, oomKill: 1);
        Assert.Equal(One, Find(out _)?.Path);
    }

    [Fact]
    public void It_allocates_nothing()
    {
        _ = Find(out _);
        Assert.Equal(0, Allocations.Of(() => Find(out _)));
    }

    private ContainerCgroup? Find(out int atOwnLimit) => _victims.Find(_tree.Containers, out atOwnLimit);

    private void Write(string path, int oom, int oomKill) =>
        _cgroups.Write(path, "memory.events", $"low 0\nhigh 0\nmax 7\noom {oom}\noom_kill {oomKill}\noom_group_kill 0\n");
}
