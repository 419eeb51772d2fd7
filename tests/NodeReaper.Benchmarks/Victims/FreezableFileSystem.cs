using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks.Victims;

/// <summary>A file system that can be frozen: who writes to it sleeps uninterruptibly (D) until it thaws.</summary>
/// <param name="mountPoint">Where it is mounted.</param>
internal sealed class FreezableFileSystem(string mountPoint)
{
    private const string Program = "/sbin/fsfreeze";
    private const int TimeoutMilliseconds = 30_000;
    private bool _isFrozen;

    /// <summary>A file in it, for a victim to write to.</summary>
    internal string File => Path.Combine(mountPoint, "victim");

    internal void Freeze()
    {
        Run("-f");
        _isFrozen = true;
    }

    internal void Thaw()
    {
        if (_isFrozen)
        {
            _isFrozen = false;
            Run("-u");
        }
    }

    private void Run(string option)
    {
        using var program = ChildProcess.Start(Program, option, mountPoint);
        var opened = Pidfd.Open(program.Id);
        var process = new Pidfd(new FileDescriptor((int)opened.Value));
        _ = process.WaitForExit(TimeoutMilliseconds);
        process.Close();
    }
}
