using System.Buffers.Text;
using System.Diagnostics;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Finds processes that share one address space (vfork(2), clone(2) with CLONE_VM): as long as one of them lives, the
/// kernel frees nothing, and process_mrelease answers EINVAL. kcmp(2) waits for a process that is within execve(2), so a
/// thread of its own asks, and whoever wants to know waits for a short while only.
/// </summary>
public sealed class MemorySharers : IDisposable
{
    private const int MaxSharers = 16;
    private const int MaxCandidates = 4096;
    private static readonly long s_patience = Stopwatch.Frequency / 50;

    private readonly WakeUp _wanted = new();
    private readonly WakeUp _answered = new();
    private readonly ProcessFiles _proc;
    private readonly KillErrors _errors;
    private readonly int[] _candidates = new int[MaxCandidates];
    private readonly int[] _found = new int[MaxSharers];
    private readonly int[] _answer = new int[MaxSharers];
    private readonly byte[] _entries = new byte[32768];
    private readonly byte[] _cgroup = new byte[4096];
    private readonly byte[] _otherCgroup = new byte[4096];
    private volatile bool _isBusy;
    private volatile bool _isStopping;
    private int _processId;
    private int _candidateCount;
    private int _foundCount;

    /// <summary>Makes the buffers and starts the thread.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="errors">Counts errors.</param>
    public MemorySharers(ProcessFiles proc, KillErrors errors)
    {
        _proc = proc;
        _errors = errors;
        new Thread(Work) { IsBackground = true, Name = "sharers" }.Start();
    }

    /// <summary>Looks for those that share the address space of a process.</summary>
    /// <param name="processId">The process; alive, or held.</param>
    /// <param name="candidates">Who may; empty: every process of the node.</param>
    /// <returns>At most 16; good until the next search. None also when the answer does not come in time.</returns>
    public ReadOnlySpan<int> Find(int processId, ReadOnlySpan<int> candidates)
    {
        // One without an address space "shares" it with every kernel thread.
        if (_isBusy || !_proc.HasExecutable(processId))
        {
            return [];
        }

        _processId = processId;
        _candidateCount = Math.Min(candidates.Length, MaxCandidates);
        candidates[.._candidateCount].CopyTo(_candidates);
        _answered.Reset();
        _isBusy = true;
        _wanted.Raise();
        var end = Stopwatch.GetTimestamp() + s_patience;
        while (_isBusy && Stopwatch.GetTimestamp() < end)
        {
            _ = _answered.Wait(1);
        }

        if (_isBusy)
        {
            _ = _errors.Note(KillCall.Compare, Errno.ETIMEDOUT);
            return [];
        }

        // A copy: a search that comes too late must not write into what is being read.
        _found.AsSpan(0, _foundCount).CopyTo(_answer);
        return _answer.AsSpan(0, _foundCount);
    }

    /// <summary>True when two processes are in the same cgroup, of every hierarchy.</summary>
    /// <param name="processId">A process.</param>
    /// <param name="otherProcessId">Another.</param>
    public bool AreInOneCgroup(int processId, int otherProcessId)
    {
        var read = _proc.Read(processId, "/cgroup\0"u8, _cgroup);
        var other = _proc.Read(otherProcessId, "/cgroup\0"u8, _otherCgroup);
        return read.Succeeded && other.Succeeded
            && _cgroup.AsSpan(0, (int)read.Value).SequenceEqual(_otherCgroup.AsSpan(0, (int)other.Value));
    }

    /// <summary>Ends the thread.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _wanted.Raise();
    }

    private void Work()
    {
        _ = KillPathThread.Prefer();
        while (!_isStopping)
        {
            _ = _wanted.Wait(-1);
            if (_isBusy)
            {
                _foundCount = 0;
                Search();
                _isBusy = false;
                _answered.Raise();
            }
        }
    }

    private void Search()
    {
        if (_candidateCount > 0)
        {
            foreach (var candidate in _candidates.AsSpan(0, _candidateCount))
            {
                Compare(candidate);
            }

            return;
        }

        var opened = _proc.Root.OpenDirectoryAt(".\0"u8);
        if (!opened.Succeeded)
        {
            return;
        }

        var directory = new FileDescriptor((int)opened.Value);
        var entries = new ChildDirectories(directory, _entries);
        while (entries.MoveNext())
        {
            if (Utf8Parser.TryParse(entries.Name, out int other, out var length) && length == entries.Name.Length)
            {
                Compare(other);
            }
        }

        directory.Close();
    }

    private void Compare(int other)
    {
        if (other == _processId || _foundCount == MaxSharers)
        {
            return;
        }

        var shared = AddressSpaces.AreShared(_processId, other);
        _ = _errors.Note(KillCall.Compare, shared.Error.IsGone ? Errno.None : shared.Error);
        if (shared is { Succeeded: true, Value: 1 })
        {
            _found[_foundCount++] = other;
        }
    }
}
