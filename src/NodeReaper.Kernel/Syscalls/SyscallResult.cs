using System.Runtime.InteropServices;

namespace NodeReaper.Kernel.Syscalls;

/// <summary>What a system call returned: a value, or an <see cref="Errno"/>. Never both.</summary>
public readonly record struct SyscallResult
{
    private SyscallResult(long value, Errno error)
    {
        Value = value;
        Error = error;
    }

    /// <summary>The value; meaningful only when <see cref="Succeeded"/>.</summary>
    public long Value { get; }

    /// <summary>The error; <see cref="Errno.None"/> when the call succeeded.</summary>
    public Errno Error { get; }

    /// <summary>True when there was no error.</summary>
    public bool Succeeded => Error.IsNone;

    /// <summary>A success with this value.</summary>
    public static SyscallResult Of(long value) => new(value, Errno.None);

    /// <summary>A failure with this error.</summary>
    public static SyscallResult Failed(Errno error) => new(-1, error);

    /// <summary>
    /// Takes a raw return value: -1 becomes the errno that the runtime saved right after the call, before a GC
    /// transition could overwrite it.
    /// </summary>
    internal static SyscallResult FromLibc(long returned) =>
        returned == -1 ? Failed(new Errno(Marshal.GetLastPInvokeError())) : Of(returned);
}
