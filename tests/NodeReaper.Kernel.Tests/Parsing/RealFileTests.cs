using System.Globalization;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Parsing;

/// <summary>The files of the machine that the tests run on: what the samples were made after may have changed.</summary>
public class RealFileTests
{
    [Fact]
    public void This_machine_s_meminfo_is_read()
    {
        var info = (MemInfo)Parsers.MemInfo.Value(File.ReadAllText("/proc/meminfo"));
        Assert.True(info.TotalBytes > 64L << 20);
        Assert.InRange(info.FreeBytes, 1, info.TotalBytes);
        Assert.InRange(info.AvailableBytes, 1, info.TotalBytes);
        Assert.InRange(info.SwapFreeBytes, 0, info.SwapTotalBytes);
    }

    [Fact]
    public void This_machine_s_vmstat_is_read_and_says_what_a_plain_search_says()
    {
        var text = File.ReadAllText("/proc/vmstat");
        var stat = (VmStat)Parsers.VmStat.Value(text);
        Assert.Equal(Search(text, "oom_kill "), stat.OomKills);
        Assert.Equal(Search(text, "pgscan_kswapd "), stat.ScannedByKswapd);
        Assert.Equal(Search(text, "pgscan_direct "), stat.ScannedDirectly);
        Assert.Equal(Search(text, "workingset_refault_file "), stat.RefaultsFile);
        Assert.Equal(Search(text, "allocstall"), stat.AllocationStalls);
    }

    [Theory]
    [InlineData("/proc/pressure/memory")]
    [InlineData("/proc/pressure/cpu")]
    [InlineData("/proc/pressure/io")]
    public void This_machine_s_pressure_is_read(string path)
    {
        if (!File.Exists(path))
        {
            Assert.Skip($"{path} does not exist: the kernel runs without PSI");
        }

        var stall = (PressureStall)Parsers.PressureStall.Value(File.ReadAllText(path));
        Assert.True(stall.SomeTotalMicroseconds >= stall.FullTotalMicroseconds);
    }

    [Fact]
    public void This_process_s_statm_and_oom_scores_are_read()
    {
        var resident = (long)Parsers.ProcessStatm.Value(File.ReadAllText("/proc/self/statm")) * Environment.SystemPageSize;
        Assert.InRange(resident, Environment.WorkingSet / 2, Environment.WorkingSet * 2);
        Assert.InRange((int)Parsers.OomScore.Value(File.ReadAllText("/proc/self/oom_score")), 0, 2000);
        Assert.InRange((int)Parsers.OomScore.Value(File.ReadAllText("/proc/self/oom_score_adj")), -1000, 1000);
    }

    [Fact]
    public void Every_key_of_this_machine_s_meminfo_and_vmstat_can_be_cut_off_without_a_false_reading()
    {
        foreach (var (parser, path) in new[] { (Parsers.MemInfo, "/proc/meminfo"), (Parsers.VmStat, "/proc/vmstat") })
        {
            var whole = File.ReadAllBytes(path);
            _ = parser.Parse(whole, out var expected);
            for (var length = 1; length < whole.Length; length++)
            {
                if (parser.Parse(whole.AsSpan(0, length), out var value) == ParseOutcome.Ok)
                {
                    Assert.Equal(expected, value);
                }
            }
        }
    }

    private static long Search(string text, string keyStart) => text.Split('\n')
        .Where(line => line.StartsWith(keyStart, StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
}
