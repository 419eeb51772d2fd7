using System.Text;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Kernel.Tests.Cgroups;

public class CgroupDirectoryTests
{
    [Fact]
    public void A_value_is_read_and_max_is_no_limit()
    {
        using var cgroup = TestCgroup.Make();
        Assert.Equal(Errno.None, cgroup.Directory.ReadValue("cgroup.max.depth\0"u8, out var value));
        Assert.Equal(long.MaxValue, value);
        Assert.Equal(Errno.None, cgroup.Directory.WriteFile("cgroup.max.depth\0"u8, "7"u8));
        Assert.Equal(Errno.None, cgroup.Directory.ReadValue("cgroup.max.depth\0"u8, out value));
        Assert.Equal(7, value);
    }

    [Fact]
    public void What_is_no_value_is_EINVAL_and_what_is_not_there_is_ENOENT()
    {
        using var cgroup = TestCgroup.Make();
        Assert.Equal(Errno.EINVAL, cgroup.Directory.ReadValue("cgroup.events\0"u8, out _));
        Assert.Equal(Errno.ENOENT, cgroup.Directory.ReadValue("memory.nonsense\0"u8, out _));
        Assert.Equal(Errno.ENOENT, cgroup.Directory.WriteFile("memory.nonsense\0"u8, "1"u8));
        Assert.Equal(Errno.EINVAL, cgroup.Directory.WriteFile("cgroup.max.depth\0"u8, "nonsense"u8));
        Assert.Equal(Errno.EOVERFLOW, cgroup.Directory.ReadFile("cgroup.events\0"u8, new byte[4]).Error);
    }

    [Fact]
    public void The_directories_below_are_walked_with_their_inodes_and_files_are_not()
    {
        using var cgroup = TestCgroup.Make();
        var expected = new Dictionary<string, long>();
        for (var i = 0; i < 100; i++)
        {
            var name = $"below-with-a-name-that-is-not-short-{i}";
            Directory.CreateDirectory(Path.Combine(cgroup.Path, name));
            expected[name] = cgroup.Directory.Descriptor.InodeAt(Encoding.UTF8.GetBytes(name + '\0')).Value;
        }

        var found = new Dictionary<string, long>();
        var walked = CgroupDirectory.Open(cgroup.Path, out _);
        var children = new ChildDirectories(walked.Descriptor, stackalloc byte[512]);
        while (children.MoveNext())
        {
            found.Add(Encoding.UTF8.GetString(children.Name), children.Inode);
            Assert.Equal(0, children.NullTerminatedName[^1]);
        }

        walked.Close();
        Assert.Equal(Errno.None, children.Error);
        Assert.Equal(expected, found);
        Assert.All(found.Values, inode => Assert.True(inode > 0));
    }

    [Fact]
    public void Walking_allocates_nothing()
    {
        using var cgroup = TestCgroup.Make();
        Directory.CreateDirectory(Path.Combine(cgroup.Path, "below"));
        Span<byte> buffer = stackalloc byte[512];
        var allocated = -1L;
        for (var round = 0; round < 3; round++)
        {
            var walked = CgroupDirectory.Open(cgroup.Path, out _);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var children = new ChildDirectories(walked.Descriptor, buffer);
            while (children.MoveNext())
            {
                var child = walked.OpenChild(children.NullTerminatedName, out _);
                _ = child.ReadValue("cgroup.max.depth\0"u8, out _);
                child.Close();
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            walked.Close();
        }

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void A_walk_of_what_is_no_directory_says_so()
    {
        var file = FileDescriptor.OpenRead("/proc/self/stat", out _);
        var children = new ChildDirectories(file, stackalloc byte[512]);
        Assert.False(children.MoveNext());
        Assert.Equal(Errno.ENOTDIR, children.Error);
        file.Close();
    }
}
