using System.Runtime.CompilerServices;
using System.Text;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>One process of a victim, and what became of each step. Lives in an array made once.</summary>
public struct VictimProcess
{
    /// <summary>The most threads that release one address space together.</summary>
    public const int MaxShares = 4;

    private NameBytes _name;
    private int _nameLength;
    private ReleaseStates _releases;

    /// <summary>The process ID.</summary>
    public int ProcessId;

    /// <summary>The open process.</summary>
    public Pidfd Pidfd;

    /// <summary>The thread that was seized; 0 for none.</summary>
    public int HeldThread;

    /// <summary>What seizing said; <see cref="Errno.None"/> also when it was not tried.</summary>
    public Errno HoldError;

    /// <summary>What the signal said.</summary>
    public Errno SignalError;

    /// <summary>How many threads were to release it; 0: none.</summary>
    public int ReleaseShares;

    /// <summary>When it was seen dead, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0: it was not.</summary>
    public long DeadAt;

    /// <summary>True once every release has come to an end, or none was asked for.</summary>
    public readonly bool IsReleased
    {
        get
        {
            for (var share = 0; share < ReleaseShares; share++)
            {
                if (Volatile.Read(in _releases[share]) < 0)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>What process_mrelease said: success if any thread had it, else the first thread's error.</summary>
    public readonly Errno ReleaseError
    {
        get
        {
            if (!IsReleased)
            {
                return Errno.ETIMEDOUT;
            }

            for (var share = 1; share < ReleaseShares; share++)
            {
                if (ErrorOf(_releases[share]).IsNone)
                {
                    return Errno.None;
                }
            }

            return ErrorOf(_releases[0]);
        }
    }

    /// <summary>How often process_mrelease was called, by the thread that had to call it most; 0: not at all, or still within the first call.</summary>
    public readonly int ReleaseAttempts
    {
        get
        {
            var attempts = 0;
            for (var share = 0; share < ReleaseShares; share++)
            {
                attempts = (int)Math.Max(attempts, _releases[share] >> 32);
            }

            return attempts;
        }
    }

    /// <summary>The name (/proc/PID/comm).</summary>
    public readonly string Name => Encoding.UTF8.GetString(((ReadOnlySpan<byte>)_name)[.._nameLength]);

    internal void SetName(ReadOnlySpan<byte> name)
    {
        _nameLength = Math.Min(name.Length, NameBytes.Length);
        name[.._nameLength].CopyTo(_name);
    }

    internal void BeginRelease(int shares, long round)
    {
        for (var share = 0; share < shares; share++)
        {
            Volatile.Write(ref _releases[share], -round);
        }

        ReleaseShares = shares;
    }

    // The result in one word, which a thread that comes too late, in another round, can neither overwrite nor half-write:
    // below 0, pending in that round; else the attempts in the upper half and the errno in the lower.
    internal bool EndRelease(int share, long round, int attempts, Errno error) =>
        Interlocked.CompareExchange(ref _releases[share], ((long)attempts << 32) | (uint)error.Value, -round) == -round;

    private static Errno ErrorOf(long state) => new((int)(uint)state);

    [InlineArray(MaxShares)]
    private struct ReleaseStates
    {
        private long _first;
    }

    // The kernel's TASK_COMM_LEN.
    [InlineArray(Length)]
    private struct NameBytes
    {
        internal const int Length = 16;
        private byte _first;
    }
}
