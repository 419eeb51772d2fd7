using CsCheck;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Parsing;

/// <summary>What holds for each file of keys and numbers.</summary>
public class KeyedFormatTests
{
    // Kernels before 5.18 list the parts of "kernel" only.
    public static TheoryData<string, string> RequiredKeys => Pairs(format => format.Required.Except(["kernel"]));

    public static TheoryData<string, string> AllKeys => Pairs(format => format.Keys);

    public static TheoryData<string, string> KeysOfOneLine =>
        Pairs(format => format.Keys.Where(key => !key.StartsWith("allocstall", StringComparison.Ordinal)));

    public static TheoryData<string> Formats => [.. KeyedFormat.All.Select(format => format.Parser.Name)];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Any_numbers_in_any_order_among_future_keys_are_read_back(string name)
    {
        var format = KeyedFormat.Of(name);
        var keys = format.Keys.ToArray();
        var line = Gen.Select(Gen.Long[0, format.MaxNumber], Gen.Bool, Gen.Int);

        // A key of a later kernel may look like one of today's, and its value like anything.
        var futureKey = Gen.Select(Gen.OneOf([.. keys, "x", ""]), Gen.OneOf("_v2", "2", ".x", "(anon)"), (a, b) => a + b);
        var futureValue = Gen.OneOf(Gen.OneOf(":  12 kB", " max", "", " -1", " 99999999999999999999"), Gen.String[Gen.Char[' ', '~'], 0, 8]);
        var future = Gen.Select(futureKey, futureValue, Gen.Int).Array[0, 5];

        Gen.Select(line.Array[keys.Length], future).Sample(
            (lines, futures) =>
            {
                var numbers = new Dictionary<string, long>();
                var ordered = new List<(int Order, string Line)>();
                foreach (var (key, (number, isThere, order)) in keys.Zip(lines))
                {
                    if (isThere || format.Required.Contains(key))
                    {
                        numbers[key] = number;
                        ordered.Add((order, format.Line(key, number)));
                    }
                }

                foreach (var (key, value, order) in futures)
                {
                    // allocstall is a family, and later members of it count.
                    if (!key.StartsWith("allocstall", StringComparison.Ordinal))
                    {
                        ordered.Add((order, key + value + "\n"));
                    }
                }

                var text = string.Concat(ordered.OrderBy(entry => entry.Order).Select(entry => entry.Line));
                Assert.Equal(format.Expected(key => numbers.GetValueOrDefault(key)), format.Parser.Value(text));
            },
            iter: 1000);
    }

    [Theory]
    [MemberData(nameof(RequiredKeys))]
    public void Without_a_required_key_nothing_is_read(string name, string key)
    {
        var format = KeyedFormat.Of(name);
        var text = format.TextWith(key, "");
        Assert.Equal(ParseOutcome.MissingKey, format.Parser.Outcome(text.Length > 0 ? text : "x 1\n"));
    }

    [Theory]
    [MemberData(nameof(AllKeys))]
    public void A_number_beyond_the_range_of_a_known_key_is_refused(string name, string key)
    {
        var format = KeyedFormat.Of(name);
        string[] numbers =
        [
            "9223372036854775808", "18446744073709551615", "99999999999999999999999999999999999999", "-1", "-0",
            "-9223372036854775808", "-99999999999999999999",
        ];
        foreach (var number in numbers)
        {
            Assert.Equal(ParseOutcome.OutOfRange, format.Parser.Outcome(format.TextWith(key, format.Line(key, number))));
        }
    }

    [Theory]
    [MemberData(nameof(AllKeys))]
    public void A_known_key_with_another_form_of_value_is_malformed(string name, string key)
    {
        var format = KeyedFormat.Of(name);
        foreach (var number in new[] { "", "x", "1x", "0x10", "+1", "1 2", "1.5", "--1", "-", "1\0", "max", "１", "1\t", "1\r" })
        {
            Assert.Equal(ParseOutcome.Malformed, format.Parser.Outcome(format.TextWith(key, format.Line(key, number))));
        }

        Assert.Equal(
            ParseOutcome.Malformed,
            format.Parser.Outcome(format.TextWith(key, format.Parser == Parsers.MemInfo ? $"{key}:\n" : $"{key}\n")));
    }

    [Theory]
    [MemberData(nameof(KeysOfOneLine))]
    public void Of_a_key_that_comes_twice_the_first_counts(string name, string key)
    {
        var format = KeyedFormat.Of(name);
        var once = format.TextWith(key, format.Line(key, 1));
        Assert.Equal(format.Parser.Value(once), format.Parser.Value(once + format.Line(key, 0)));
        Assert.Equal(format.Parser.Value(once), format.Parser.Value(once + format.Line(key, "nonsense")));
    }

    [Theory]
    [InlineData("8 MB")]
    [InlineData("8")]
    [InlineData("8 kb")]
    [InlineData("8  kB")]
    [InlineData("8 kB ")]
    [InlineData("kB")]
    [InlineData(" kB")]
    public void MemInfo_takes_no_other_unit_than_kB(string amount)
    {
        var format = KeyedFormat.Of(nameof(MemInfo));
        Assert.Equal(ParseOutcome.Malformed, format.Parser.Outcome(format.TextWith("MemFree", $"MemFree: {amount}\n")));
    }

    [Fact]
    public void MemInfo_refuses_kilobytes_that_are_too_many_bytes()
    {
        var format = KeyedFormat.Of(nameof(MemInfo));
        var most = long.MaxValue / 1024;
        Assert.Equal(ParseOutcome.Ok, format.Parser.Outcome(format.TextWith("MemFree", $"MemFree: {most} kB\n")));
        Assert.Equal(ParseOutcome.OutOfRange, format.Parser.Outcome(format.TextWith("MemFree", $"MemFree: {most + 1} kB\n")));
    }

    [Fact]
    public void MemInfo_reads_the_sample() => Assert.Equal(
        new MemInfo(24684092L << 10, 24161900L << 10, 24242208L << 10, 2097148L << 10, 2000000L << 10, 125004L << 10, 2048L << 10),
        Parsers.MemInfo.Value(Samples.MemInfo));

    [Fact]
    public void MemInfo_sets_no_bound_to_what_can_be_swapped_out_unless_both_parts_are_listed() => Assert.Equal(
        long.MaxValue,
        ((MemInfo)Parsers.MemInfo.Value(Samples.MemInfo.Replace("Inactive(anon)", "Something(else)", StringComparison.Ordinal))).SwappableBytes);

    [Fact]
    public void VmStat_adds_the_stalls_of_all_zones() =>
        Assert.Equal(new VmStat(2, 4000, 500, 321, 17, 320662), Parsers.VmStat.Value(Samples.VmStat));

    [Fact]
    public void VmStat_reads_the_one_stall_counter_of_old_kernels_and_zones_to_come()
    {
        const string Rest = "pgscan_kswapd 0\npgscan_direct 0\noom_kill 0\n";
        Assert.Equal(7, ((VmStat)Parsers.VmStat.Value("allocstall 7\n" + Rest)).AllocationStalls);
        Assert.Equal(9, ((VmStat)Parsers.VmStat.Value("allocstall_normal 7\nallocstall_zone9 2\n" + Rest)).AllocationStalls);
    }

    [Fact]
    public void VmStat_refuses_a_sum_of_stalls_that_is_too_large() => Assert.Equal(
        ParseOutcome.OutOfRange,
        Parsers.VmStat.Outcome(
            $"allocstall_dma {long.MaxValue}\nallocstall_normal 1\npgscan_kswapd 0\npgscan_direct 0\noom_kill 0\n"));

    [Fact]
    public void MemoryStat_reads_the_sample() => Assert.Equal(
        new MemoryStat(16908288, 8192000, 4096, 655360, 118784, 12288, 3000000, 5000000, 8388608, 2703360, 200000, 403, 8192),
        Parsers.MemoryStat.Value(Samples.MemoryStat));

    [Fact]
    public void MemoryStat_adds_the_kernel_s_parts_when_their_sum_is_not_listed()
    {
        var text = Samples.MemoryStat.Replace("kernel 655360\n", "", StringComparison.Ordinal);
        Assert.Equal(32768 + 118784 + 1488 + 300000, ((MemoryStat)Parsers.MemoryStat.Value(text)).KernelBytes);
    }

    [Fact]
    public void MemoryStat_refuses_a_sum_of_kernel_parts_that_is_too_large()
    {
        var text = Samples.MemoryStat
            .Replace("kernel 655360\n", "", StringComparison.Ordinal)
            .Replace("slab 300000", $"slab {long.MaxValue}", StringComparison.Ordinal);
        Assert.Equal(ParseOutcome.OutOfRange, Parsers.MemoryStat.Outcome(text));
    }

    [Fact]
    public void MemoryEvents_reads_the_sample() =>
        Assert.Equal(new MemoryEvents(0, 12, 34, 5, 6, 1), Parsers.MemoryEvents.Value(Samples.MemoryEvents));

    [Theory]
    [InlineData("populated 0\nfrozen 0\n", false, false)]
    [InlineData("populated 1\nfrozen 0\n", true, false)]
    [InlineData("populated 0\nfrozen 1\n", false, true)]
    [InlineData("frozen 1\npopulated 1\n", true, true)]
    public void CgroupEvents_reads_both_flags(string text, bool populated, bool frozen) =>
        Assert.Equal(new CgroupEvents(populated, frozen), Parsers.CgroupEvents.Value(text));

    [Theory]
    [InlineData("populated 2\nfrozen 0\n")]
    [InlineData("populated 0\nfrozen 2\n")]
    public void CgroupEvents_takes_only_0_and_1(string text) =>
        Assert.Equal(ParseOutcome.OutOfRange, Parsers.CgroupEvents.Outcome(text));

    private static TheoryData<string, string> Pairs(Func<KeyedFormat, IEnumerable<string>> keys)
    {
        var pairs = new TheoryData<string, string>();
        foreach (var format in KeyedFormat.All)
        {
            foreach (var key in keys(format))
            {
                pairs.Add(format.Parser.Name, key);
            }
        }

        return pairs;
    }
}
