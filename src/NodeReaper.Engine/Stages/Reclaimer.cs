using System.Buffers.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Stages;

/// <summary>
/// Has the kernel reclaim from one container at a time (memory.reclaim, Linux 5.19). A write there returns when it is done, however long
/// the disk takes, so a thread of its own does it, in small pieces.
/// </summary>
public sealed class Reclaimer : IDisposable
{
    private const long PieceBytes = 8L << 20;

    private readonly WakeUp _wanted = new();
    private readonly MemoryUseReader _reader = new();
    private readonly byte[] _number = new byte[64];
    private readonly KillErrors _errors;
    private CgroupDirectory _cgroup = CgroupDirectory.None;
    private long _wantedBytes;
    private long _reclaimedBytes;
    private volatile bool _isBusy;
    private volatile bool _isStopping;
    private bool _isStarted;
    private bool _hasResult;
    private bool _takesSwappiness = true;

    /// <summary>Makes one; its thread starts with the first wish.</summary>
    /// <param name="errors">Counts errors.</param>
    public Reclaimer(KillErrors errors) => _errors = errors;

    private static ReadOnlySpan<byte> OnlySwap => " swappiness=200"u8;

    /// <summary>True while it reclaims.</summary>
    public bool IsBusy => _isBusy;

    /// <summary>Begins to reclaim from a container; not while <see cref="IsBusy"/>.</summary>
    /// <param name="cgroup">Its cgroup.</param>
    /// <param name="bytes">How much, in bytes.</param>
    /// <returns>ENOENT or ENODEV: it is gone; EMFILE.</returns>
    public Errno Begin(CgroupDirectory cgroup, long bytes)
    {
        // A descriptor of its own: the container may go meanwhile.
        var own = cgroup.OpenChild(".\0"u8, out var error);
        if (!own.IsOpen)
        {
            return _errors.Note(KillCall.Reclaim, error);
        }

        _cgroup = own;
        _wantedBytes = bytes;
        _hasResult = true;
        _isBusy = true;
        if (!_isStarted)
        {
            _isStarted = true;
            new Thread(Work) { IsBackground = true, Name = "reclaim" }.Start();
        }

        _wanted.Raise();
        return Errno.None;
    }

    /// <summary>Takes the result of the last wish, once.</summary>
    /// <param name="bytes">By how much what the container has but page cache shrank, in bytes.</param>
    /// <returns>False while there is none.</returns>
    public bool TryTakeResult(out long bytes)
    {
        bytes = _reclaimedBytes;
        if (_isBusy || !_hasResult)
        {
            return false;
        }

        _hasResult = false;
        return true;
    }

    /// <summary>Ends the thread after its piece. One that is stuck in the kernel ends with the process.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _wanted.Raise();
    }

    private void Work()
    {
        while (!_isStopping)
        {
            if (_wanted.Wait(-1) && _isBusy)
            {
                _reclaimedBytes = Reclaim();
                _cgroup.Close();
                _isBusy = false;
            }
        }
    }

    private long Reclaim()
    {
        _ = _reader.Read(_cgroup, out var before);
        for (var left = _wantedBytes; left > 0 && !_isStopping; left -= PieceBytes)
        {
            var error = _cgroup.WriteFile("memory.reclaim\0"u8, Piece(Math.Min(left, PieceBytes)));
            if (error == Errno.EINVAL && _takesSwappiness)
            {
                _takesSwappiness = false;
                left += PieceBytes;
                continue;
            }

            // EAGAIN: there was less to be had.
            if (!error.IsNone)
            {
                _ = error == Errno.EAGAIN ? error : _errors.Note(KillCall.Reclaim, error);
                break;
            }
        }

        // Page cache was available before.
        return _reader.Read(_cgroup, out var after).IsNone ? Math.Max(0, before.Anon + before.Shmem - after.Anon - after.Shmem) : 0;
    }

    // What is to be swapped out, and not page cache in its place: before Linux 6.11 that cannot be asked for.
    private ReadOnlySpan<byte> Piece(long bytes)
    {
        _ = Utf8Formatter.TryFormat(bytes, _number, out var length);
        if (_takesSwappiness)
        {
            OnlySwap.CopyTo(_number.AsSpan(length));
            length += OnlySwap.Length;
        }

        return _number.AsSpan(0, length);
    }
}
