using NodeReaper.Engine.Pressure;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Pressure;

public sealed class ZramSwapTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nodereaper-zram-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(100, 100, 500)]
    [InlineData(100, 25, 125)]
    [InlineData(100, 120, 500)]

    // Too little in it to tell: half.
    [InlineData(1, 1, 250)]
    public void Of_free_zram_that_part_is_useless_that_stays_in_memory(int originalMib, int usedMib, int uselessMib)
    {
        WriteSwaps("/dev/zram0 partition 614400 102400 5");
        WriteZram(originalMib, usedMib);
        Assert.Equal(uselessMib * Mib, UselessBytes());
    }

    // It has 500 MiB free, and half of what is swapped out to it stays in memory.
    [Theory]
    [InlineData(150, 400)]
    [InlineData(1000, 250)]
    [InlineData(50, 500)]
    [InlineData(40, 500)]
    public void Zram_that_may_take_no_more_memory_is_of_no_use(int limitMib, int uselessMib)
    {
        WriteSwaps("/dev/zram0 partition 614400 102400 5");
        WriteZram(100, 50, limitMib);
        Assert.Equal(uselessMib * Mib, UselessBytes());
    }

    [Fact]
    public void A_disk_is_all_of_use()
    {
        WriteSwaps("/dev/vda partition 614400 102400 5");
        Assert.Equal(0, UselessBytes());
    }

    [Fact]
    public void Without_the_files_no_swap_is_zram() => Assert.Equal(0, UselessBytes());

    [Fact]
    public void Zram_that_is_switched_off_counts_no_more()
    {
        WriteSwaps("/dev/zram0 partition 614400 102400 5");
        WriteZram(100, 100);
        using var zram = new ZramSwap(_root, _root);
        zram.Discover();
        Assert.NotEqual(0, zram.UselessBytes());
        WriteSwaps();
        Assert.Equal(0, zram.UselessBytes());
    }

    private long UselessBytes()
    {
        using var zram = new ZramSwap(_root, _root);
        zram.Discover();
        Assert.Equal(0, Allocations.Of(() => zram.UselessBytes()));
        return zram.UselessBytes();
    }

    private void WriteSwaps(params string[] lines) =>
        File.WriteAllText(Path.Combine(_root, "swaps"), string.Concat(lines.Prepend("Filename Type Size Used Priority").Select(line => line + "\n")));

    private void WriteZram(int originalMib, int usedMib, int limitMib = 0)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_root, "block", "zram0")).FullName;
        File.WriteAllText(Path.Combine(directory, "mm_stat"), $"{originalMib * Mib} 1 {usedMib * Mib} {limitMib * Mib} 1 0 0 0 0\n");
    }
}
