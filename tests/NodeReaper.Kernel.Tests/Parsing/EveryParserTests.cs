using System.Text;
using CsCheck;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Parsing;

/// <summary>What holds for each parser, whatever it reads.</summary>
public class EveryParserTests
{
    public static TheoryData<string> Names => Parsers.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void The_sample_is_read(string name)
    {
        var parser = Parsers.Named(name);
        Assert.NotEqual(parser.Nothing, parser.Value(parser.Sample));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_bytes_are_empty(string name)
    {
        var parser = Parsers.Named(name);
        Assert.Equal(ParseOutcome.Empty, parser.Parse([], out var value));
        Assert.Equal(parser.Nothing, value);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_cut_inside_a_line_is_torn_at_every_byte(string name)
    {
        var parser = Parsers.Named(name);
        var whole = Encoding.UTF8.GetBytes(parser.Sample);
        for (var length = 1; length < whole.Length; length++)
        {
            if (whole[length - 1] != (byte)'\n')
            {
                Assert.Equal(ParseOutcome.Torn, parser.Parse(whole.AsSpan(0, length), out var value));
                Assert.Equal(parser.Nothing, value);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_cut_between_lines_is_seen_unless_all_that_is_required_came_before(string name)
    {
        var parser = Parsers.Named(name);
        for (var end = parser.Sample.IndexOf('\n'); end >= 0; end = parser.Sample.IndexOf('\n', end + 1))
        {
            Assert.True(parser.Outcome(parser.Sample[..(end + 1)]) is ParseOutcome.Ok or ParseOutcome.MissingKey);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Any_bytes_give_an_outcome_and_a_failure_leaves_nothing(string name)
    {
        var parser = Parsers.Named(name);
        Gen.Byte.Array[0, 200].Sample(text => LeavesNothingOnFailure(parser, text));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Damage_anywhere_gives_an_outcome_and_a_failure_leaves_nothing(string name)
    {
        var parser = Parsers.Named(name);
        var whole = Encoding.UTF8.GetBytes(parser.Sample);

        // What a parser looks for, so that the damage is often meaningful.
        var harm = Gen.OneOf(Gen.Byte, Gen.OneOf(" \n\t-0.9=:kB\0"u8.ToArray()));
        var damage = Gen.Select(Gen.Int[0, whole.Length - 1], harm, Gen.Int[0, 2]);
        damage.Array[1, 4].Sample(
            strokes =>
            {
                var text = new List<byte>(whole);
                foreach (var (at, value, kind) in strokes)
                {
                    var place = Math.Min(at, text.Count - 1);
                    switch (kind)
                    {
                        case 0: text[place] = value; break;
                        case 1: text.Insert(place, value); break;
                        default: text.RemoveAt(place); break;
                    }
                }

                LeavesNothingOnFailure(parser, [.. text]);
            },
            iter: 2000);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Parsing_allocates_nothing(string name)
    {
        var parser = Parsers.Named(name);
        byte[][] texts =
        [
            Encoding.UTF8.GetBytes(parser.Sample),
            Encoding.UTF8.GetBytes(parser.Sample[..^1]),
            "low -1\npopulated x\n"u8.ToArray(),
        ];
        foreach (var text in texts)
        {
            parser.Run(text);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var text in texts)
        {
            parser.Run(text);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void The_allocation_count_would_see_one_object()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(new object());
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before >= 24);
    }

    private static void LeavesNothingOnFailure(Parser parser, byte[] text)
    {
        if (parser.Parse(text, out var value) != ParseOutcome.Ok)
        {
            Assert.Equal(parser.Nothing, value);
        }
    }
}
