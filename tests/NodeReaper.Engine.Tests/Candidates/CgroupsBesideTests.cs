using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Tests.Fakes;

namespace NodeReaper.Engine.Tests.Candidates;

public sealed class CgroupsBesideTests : IDisposable
{
    private readonly FakeCgroups _cgroups = new();
    private readonly CgroupsBeside _beside = new();

    public CgroupsBesideTests()
    {
        _cgroups.AddEmpty("system.slice");
        Write("system.slice", oom: 3, oomKill: 3);
        _beside.Update(_cgroups.Root, [Of("system.slice", 1)]);
    }

    public void Dispose()
    {
        _beside.Dispose();
        _cgroups.Dispose();
    }

    [Fact]
    public void A_service_at_its_own_limit_is_counted_once_and_what_was_before_is_not()
    {
        Assert.Equal(0, _beside.KillsAtOwnLimit());
        Write("system.slice", oom: 4, oomKill: 5);
        Assert.Equal(2, _beside.KillsAtOwnLimit());
        Assert.Equal(0, _beside.KillsAtOwnLimit());
    }

    [Fact]
    public void A_service_that_dies_for_the_node_is_not()
    {
        Write("system.slice", oom: 3, oomKill: 4);
        Assert.Equal(0, _beside.KillsAtOwnLimit());
    }

    [Fact]
    public void What_is_new_counts_from_then_on_and_what_is_gone_no_more()
    {
        _cgroups.AddEmpty("user.slice");
        Write("user.slice", oom: 9, oomKill: 9);
        _beside.Update(_cgroups.Root, [Of("user.slice", 2)]);
        Assert.Equal(0, _beside.KillsAtOwnLimit());
        Write("system.slice", oom: 4, oomKill: 4);
        Write("user.slice", oom: 10, oomKill: 10);
        Assert.Equal(1, _beside.KillsAtOwnLimit());
    }

    [Fact]
    public void It_allocates_nothing_while_all_is_as_it_was()
    {
        IReadOnlyList<SlicePath> paths = [Of("system.slice", 1)];
        _ = Look();
        Assert.Equal(0, Allocations.Of(() => Look()));

        long Look()
        {
            _beside.Update(_cgroups.Root, paths);
            return _beside.KillsAtOwnLimit();
        }
    }

    private static SlicePath Of(string path, long id) => new(path, KubepodsLevel.Other, id);

    private void Write(string path, int oom, int oomKill) =>
        _cgroups.Write(path, "memory.events", $"low 0\nhigh 0\nmax 7\noom {oom}\noom_kill {oomKill}\noom_group_kill 0\n");
}
