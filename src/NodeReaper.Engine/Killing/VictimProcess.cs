using System.Runtime.CompilerServices;
using System.Text;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>One process of a victim, and what became of each step. Lives in an array made once.</summary>
public struct VictimProcess
{
    private NameBytes _name;
    private int _nameLength;

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

    /// <summary>
    /// The release, in one word, so that a reaper thread that comes too late can neither overwrite nor half-write it:
    /// below 0, pending in that round; else the attempts in the upper half and the errno in the lower.
    /// </summary>
    public long ReleaseState;

    /// <summary>When it was seen dead, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0: it was not.</summary>
    public long DeadAt;

    /// <summary>The OOM killer's score, when it was asked for: larger processes have a higher one.</summary>
    public int Score;

    /// <summary>True once the release has come to an end, or was not asked for.</summary>
    public readonly bool IsReleased => ReleaseState >= 0;

    /// <summary>What the last process_mrelease said.</summary>
    public readonly Errno ReleaseError => IsReleased ? new Errno((int)(uint)ReleaseState) : Errno.ETIMEDOUT;

    /// <summary>How often process_mrelease was called; 0: not at all, or still within the first call.</summary>
    public readonly int ReleaseAttempts => IsReleased ? (int)(ReleaseState >> 32) : 0;

    /// <summary>The name (/proc/PID/comm).</summary>
    public readonly string Name => Encoding.UTF8.GetString(((ReadOnlySpan<byte>)_name)[.._nameLength]);

    internal void SetName(ReadOnlySpan<byte> name)
    {
        _nameLength = Math.Min(name.Length, NameBytes.Length);
        name[.._nameLength].CopyTo(_name);
    }

    // The kernel's TASK_COMM_LEN.
    [InlineArray(Length)]
    private struct NameBytes
    {
        internal const int Length = 16;
        private byte _first;
    }
}
