using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Candidates;

public sealed class MemoryUseTests
{
    // A file of 100 MiB on tmpfs; 60 MiB of shared memory; 10 MiB of other files, of which 4 MiB are mapped.
    private static readonly MemoryStat s_stat = new(20 * Mib, 170 * Mib, 160 * Mib, 2 * Mib, Mib, 0, 0, 10 * Mib, 0, 64 * Mib);

    [Fact]
    public void Shared_memory_that_is_mapped_is_given_back_and_files_on_tmpfs_are_not()
    {
        var use = MemoryUse.Of(192 * Mib, s_stat, 5 * Mib);

        Assert.Equal(64 * Mib, use.MappedShmem);
        Assert.Equal((20 + 5 + 1 + 64) * Mib, use.Freeable);
        Assert.Equal((20 + 5 + 1 + 160) * Mib, use.Unreclaimable);
    }

    [Fact]
    public void Mapped_files_are_no_shared_memory() =>
        Assert.Equal(0, MemoryUse.Of(50 * Mib, s_stat with { ShmemBytes = 0, FileBytes = 40 * Mib }, 0).MappedShmem);

    [Theory]
    [InlineData(300, 300, 300)]
    [InlineData(300, 250, 250)]
    [InlineData(0, 300, 0)]
    public void Page_cache_that_processes_have_locked_is_given_back(int lockedMib, int mappedMib, int givenMib)
    {
        var stat = default(MemoryStat) with
        {
            FileBytes = (lockedMib + 40) * Mib,
            ActiveFileBytes = 30 * Mib,
            InactiveFileBytes = 10 * Mib,
            UnevictableBytes = lockedMib * Mib,
            FileMappedBytes = mappedMib * Mib,
        };
        var before = MemoryUse.Of(stat.FileBytes, stat, 0);
        Assert.Equal((givenMib * Mib, givenMib * Mib), (before.Freeable, before.LeftOf(before)));

        // It is ordinary cache at their exit, and stays charged.
        var after = MemoryUse.Of(stat.FileBytes, stat with { UnevictableBytes = 0, InactiveFileBytes = (lockedMib + 10) * Mib, FileMappedBytes = 0 }, 0);
        Assert.Equal(0, after.LeftOf(before));
        Assert.Equal(givenMib * Mib, new ReliefResult(ReliefProof.Cgroup, before, after, 1, 1).FreedBytes);

        // Or it went with its file, or was read in anew.
        var gone = MemoryUse.Of(40 * Mib, stat with { FileBytes = 40 * Mib, UnevictableBytes = 0, FileMappedBytes = 0 }, 0);
        Assert.Equal(lockedMib * Mib, new ReliefResult(ReliefProof.Cgroup, before, gone, 1, 1).FreedBytes);
    }

    [Fact]
    public void Shared_memory_that_outlasts_the_death_is_left_although_nobody_has_it_mapped_any_more()
    {
        var before = MemoryUse.Of(192 * Mib, s_stat, 0);
        var kept = MemoryUse.Of(160 * Mib, s_stat with { AnonBytes = 0, PageTableBytes = 0, FileMappedBytes = 0 }, 0);
        var gone = kept with { Shmem = 96 * Mib };

        Assert.Equal(64 * Mib, kept.LeftOf(before));
        Assert.Equal(0, gone.LeftOf(before));
    }
}
