using NodeReaper.Kernel.Processes;

namespace NodeReaper.Benchmarks.Victims;

/// <summary>A victim that has all its memory, with whoever reads its /proc/PID.</summary>
internal sealed class RunningVictim : IDisposable
{
    private const int StartTimeoutMilliseconds = 120_000;
    private readonly ChildProcess _process;
    private readonly List<ChildProcess> _readers;

    private RunningVictim(ChildProcess process, List<ChildProcess> readers)
    {
        _process = process;
        _readers = readers;
    }

    /// <summary>Starts one.</summary>
    /// <param name="program">The victim program.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="group">Its cgroup.</param>
    /// <param name="others">The cgroup of whoever reads its files.</param>
    /// <param name="writtenFile">What it writes to, if that is its shape.</param>
    /// <exception cref="IOException">It did not start.</exception>
    internal static RunningVictim Start(string program, VictimShape shape, VictimGroup group, VictimGroup others, string? writtenFile)
    {
        string[] writer = shape.IsFrozen && writtenFile is not null ? ["--writer", writtenFile] : [];
        var process = ChildProcess.Start(
            program, [.. group.JoinOptions, .. shape.Arguments.Split(' '), "--nice", $"{shape.Nice}", .. writer]);
        if (!process.WaitForLine("ready\n"u8, StartTimeoutMilliseconds))
        {
            process.Dispose();
            throw new IOException($"the victim did not start: {shape.Arguments}");
        }

        var readers = shape.ReadFiles.Select(
            file => ChildProcess.Start(
                program, [.. others.JoinOptions, "--sched-idle", "--die-with-parent", "--reader", $"{process.Id}", file]));
        return new RunningVictim(process, [.. readers]);
    }

    /// <summary>Kills it if it lives still, and waits for its end.</summary>
    public void Dispose()
    {
        _process.Dispose();
        _readers.ForEach(reader => reader.Dispose());
    }
}
