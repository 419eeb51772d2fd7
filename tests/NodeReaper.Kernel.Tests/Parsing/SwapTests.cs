using System.Text;
using NodeReaper.Kernel.Block;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Parsing;

public class SwapTests
{
    private const string Heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    [Fact]
    public void Each_swap_area_is_read()
    {
        const string text = Heading
            + "/dev/zram0                              partition\t524284\t\t1024\t\t-2\n"
            + "/swap\\040file                           file\t\t8388604\t\t0\t\t5\n";
        Assert.Equal([("/dev/zram0", 524284L << 10, 1L << 20), ("/swap\\040file", 8388604L << 10, 0)], Read(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no end of line")]
    [InlineData(Heading)]
    [InlineData(Heading + "/dev/zram0 partition\n")]
    [InlineData(Heading + "/dev/zram0 partition x 0 -2\n")]
    [InlineData(Heading + "/dev/zram0 partition 100 101 -2\n")]
    [InlineData(Heading + "/dev/zram0 partition 9223372036854775807 0 -2\n")]
    [InlineData(Heading + "/dev/zram0 partition 100 1 -2")]
    public void What_does_not_read_as_the_kernel_writes_it_is_no_swap_area(string text) => Assert.Empty(Read(text));

    [Fact]
    public void A_bad_line_ends_the_list() =>
        Assert.Single(Read(Heading + "/dev/a partition 100 1 -2\n/dev/b partition ? 1 -2\n/dev/c partition 100 1 -2\n"));

    [Fact]
    public void Zram_tells_what_it_keeps_and_what_that_costs() => Assert.Equal(
        new ZramUse(209715200, 104857600, 536870912),
        Parsers.ZramUse.Value("209715200 99999999 104857600 536870912 104857600     1024        0        7        7\n"));

    [Theory]
    [InlineData("1 2\n", ParseOutcome.MissingKey)]
    [InlineData("1 2 3\n", ParseOutcome.MissingKey)]
    [InlineData("1 2 x\n", ParseOutcome.Malformed)]
    [InlineData("1 -2 3\n", ParseOutcome.OutOfRange)]
    [InlineData("1 2 3", ParseOutcome.Torn)]
    public void Zram_in_another_form_is_refused(string text, ParseOutcome outcome) => Assert.Equal(outcome, Parsers.ZramUse.Outcome(text));

    private static List<(string Name, long Size, long Used)> Read(string text)
    {
        var areas = new List<(string, long, long)>();
        var lines = new SwapLines(Encoding.ASCII.GetBytes(text));
        while (lines.MoveNext())
        {
            areas.Add((Encoding.ASCII.GetString(lines.Name), lines.SizeBytes, lines.UsedBytes));
        }

        return areas;
    }
}
