using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Tests.Candidates;

public class KillPriorityTests
{
    [Theory]
    [InlineData("0", 0, false)]
    [InlineData("1", 1, false)]
    [InlineData("1000", 1000, false)]
    [InlineData("-1000", -1000, false)]
    [InlineData("-0", 0, false)]
    [InlineData("007", 7, false)]
    [InlineData("never", 0, true)]
    public void A_value_is_read(string text, int value, bool isNever)
    {
        Assert.True(KillPriority.TryParse(text, out var priority));
        Assert.Equal(new KillPriority(value, isNever), priority);
    }

    [Theory]
    [InlineData("")]
    [InlineData("+5")]
    [InlineData(" 5")]
    [InlineData("5 ")]
    [InlineData("5\n")]
    [InlineData("5\0")]
    [InlineData("1001")]
    [InlineData("-1001")]
    [InlineData("99999999999999999999")]
    [InlineData("1.5")]
    [InlineData("1,000")]
    [InlineData("1e2")]
    [InlineData("0x10")]
    [InlineData("-")]
    [InlineData("--5")]
    [InlineData("5-")]
    [InlineData("(5)")]
    [InlineData("٥")]
    [InlineData("NEVER")]
    [InlineData("Never")]
    [InlineData("never ")]
    [InlineData("always")]
    public void A_malformed_value_is_refused_and_counts_as_none(string text)
    {
        Assert.False(KillPriority.TryParse(text, out var priority));
        Assert.Equal(KillPriority.Default, priority);
    }

    [Fact]
    public void Every_number_within_the_bounds_is_read_back_as_it_is_written()
    {
        for (var value = KillPriority.Min; value <= KillPriority.Max; value++)
        {
            Assert.True(KillPriority.TryParse(new KillPriority(value, false).ToString(), out var read));
            Assert.Equal(value, read.Value);
        }

        Assert.True(KillPriority.TryParse(KillPriority.Never.ToString(), out var never));
        Assert.Equal(KillPriority.Never, never);
    }

    [Theory]
    [InlineData("never", true)]
    [InlineData("-1", true)]
    [InlineData("0", false)]
    [InlineData("1", false)]
    public void Only_never_and_what_is_below_0_asks_for_protection(string text, bool asks)
    {
        Assert.True(KillPriority.TryParse(text, out var priority));
        Assert.Equal(asks, priority.AsksForProtection);
    }
}
