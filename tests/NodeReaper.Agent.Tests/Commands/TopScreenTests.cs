using NodeReaper.Agent.Commands;

namespace NodeReaper.Agent.Tests.Commands;

public sealed class TopScreenTests
{
    [Fact]
    public void What_would_not_fit_is_cut_and_counted() =>
        Assert.Equal("one\ntwo t\n... 2\n", TopScreen.Cut("one\ntwo three\nthree\nfour\n", width: 5, height: 3));

    [Fact]
    public void What_fits_stays_as_it_is() => Assert.Equal("one\ntwo\n", TopScreen.Cut("one\ntwo\n", width: 3, height: 2));

    [Fact]
    public void While_the_agent_is_busy_that_is_shown() => Assert.Equal("busy\n", TopScreen.Of(null, null, "busy", 20));
}
