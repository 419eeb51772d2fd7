namespace NodeReaper.Kernel.Syscalls;

/// <summary>
/// A kernel error number (errno.h), or 0 for success. The kill path passes these as values: a process that is
/// gone (<see cref="ESRCH"/>) is a normal answer there, not an exception.
/// </summary>
/// <param name="Value">The positive error number; 0 means success.</param>
public readonly record struct Errno(int Value)
{
    /// <summary>Success.</summary>
    public static readonly Errno None;

    /// <summary>Operation not permitted.</summary>
    public static readonly Errno EPERM = new(1);

    /// <summary>No such file or directory.</summary>
    public static readonly Errno ENOENT = new(2);

    /// <summary>No such process: for process_mrelease, every thread has dropped its mm.</summary>
    public static readonly Errno ESRCH = new(3);

    /// <summary>Interrupted by a signal.</summary>
    public static readonly Errno EINTR = new(4);

    /// <summary>Input/output error.</summary>
    public static readonly Errno EIO = new(5);

    /// <summary>Bad file descriptor.</summary>
    public static readonly Errno EBADF = new(9);

    /// <summary>No child to wait for.</summary>
    public static readonly Errno ECHILD = new(10);

    /// <summary>Try again: for process_mrelease, the reap was incomplete.</summary>
    public static readonly Errno EAGAIN = new(11);

    /// <summary>Out of memory.</summary>
    public static readonly Errno ENOMEM = new(12);

    /// <summary>Permission denied.</summary>
    public static readonly Errno EACCES = new(13);

    /// <summary>Device or resource busy.</summary>
    public static readonly Errno EBUSY = new(16);

    /// <summary>File exists.</summary>
    public static readonly Errno EEXIST = new(17);

    /// <summary>No such device: for an open cgroup file, the cgroup has been removed.</summary>
    public static readonly Errno ENODEV = new(19);

    /// <summary>Not a directory.</summary>
    public static readonly Errno ENOTDIR = new(20);

    /// <summary>Invalid argument: for process_mrelease, the task, or one that shares its mm, is not dying.</summary>
    public static readonly Errno EINVAL = new(22);

    /// <summary>Too many open files in the whole system.</summary>
    public static readonly Errno ENFILE = new(23);

    /// <summary>No data: there is no extended attribute of that name.</summary>
    public static readonly Errno ENODATA = new(61);

    /// <summary>Too many open files.</summary>
    public static readonly Errno EMFILE = new(24);

    /// <summary>No space left on device.</summary>
    public static readonly Errno ENOSPC = new(28);

    /// <summary>Read-only file system.</summary>
    public static readonly Errno EROFS = new(30);

    /// <summary>The kernel does not have the system call.</summary>
    public static readonly Errno ENOSYS = new(38);

    /// <summary>Too many links: here, one that was not to be followed.</summary>
    public static readonly Errno ELOOP = new(40);

    /// <summary>Value too large: here, a file longer than the buffer that was to hold it.</summary>
    public static readonly Errno EOVERFLOW = new(75);

    /// <summary>Not supported: for PSI files, the kernel was booted without psi=1.</summary>
    public static readonly Errno EOPNOTSUPP = new(95);

    /// <summary>Timed out.</summary>
    public static readonly Errno ETIMEDOUT = new(110);

    /// <summary>True when there was no error.</summary>
    public bool IsNone => Value == 0;

    /// <summary>True when what the call asked about is gone: a process, or a cgroup that vanished under it.</summary>
    public bool IsGone => this == ENOENT || this == ESRCH || this == ENODEV;

    /// <summary>The name as errno.h has it, such as <c>ESRCH</c>; <c>OK</c> for success; <c>E999</c> for one without a name here.</summary>
    public string Name => Value switch
    {
        0 => "OK",
        1 => nameof(EPERM),
        2 => nameof(ENOENT),
        3 => nameof(ESRCH),
        4 => nameof(EINTR),
        5 => nameof(EIO),
        9 => nameof(EBADF),
        10 => nameof(ECHILD),
        11 => nameof(EAGAIN),
        12 => nameof(ENOMEM),
        13 => nameof(EACCES),
        16 => nameof(EBUSY),
        17 => nameof(EEXIST),
        19 => nameof(ENODEV),
        61 => nameof(ENODATA),
        20 => nameof(ENOTDIR),
        22 => nameof(EINVAL),
        23 => nameof(ENFILE),
        24 => nameof(EMFILE),
        28 => nameof(ENOSPC),
        30 => nameof(EROFS),
        38 => nameof(ENOSYS),
        40 => nameof(ELOOP),
        75 => nameof(EOVERFLOW),
        95 => nameof(EOPNOTSUPP),
        110 => nameof(ETIMEDOUT),
        _ => $"E{Value}",
    };

    /// <inheritdoc/>
    public override string ToString() => Name;
}
