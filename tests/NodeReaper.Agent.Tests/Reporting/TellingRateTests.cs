using NodeReaper.Agent.Reporting;
using NodeReaper.Agent.Tests.Kubernetes.Events;

namespace NodeReaper.Agent.Tests.Reporting;

public sealed class TellingRateTests
{
    [Fact]
    public void The_last_line_of_a_minute_says_so_and_the_next_minute_begins_anew()
    {
        var time = new ShiftedTime();
        var rate = new TellingRate(2, time);

        Assert.Equal(["a", "a; more within this minute are not told", null, null], Enumerable.Range(0, 4).Select(_ => rate.Line("a")));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("a", rate.Line("a"));
    }
}
