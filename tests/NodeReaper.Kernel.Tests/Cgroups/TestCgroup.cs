using System.Globalization;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Victims;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Cgroups;

/// <summary>A cgroup of the test's own. All in it is killed and it is removed, with those below it, whatever the test did.</summary>
internal sealed class TestCgroup : IDisposable
{
    private static int _count;

    private TestCgroup(string path)
    {
        Path = path;
        System.IO.Directory.CreateDirectory(path);
        Directory = CgroupDirectory.Open(path, out var error);
        Assert.Equal(Errno.None, error);
    }

    internal string Path { get; }

    internal CgroupDirectory Directory { get; }

    internal CgroupEvents Events => EventsOf(Directory);

    internal static TestCgroup Make()
    {
        Requires.Root();
        var mount = Requires.Cgroup2Mount();
        return new TestCgroup($"{mount}/nodereaper-test-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
    }

    internal List<int> ProcessIds()
    {
        var buffer = new byte[1 << 16];
        var read = Directory.ReadFile("cgroup.procs\0"u8, buffer);
        Assert.Equal(Errno.None, read.Error);
        var lines = new ProcessIdLines(buffer.AsSpan(0, (int)read.Value));
        var ids = new List<int>();
        while (lines.TryNext(out var id))
        {
            ids.Add(id);
        }

        Assert.True(lines.Outcome is ParseOutcome.Ok or ParseOutcome.Empty);
        return ids;
    }

    internal void WaitUntilEmpty() => WaitUntilEmpty(Directory);

    public void Dispose()
    {
        Directory.Close();

        // A test may have removed the cgroup, and made another one of the same name.
        var left = CgroupDirectory.Open(Path, out _);
        if (left.IsOpen)
        {
            left.Kill();
            LetGoOfAll();
            WaitUntilEmpty(left);
            left.Close();
            Remove(Path);
        }
    }

    // After a failed assertion this thread may still hold some of them, and then they would never end.
    private void LetGoOfAll()
    {
        foreach (var line in File.ReadLines(System.IO.Path.Combine(Path, "cgroup.threads")))
        {
            var threadId = int.Parse(line, CultureInfo.InvariantCulture);
            if (IsHeldByThisThread(threadId))
            {
                Victim.LetGo(threadId);
            }
        }
    }

    private static bool IsHeldByThisThread(int threadId)
    {
        try
        {
            var self = System.IO.Path.GetFileName(File.ResolveLinkTarget("/proc/thread-self", returnFinalTarget: false)!.FullName);
            return File.ReadLines($"/proc/{threadId}/status").Contains($"TracerPid:\t{self}");
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void WaitUntilEmpty(CgroupDirectory directory)
    {
        try
        {
            Eventually.True(() => !EventsOf(directory).Populated, $"{Path} is empty");
        }
        catch (Xunit.Sdk.TrueException e)
        {
            var states = Directories().SelectMany(path => File.ReadLines(System.IO.Path.Combine(path, "cgroup.threads")))
                .Select(id => $"{id}: {File.ReadAllText($"/proc/{id}/stat").Trim()} {File.ReadAllText($"/proc/{id}/wchan")}");
            Assert.Fail($"{e.Message}\n{string.Join('\n', states)}");
        }
    }

    private IEnumerable<string> Directories() => System.IO.Directory.GetDirectories(Path, "*", SearchOption.AllDirectories).Append(Path);

    private static CgroupEvents EventsOf(CgroupDirectory directory)
    {
        Span<byte> buffer = stackalloc byte[256];
        var read = directory.ReadFile("cgroup.events\0"u8, buffer);
        Assert.Equal(Errno.None, read.Error);
        Assert.Equal(ParseOutcome.Ok, CgroupEvents.Parse(buffer[..(int)read.Value], out var events));
        return events;
    }

    // Not the framework's recursive way: the files of a cgroup cannot be deleted, only the directory.
    private static void Remove(string path)
    {
        foreach (var below in System.IO.Directory.GetDirectories(path))
        {
            Remove(below);
        }

        System.IO.Directory.Delete(path);
    }
}
