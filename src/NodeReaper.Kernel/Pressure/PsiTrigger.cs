using System.Text;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Kernel.Pressure;

/// <summary>Which share of stalled tasks a PSI trigger counts (Documentation/accounting/psi.rst).</summary>
public enum PsiKind
{
    /// <summary>Time in which at least one task waited for memory.</summary>
    Some,

    /// <summary>Time in which all non-idle tasks waited at once.</summary>
    Full,
}

/// <summary>
/// A kernel-side alarm on memory stall: an open pressure file with a threshold written to it, which then reports
/// POLLPRI at most once a window (Documentation/accounting/psi.rst).
/// </summary>
public sealed class PsiTrigger : IDisposable
{
    /// <summary>The shortest window that the kernel takes, in microseconds.</summary>
    public const int MinWindowMicroseconds = 500_000;

    /// <summary>The longest window that the kernel takes, in microseconds.</summary>
    public const int MaxWindowMicroseconds = 10_000_000;

    private PsiTrigger(FileDescriptor descriptor) => Descriptor = descriptor;

    /// <summary>What to wait for with POLLPRI.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Opens a pressure file and sets the threshold.</summary>
    /// <param name="path">Such as <c>/proc/pressure/memory</c> or a cgroup's <c>memory.pressure</c>.</param>
    /// <param name="kind">Some or full.</param>
    /// <param name="stallMicroseconds">Stall time within a window that raises the alarm; above 0, at most the window.</param>
    /// <param name="windowMicroseconds">500,000 to 10,000,000 (without CAP_SYS_RESOURCE, a multiple of 2,000,000).</param>
    /// <param name="error">
    /// EOPNOTSUPP: PSI is off (boot with psi=1). ENOENT: no such file. EINVAL: the kernel refused the numbers.
    /// EACCES or EPERM: not allowed.
    /// </param>
    /// <returns>The trigger, or null with the error.</returns>
    public static PsiTrigger? Open(string path, PsiKind kind, int stallMicroseconds, int windowMicroseconds, out Errno error)
    {
        var descriptor = FileDescriptor.OpenReadWrite(path, out error);
        if (!descriptor.IsOpen)
        {
            return null;
        }

        // The zero byte at the end is part of what the kernel documents.
        var threshold = $"{(kind == PsiKind.Some ? "some" : "full")} {stallMicroseconds} {windowMicroseconds}\0";
        error = descriptor.Write(Encoding.ASCII.GetBytes(threshold)).Error;
        if (error.IsNone)
        {
            return new PsiTrigger(descriptor);
        }

        descriptor.Close();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Close();
}
