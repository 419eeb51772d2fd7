using CsCheck;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Parsing;

public class SingleValueTests
{
    [Fact]
    public void A_cgroup_value_is_read_back() =>
        Gen.Long[0, long.MaxValue].Sample(number => Assert.Equal(number, Parsers.CgroupValue.Value($"{number}\n")));

    [Fact]
    public void Max_is_no_limit() => Assert.Equal(long.MaxValue, Parsers.CgroupValue.Value("max\n"));

    [Theory]
    [InlineData("-1\n", ParseOutcome.OutOfRange)]
    [InlineData("9223372036854775808\n", ParseOutcome.OutOfRange)]
    [InlineData("99999999999999999999999999\n", ParseOutcome.OutOfRange)]
    [InlineData("\n", ParseOutcome.Malformed)]
    [InlineData("maximum\n", ParseOutcome.Malformed)]
    [InlineData("MAX\n", ParseOutcome.Malformed)]
    [InlineData(" 1\n", ParseOutcome.Malformed)]
    [InlineData("1 \n", ParseOutcome.Malformed)]
    [InlineData("1\n\n", ParseOutcome.Malformed)]
    [InlineData("1\n2\n", ParseOutcome.Malformed)]
    [InlineData("max\nmax\n", ParseOutcome.Malformed)]
    [InlineData("max", ParseOutcome.Torn)]
    public void A_cgroup_value_is_one_number_on_one_line(string text, ParseOutcome outcome) =>
        Assert.Equal(outcome, Parsers.CgroupValue.Outcome(text));

    [Fact]
    public void Statm_gives_its_second_field() => Gen.Select(Gen.Long[0, long.MaxValue], Gen.Long[0, long.MaxValue]).Sample(
        (size, resident) => Assert.Equal(resident, Parsers.ProcessStatm.Value($"{size} {resident} 382 5 0 123 0\n")));

    [Theory]
    [InlineData("1 2\n", ParseOutcome.Ok)]
    [InlineData("1 2 x y z of a kernel to come\n", ParseOutcome.Ok)]
    [InlineData("0 0 0 0 0 0 0\n", ParseOutcome.Ok)]
    [InlineData("1\n", ParseOutcome.Malformed)]
    [InlineData("1 \n", ParseOutcome.Malformed)]
    [InlineData("\n", ParseOutcome.Malformed)]
    [InlineData("x 2 3\n", ParseOutcome.Malformed)]
    [InlineData("1  2 3\n", ParseOutcome.Malformed)]
    [InlineData("1 -2 3\n", ParseOutcome.OutOfRange)]
    [InlineData("-1 2 3\n", ParseOutcome.OutOfRange)]
    [InlineData("1 18446744073709551615 3\n", ParseOutcome.OutOfRange)]
    [InlineData("1 2\n3 4\n", ParseOutcome.Malformed)]
    public void Statm_needs_two_numbers(string text, ParseOutcome outcome) =>
        Assert.Equal(outcome, Parsers.ProcessStatm.Outcome(text));

    [Theory]
    [InlineData("765 411 382 5 0 123 0\n", ParseOutcome.Ok, 29)]
    [InlineData("1 2 3\n", ParseOutcome.Ok, 0)]
    [InlineData("1 2\n", ParseOutcome.Malformed, 0)]
    [InlineData("1 2 x\n", ParseOutcome.Malformed, 0)]
    [InlineData("1 2 -3\n", ParseOutcome.OutOfRange, 0)]
    public void What_is_anonymous_is_the_second_field_less_the_third(string text, ParseOutcome outcome, long pages)
    {
        Assert.Equal(outcome, Parsers.AnonymousStatm.Outcome(text));
        Assert.Equal(pages, Kernel.Procfs.ProcessStatm.ParseAnonymous(System.Text.Encoding.ASCII.GetBytes(text), out var found) == outcome ? found : -1);
    }

    [Fact]
    public void An_oom_score_is_read_back() =>
        Gen.Int.Sample(score => Assert.Equal(score, Parsers.OomScore.Value($"{score}\n")));

    [Theory]
    [InlineData("-1000\n", ParseOutcome.Ok)]
    [InlineData("2147483648\n", ParseOutcome.OutOfRange)]
    [InlineData("-2147483649\n", ParseOutcome.OutOfRange)]
    [InlineData("-99999999999999999999\n", ParseOutcome.OutOfRange)]
    [InlineData("-\n", ParseOutcome.Malformed)]
    [InlineData("--1\n", ParseOutcome.Malformed)]
    [InlineData("+1\n", ParseOutcome.Malformed)]
    [InlineData("1 2\n", ParseOutcome.Malformed)]
    [InlineData("1\n2\n", ParseOutcome.Malformed)]
    public void An_oom_score_is_one_number_on_one_line(string text, ParseOutcome outcome) =>
        Assert.Equal(outcome, Parsers.OomScore.Outcome(text));
}
