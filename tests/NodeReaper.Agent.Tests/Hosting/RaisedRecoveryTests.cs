using NodeReaper.Agent.Hosting;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Agent.Tests.Hosting;

public sealed class RaisedRecoveryTests
{
    private const long Gib = 1 << 30;

    [Fact]
    public void A_percentage_that_is_less_than_killBelow_on_this_node_is_told() => Assert.Equal(
        "pressure.recoverTo is 100 MiB on this node, less than killBelow, and counts as 200 MiB, which is no room to recover; raise it",
        RaisedRecovery.Warning(
            new PressurePolicy { KillBelow = MemoryAmount.OfBytes(200 << 20), RecoverTo = MemoryAmount.OfPercent(10) },
            new MemInfo(1000 << 20, 0, 0, 0, 0)));

    [Theory]
    [InlineData(null)]
    [InlineData(20)]
    public void What_is_more_on_this_node_is_not_told(int? percent) => Assert.Null(RaisedRecovery.Warning(
        new PressurePolicy { RecoverTo = percent is { } given ? MemoryAmount.OfPercent(given) : null }, new MemInfo(Gib, 0, 0, 0, 0)));
}
