using System.Diagnostics;
using NodeReaper.Agent.Http;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Tests.Http;

public sealed class HealthTests
{
    private static readonly ReapPolicy s_policy = new();

    [Fact]
    public void A_thread_that_goes_round_is_well() => Assert.Null(Health.Problem(null, Stopwatch.GetTimestamp(), s_policy));

    [Fact]
    public void Before_the_watch_begins_nothing_is_wrong()
    {
        Assert.Null(Health.Problem(null, null, s_policy));
        Assert.Null(Health.Problem(null, 0, s_policy));
    }

    [Fact]
    public void One_that_is_stuck_is_told_of_with_the_time()
    {
        var anHourAgo = Stopwatch.GetTimestamp() - (3600 * Stopwatch.Frequency);

        Assert.Equal("the pressure thread has not gone round for 3600 s", Health.Problem(null, anHourAgo, s_policy));
    }

    [Fact]
    public void A_kill_that_takes_all_of_its_time_is_no_illness()
    {
        var policy = s_policy with { Kill = s_policy.Kill with { Deadline = TimeSpan.FromHours(1) } };
        var halfAnHourAgo = Stopwatch.GetTimestamp() - (1800 * Stopwatch.Frequency);

        Assert.Null(Health.Problem(null, halfAnHourAgo, policy));
    }

    [Fact]
    public void A_watch_that_ended_says_why() => Assert.Equal("no PSI", Health.Problem("no PSI", Stopwatch.GetTimestamp(), s_policy));
}
