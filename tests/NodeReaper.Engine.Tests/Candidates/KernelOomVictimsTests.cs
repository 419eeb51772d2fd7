using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Tests.Fakes;

namespace NodeReaper.Engine.Tests.Candidates;

public sealed class KernelOomVictimsTests : IDisposable
{
    private const string PodOne = "kubepods/besteffort/podone";
    private const string One = $"{PodOne}/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private const string Other = "kubepods/besteffort/podother/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    private readonly FakeCgroups _cgroups = new();
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
        _ = Find();
    }

    public void Dispose()
    {
        _tree.Dispose();
        _cgroups.Dispose();
    }

    [Fact]
    public void Nothing_new_is_nobody() => Assert.Equal(default, Find());

    [Fact]
    public void One_that_dies_for_the_node_is_found_once()
    {
        Write(Other, oom: 4, oomKill: 3);
        var found = Find();
        Assert.Equal((Other, 0, 1), (found.Victim?.Path, found.AtOwnLimit, found.Kills));
        Assert.Equal(default, Find());
    }

    [Fact]
    public void One_at_its_own_limit_is_not_the_nodes_with_all_its_processes()
    {
        Write(One, oom: 1, oomKill: 5);
        Assert.Equal(new OomsOfPods(null, 5, 5, 1), Find());
    }

    [Fact]
    public void One_at_the_limit_of_its_Pod_is_not_the_nodes()
    {
        Write(PodOne, oom: 0, oomKill: 0);
        _ = Find();
        Write(PodOne, oom: 1, oomKill: 1);
        Write(One, oom: 0, oomKill: 1);
        Assert.Equal(new OomsOfPods(null, 1, 1, 1), Find());
    }

    [Fact]
    public void What_a_container_that_is_gone_met_its_Pod_tells()
    {
        Write(PodOne, oom: 0, oomKill: 0);
        _ = Find();
        Write(PodOne, oom: 1, oomKill: 3);
        Assert.Equal(new OomsOfPods(null, 3, 3, 1), Find());
        Write(PodOne, oom: 1, oomKill: 4);
        Assert.Equal(new OomsOfPods(null, 0, 1, 0), Find());
    }

    [Fact]
    public void Of_two_in_a_Pod_each_is_judged_by_its_own_counts()
    {
        const string sibling = $"{PodOne}/cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";
        _cgroups.Add(sibling);
        Write(sibling, oom: 0, oomKill: 0);
        Write(PodOne, oom: 0, oomKill: 0);
        _tree.Refresh();
        _ = Find();

        Write(PodOne, oom: 1, oomKill: 3);
        Write(One, oom: 1, oomKill: 2);
        Write(sibling, oom: 0, oomKill: 1);
        var found = Find();
        Assert.Equal((sibling, 2, 3), (found.Victim?.Path, found.AtOwnLimit, found.Kills));
    }

    [Fact]
    public void A_container_that_is_new_does_not_count_what_its_Pod_met_before()
    {
        Write(PodOne, oom: 7, oomKill: 7);
        _ = Find();
        const string restarted = $"{PodOne}/cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";
        _cgroups.Add(restarted);
        Write(restarted, oom: 0, oomKill: 0);
        _tree.Refresh();
        Assert.Equal(default, Find());
    }

    [Theory]
    [InlineData("")]
    [InlineData("low 0\nhigh 0\nmax 0\noom 0\noom_kill x\n")]
    [InlineData("low 0\n")]
    public void A_torn_file_is_nobody_and_what_was_known_stays(string text)
    {
        _cgroups.Write(One, "memory.events", text);
        Assert.Equal(default, Find());
        Write(One, oom: 0, oomKill: 1);
        Assert.Equal(One, Find().Victim?.Path);
    }

    [Fact]
    public void It_allocates_nothing()
    {
        _ = Find();
        Assert.Equal(0, Allocations.Of(() => Find()));
        Write(One, oom: 0, oomKill: 1);
        Write(Other, oom: 5, oomKill: 3);
        Assert.Equal(0, Allocations.Of(() => Find()));
    }

    private OomsOfPods Find() => KernelOomVictims.Find(_tree.Containers);

    private void Write(string path, int oom, int oomKill) =>
        _cgroups.Write(path, "memory.events", $"low 0\nhigh 0\nmax 7\noom {oom}\noom_kill {oomKill}\noom_group_kill 0\n");
}
