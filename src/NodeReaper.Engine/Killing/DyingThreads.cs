using System.Buffers.Text;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Gets the threads of a dying process to run, so that its exit is not kept waiting by a CPU quota, a low weight, nice or
/// SCHED_IDLE. Only for a process that is dying for certain: it stays like this.
/// </summary>
public sealed class DyingThreads
{
    // One process must not keep the killer busy: the others of its threads get their turn at the next look.
    private const int MaxThreads = 128;

    private readonly byte[] _entries = new byte[4096];
    private readonly ProcessFiles _proc;
    private readonly KillErrors _errors;

    /// <summary>Makes one.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="errors">Counts errors.</param>
    public DyingThreads(ProcessFiles proc, KillErrors errors)
    {
        _proc = proc;
        _errors = errors;
    }

    /// <summary>Makes every thread of a process urgent.</summary>
    /// <param name="processId">The process.</param>
    /// <returns>False when real time was refused, so that the limits of its cgroup still hold it back.</returns>
    public bool Urge(int processId)
    {
        var opened = _proc.OpenThreads(processId);
        if (!opened.Succeeded)
        {
            return true;
        }

        var isRealTime = true;
        var directory = new FileDescriptor((int)opened.Value);
        var threads = new ChildDirectories(directory, _entries);
        for (var i = 0; i < MaxThreads && threads.MoveNext(); i++)
        {
            if (!Utf8Parser.TryParse(threads.Name, out int threadId, out _))
            {
                continue;
            }

            var error = ThreadUrgency.MakeRealTime(threadId);
            if (!error.IsNone && !error.IsGone)
            {
                _ = _errors.Note(KillCall.Urge, error);
                isRealTime = false;
                error = ThreadUrgency.MakeNice(threadId);
                _ = _errors.Note(KillCall.Urge, error.IsGone ? Errno.None : error);
            }
        }

        directory.Close();
        return isRealTime;
    }
}
