using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Kernel.Tests.Syscalls;

/// <summary>Errors of files are values: nothing here throws for what the file system says.</summary>
public sealed class FileDescriptorTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nodereaper-files-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_file_that_is_not_there_is_ENOENT()
    {
        var missing = Path.Combine(_directory.FullName, "missing");
        Assert.False(FileDescriptor.OpenRead(missing, out var error).IsOpen);
        Assert.Equal(Errno.ENOENT, error);
        Assert.False(FileDescriptor.OpenReadWrite(missing, out error).IsOpen);
        Assert.Equal(Errno.ENOENT, error);

        var directory = OpenDirectory();
        Assert.Equal(SyscallResult.Failed(Errno.ENOENT), directory.OpenReadAt("missing\0"u8));
        Assert.Equal(SyscallResult.Failed(Errno.ENOENT), directory.OpenWriteAt("missing\0"u8));
        Assert.Equal(SyscallResult.Failed(Errno.ENOENT), directory.OpenDirectoryAt("missing\0"u8));
        directory.Close();
    }

    [Fact]
    public void A_file_in_the_place_of_a_directory_is_ENOTDIR()
    {
        var file = Write("file", "x"u8);
        Assert.False(FileDescriptor.OpenDirectory(file, out var error).IsOpen);
        Assert.Equal(Errno.ENOTDIR, error);
        Assert.False(FileDescriptor.OpenRead(Path.Combine(file, "below"), out error).IsOpen);
        Assert.Equal(Errno.ENOTDIR, error);
    }

    [Fact]
    public void A_link_is_not_followed_where_it_is_not_to_be()
    {
        var file = Write("file", "x"u8);
        var link = Path.Combine(_directory.FullName, "link");
        File.CreateSymbolicLink(link, file);
        Assert.False(FileDescriptor.OpenWriteNoFollow(link, out var error).IsOpen);
        Assert.Equal((Errno.ELOOP, "ELOOP"), (error, error.Name));

        var opened = FileDescriptor.OpenWriteNoFollow(file, out error);
        Assert.True(opened.IsOpen);
        opened.Close();
    }

    [Fact]
    public void No_descriptor_is_EBADF_and_closing_it_does_nothing()
    {
        var none = FileDescriptor.None;
        Span<byte> buffer = stackalloc byte[8];
        Assert.False(none.IsOpen);
        Assert.Equal(Errno.EBADF, none.Read(buffer).Error);
        Assert.Equal(Errno.EBADF, none.ReadAt(buffer, 0).Error);
        Assert.Equal(Errno.EBADF, none.ReadWhole(buffer).Error);
        Assert.Equal(Errno.EBADF, none.Write("x"u8).Error);
        Assert.Equal(Errno.EBADF, none.OpenReadAt("x\0"u8).Error);
        none.Close();
    }

    [Fact]
    public void A_file_open_for_reading_takes_no_writing()
    {
        var file = FileDescriptor.OpenRead(Write("file", "x"u8), out _);
        Assert.Equal(SyscallResult.Failed(Errno.EBADF), file.Write("y"u8));
        file.Close();
    }

    [Fact]
    public void A_directory_has_no_bytes()
    {
        var directory = OpenDirectory();
        Assert.Equal(21, directory.Read(new byte[8]).Error.Value); // EISDIR has no name here.
        Assert.Equal("E21", directory.Read(new byte[8]).Error.ToString());
        directory.Close();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(100, 101)]
    [InlineData(70_000, 70_001)]
    public void A_file_that_fits_with_a_byte_to_spare_is_read_whole(int length, int bufferLength)
    {
        var content = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        var file = FileDescriptor.OpenRead(Write("file", content), out _);
        var buffer = new byte[bufferLength];
        Assert.Equal(SyscallResult.Of(length), file.ReadWhole(buffer));
        Assert.Equal(content, buffer[..length]);

        // From the start again: pread leaves the offset where it was.
        Assert.Equal(SyscallResult.Of(length), file.ReadWhole(buffer));
        file.Close();
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(100, 100)]
    [InlineData(100, 7)]
    public void A_file_that_may_be_longer_than_the_buffer_is_EOVERFLOW(int length, int bufferLength)
    {
        var file = FileDescriptor.OpenRead(Write("file", new byte[length]), out _);
        Assert.Equal(SyscallResult.Failed(Errno.EOVERFLOW), file.ReadWhole(new byte[bufferLength]));
        file.Close();
    }

    [Fact]
    public void A_file_of_proc_is_read_whole_in_many_small_steps()
    {
        var file = FileDescriptor.OpenRead("/proc/filesystems", out _);
        var expected = File.ReadAllBytes("/proc/filesystems");
        var buffer = new byte[expected.Length + 1];
        Assert.Equal(SyscallResult.Of(expected.Length), file.ReadWhole(buffer));
        Assert.Equal(expected, buffer[..^1]);
        file.Close();
    }

    [Fact]
    public void What_was_written_through_a_directory_is_read_through_it()
    {
        Write("file", "old"u8);
        var directory = OpenDirectory();
        var written = new FileDescriptor((int)directory.OpenWriteAt("file\0"u8).Value);
        Assert.Equal(SyscallResult.Of(3), written.Write("new"u8));
        written.Close();

        var read = new FileDescriptor((int)directory.OpenReadAt("file\0"u8).Value);
        var buffer = new byte[8];
        Assert.Equal(SyscallResult.Of(3), read.Read(buffer));
        Assert.Equal("new"u8, buffer.AsSpan(0, 3));
        Assert.Equal(SyscallResult.Of(0), read.Read(buffer));
        read.Close();
        directory.Close();
    }

    [Fact]
    public void A_name_without_its_zero_byte_is_a_defect_of_the_caller()
    {
        Assert.Throws<ArgumentException>(() => FileDescriptor.None.OpenReadAt("name"u8));
        Assert.Throws<ArgumentException>(() => FileDescriptor.None.InodeAt("name"u8));
    }

    [Fact]
    public void An_inode_is_that_of_what_a_link_leads_to()
    {
        Write("file", "x"u8);
        File.CreateSymbolicLink(Path.Combine(_directory.FullName, "link"), "file");
        var directory = OpenDirectory();
        Assert.True(directory.InodeAt("file\0"u8).Value > 0);
        Assert.Equal(directory.InodeAt("file\0"u8), directory.InodeAt("link\0"u8));
        Assert.Equal(SyscallResult.Failed(Errno.ENOENT), directory.InodeAt("missing\0"u8));
        directory.Close();
    }

    [Fact]
    public void A_descriptor_is_not_inherited()
    {
        var file = FileDescriptor.OpenRead(Write("file", "x"u8), out _);
        var flags = File.ReadAllLines($"/proc/self/fdinfo/{file.Number}").Single(line => line.StartsWith("flags:", StringComparison.Ordinal));
        Assert.NotEqual(0, Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & KernelConstants.O_CLOEXEC);
        file.Close();
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        Write("file", "some content"u8);
        var directory = OpenDirectory();
        Span<byte> buffer = stackalloc byte[64];
        var allocated = -1L;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var file = new FileDescriptor((int)directory.OpenReadAt("file\0"u8).Value);
            _ = file.ReadWhole(buffer);
            _ = file.Write("x"u8);
            file.Close();
            _ = directory.OpenReadAt("missing\0"u8);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        directory.Close();
        Assert.Equal(0, allocated);
    }

    private FileDescriptor OpenDirectory()
    {
        var directory = FileDescriptor.OpenDirectory(_directory.FullName, out var error);
        Assert.Equal(Errno.None, error);
        return directory;
    }

    private string Write(string name, ReadOnlySpan<byte> content)
    {
        var path = Path.Combine(_directory.FullName, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
