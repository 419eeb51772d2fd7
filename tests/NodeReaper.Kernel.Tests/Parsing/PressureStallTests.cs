using System.Globalization;
using CsCheck;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Parsing;

public class PressureStallTests
{
    [Fact]
    public void The_sample_is_read_in_hundredths_of_a_percent() =>
        Assert.Equal(new PressureStall(279, 136, 5, 10000, 20884441, 77), Parsers.PressureStall.Value(Samples.PressureStall));

    [Fact]
    public void Without_a_full_line_its_fields_are_0() => Assert.Equal(
        new PressureStall(279, 136, 0, 0, 20884441, 0),
        Parsers.PressureStall.Value("some avg10=2.79 avg60=1.36 avg300=0.99 total=20884441\n"));

    [Fact]
    public void Without_a_some_line_nothing_is_read() => Assert.Equal(
        ParseOutcome.MissingKey, Parsers.PressureStall.Outcome("full avg10=2.79 avg60=1.36 avg300=0.99 total=20884441\n"));

    [Fact]
    public void Any_reading_is_read_back_among_future_lines_and_fields()
    {
        var share = Gen.Int[0, 10000];
        var total = Gen.Long[0, long.MaxValue];
        var future = Gen.OneOf("", " avg1=x", " avg3600=0.00", " count=-1", " avg10x=9.99", " total2=7");
        Gen.Select(Gen.Select(share, share, share, share), Gen.Select(total, total), Gen.Select(future, future), Gen.Bool, Gen.Bool).Sample(
            (shares, totals, futures, hasFull, fullFirst) =>
            {
                var (someAvg10, someAvg60, fullAvg10, fullAvg60) = shares;
                var some = Line("some", someAvg10, someAvg60, totals.Item1, futures.Item1);
                var full = hasFull ? Line("full", fullAvg10, fullAvg60, totals.Item2, futures.Item2) : "";
                var expected = new PressureStall(
                    someAvg10, someAvg60, hasFull ? fullAvg10 : 0, hasFull ? fullAvg60 : 0, totals.Item1, hasFull ? totals.Item2 : 0);
                Assert.Equal(expected, Parsers.PressureStall.Value((fullFirst ? full + some : some + full) + "most avg10=1.00\n"));
            },
            iter: 1000);
    }

    [Theory]
    [InlineData("avg10")]
    [InlineData("avg60")]
    [InlineData("total")]
    public void Each_field_that_is_read_must_be_there(string field)
    {
        foreach (var line in new[] { "some", "full" })
        {
            var whole = Line(line, 1, 2, 3, "");
            var text = whole.Replace(field + "=", "other=", StringComparison.Ordinal) + (line == "full" ? Line("some", 1, 2, 3, "") : "");
            Assert.Equal(ParseOutcome.MissingKey, Parsers.PressureStall.Outcome(text));
        }
    }

    [Theory]
    [InlineData("0.0")]
    [InlineData("0")]
    [InlineData("0.000")]
    [InlineData(".00")]
    [InlineData("0,00")]
    [InlineData("0.-1")]
    [InlineData("0.0x")]
    [InlineData("")]
    [InlineData("nan")]
    public void A_share_has_two_decimals(string share) => Assert.Equal(
        ParseOutcome.Malformed, Parsers.PressureStall.Outcome($"some avg10={share} avg60=0.00 avg300=0.00 total=0\n"));

    [Theory]
    [InlineData("-1.00")]
    [InlineData("100.01")]
    [InlineData("101.00")]
    [InlineData("9223372036854775807.00")]
    [InlineData("99999999999999999999.00")]
    public void A_share_is_0_to_100_percent(string share) => Assert.Equal(
        ParseOutcome.OutOfRange, Parsers.PressureStall.Outcome($"some avg10=0.00 avg60={share} avg300=0.00 total=0\n"));

    [Theory]
    [InlineData("-1", ParseOutcome.OutOfRange)]
    [InlineData("18446744073709551615", ParseOutcome.OutOfRange)]
    [InlineData("1.5", ParseOutcome.Malformed)]
    [InlineData("", ParseOutcome.Malformed)]
    public void A_total_is_a_number(string total, ParseOutcome outcome) => Assert.Equal(
        outcome, Parsers.PressureStall.Outcome($"some avg10=0.00 avg60=0.00 avg300=0.00 total={total}\n"));

    [Fact]
    public void Of_a_line_or_field_that_comes_twice_the_first_counts()
    {
        const string Text = "some avg10=1.00 avg60=2.00 avg300=0.00 total=3 total=x avg10=9.99\n"
            + "full avg10=4.00 avg60=5.00 avg300=0.00 total=6\nsome nonsense\nfull\n";
        Assert.Equal(new PressureStall(100, 200, 400, 500, 3, 6), Parsers.PressureStall.Value(Text));
    }

    private static string Line(string name, int avg10, int avg60, long total, string future) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} avg10={avg10 / 100}.{avg10 % 100:00} avg60={avg60 / 100}.{avg60 % 100:00}")
        + string.Create(CultureInfo.InvariantCulture, $"{future} avg300=0.00 total={total}\n");
}
