using System.Text;
using CsCheck;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Parsing;

public class ProcessIdLinesTests
{
    [Fact]
    public void Any_processes_are_read_back_and_foreign_ones_counted() =>
        Gen.OneOf(Gen.Int[1, int.MaxValue], Gen.Int[0, 3]).Array[1, 50].Sample(ids =>
        {
            var walk = Walk(string.Concat(ids.Select(id => $"{id}\n")));
            Assert.Equal(ids.Where(id => id > 0), walk.Ids);
            Assert.Equal(ids.Count(id => id == 0), walk.Foreign);
            Assert.Equal(ParseOutcome.Ok, walk.Outcome);
        });

    [Fact]
    public void A_cgroup_without_processes_has_an_empty_text()
    {
        var walk = Walk("");
        Assert.Empty(walk.Ids);
        Assert.Equal(ParseOutcome.Empty, walk.Outcome);
    }

    [Fact]
    public void A_cut_number_is_never_given_at_any_byte()
    {
        const string Text = "12345\n0\n678\n9\n";
        for (var length = 1; length < Text.Length; length++)
        {
            var walk = Walk(Text[..length]);
            Assert.Equal(Text[length - 1] == '\n' ? ParseOutcome.Ok : ParseOutcome.Torn, walk.Outcome);
            Assert.All(walk.Ids, id => Assert.Contains(id, new[] { 12345, 678, 9 }));
            Assert.Equal(Text[..length].Count(c => c == '\n'), walk.Ids.Count + walk.Foreign);
        }
    }

    [Theory]
    [InlineData("1\nx\n2\n", ParseOutcome.Malformed)]
    [InlineData("1\n\n2\n", ParseOutcome.Malformed)]
    [InlineData("1\n 2\n", ParseOutcome.Malformed)]
    [InlineData("1\n-2\n", ParseOutcome.OutOfRange)]
    [InlineData("1\n2147483648\n", ParseOutcome.OutOfRange)]
    [InlineData("1\n99999999999999999999\n", ParseOutcome.OutOfRange)]
    public void The_walk_ends_at_the_first_line_that_is_no_process(string text, ParseOutcome outcome)
    {
        var walk = Walk(text);
        Assert.Equal([1], walk.Ids);
        Assert.Equal(outcome, walk.Outcome);
    }

    [Fact]
    public void Any_bytes_end_the_walk_without_an_exception() => Gen.Byte.Array[0, 100].Sample(text =>
    {
        var lines = new ProcessIdLines(text);
        while (lines.TryNext(out var id))
        {
            Assert.True(id > 0);
        }

        Assert.False(lines.TryNext(out var after));
        Assert.Equal(0, after);
    });

    [Fact]
    public void Walking_allocates_nothing()
    {
        var text = "123\n0\n45\n"u8;
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var lines = new ProcessIdLines(text);
            while (lines.TryNext(out _))
            {
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(round == 0 || allocated == 0);
        }
    }

    private static (List<int> Ids, int Foreign, ParseOutcome Outcome) Walk(string text)
    {
        var ids = new List<int>();
        var lines = new ProcessIdLines(Encoding.UTF8.GetBytes(text));
        while (lines.TryNext(out var id))
        {
            ids.Add(id);
        }

        return (ids, lines.ForeignCount, lines.Outcome);
    }
}
