namespace NodeReaper.Engine.Tests;

public class AllocationsTests
{
    [Fact]
    public void The_count_would_see_one_object() => Assert.True(Allocations.Of(() => GC.KeepAlive(new object())) >= 24);

    [Fact]
    public void The_count_itself_adds_nothing() => Assert.Equal(0, Allocations.Of(() => { }));
}
