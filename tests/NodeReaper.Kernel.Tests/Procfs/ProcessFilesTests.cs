using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Victims;

namespace NodeReaper.Kernel.Tests.Procfs;

public sealed class ProcessFilesTests : IDisposable
{
    private readonly ProcessFiles _files = new(FileDescriptor.OpenDirectory("/proc", out _));

    public void Dispose() => _files.Root.Close();

    [Fact]
    public void A_live_process_is_read()
    {
        using var victim = Victim.Start("--mib", "8", "--comm", "a name (with) x");
        var buffer = new byte[64];
        var name = _files.Name(victim.Id, buffer);
        Assert.Equal("a name (with) x"u8, buffer.AsSpan(0, (int)name.Value));
        Assert.InRange(_files.Statm(victim.Id).Value * Environment.SystemPageSize, 8 << 20, 12 << 20);
        Assert.InRange(_files.AnonymousPages(victim.Id).Value * Environment.SystemPageSize, 8 << 20, 9 << 20);
        Assert.InRange(_files.OomScore(victim.Id).Value, 0, 2000);
        Assert.InRange(_files.OomScoreAdjustment(victim.Id).Value, -1000, 1000);
        Assert.True(_files.InodeOf(victim.Id, "/ns/pid\0"u8).Value > 0);
        Assert.Equal(_files.InodeOf(Environment.ProcessId, "/ns/pid\0"u8), _files.InodeOf(victim.Id, "/ns/pid\0"u8));

        var threads = _files.OpenThreads(victim.Id);
        Assert.True(threads.Succeeded);
        new FileDescriptor((int)threads.Value).Close();
    }

    [Fact]
    public void A_zombie_has_a_name_but_no_memory_and_no_executable()
    {
        using var victim = Victim.Start("--mib", "8");
        victim.Pidfd.Kill();
        Assert.True(victim.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
        Assert.True(_files.Name(victim.Id, new byte[64]).Succeeded);
        Assert.Equal(SyscallResult.Of(0), _files.Statm(victim.Id));
        Assert.Equal(SyscallResult.Of(0), _files.OomScore(victim.Id));
        Assert.Equal(Errno.ENOENT, _files.InodeOf(victim.Id, "/exe\0"u8).Error);
    }

    [Fact]
    public void A_kernel_thread_has_no_executable()
    {
        Requires.Root();
        if (!File.Exists("/proc/2/comm") || File.ReadAllText("/proc/2/comm") != "kthreadd\n")
        {
            Assert.Skip("needs to see kernel threads: this is a PID namespace of its own");
        }

        Assert.Equal(Errno.ENOENT, _files.InodeOf(2, "/exe\0"u8).Error);
    }

    [Fact]
    public void One_that_is_gone_is_gone_for_every_file()
    {
        using var victim = Victim.Start();
        victim.Pidfd.Kill();
        victim.WaitAndReap();
        Assert.True(_files.Name(victim.Id, new byte[64]).Error.IsGone);
        Assert.True(_files.Statm(victim.Id).Error.IsGone);
        Assert.True(_files.OomScore(victim.Id).Error.IsGone);
        Assert.True(_files.OomScoreAdjustment(victim.Id).Error.IsGone);
        Assert.True(_files.OpenThreads(victim.Id).Error.IsGone);
        Assert.True(_files.InodeOf(victim.Id, "/exe\0"u8).Error.IsGone);
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        var buffer = new byte[64];
        var allocated = -1L;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            _ = _files.Name(1, buffer);
            _ = _files.Statm(1);
            _ = _files.OomScore(1);
            _ = _files.OomScoreAdjustment(1);
            _ = _files.InodeOf(1, "/exe\0"u8);
            _ = _files.Name(int.MaxValue, buffer);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }
}
