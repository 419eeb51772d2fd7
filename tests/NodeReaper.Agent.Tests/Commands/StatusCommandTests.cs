using NodeReaper.Agent.Commands;
using NodeReaper.Agent.Control;

namespace NodeReaper.Agent.Tests.Commands;

public sealed class StatusCommandTests
{
    [Theory]
    [InlineData(0, "memory     60 MiB available, kills below 96 MiB\n")]
    [InlineData(400, "memory     60 MiB available, kills below 96 MiB once swap is spent, of which 400 MiB is left\n")]
    public void Who_reads_the_threshold_sees_that_swap_comes_first(long swapMib, string line)
    {
        var text = StatusCommand.TextOf(new StatusDocument
        {
            AgentVersion = "1",
            Strategy = "hold",
            AvailableBytes = 60L << 20,
            KillBelowBytes = 96L << 20,
            SwapToSpareBytes = swapMib << 20,
            Containers = new Dictionary<string, long>(),
            Reports = new Dictionary<string, long>(),
            DryRunEpisodes = new(0, 0, 0),
            Recent = [],
        });
        Assert.Contains(line, text, StringComparison.Ordinal);
    }
}
