using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Agent.Kill;

/// <summary>Who started this program, and who started them: the shell, the sudo and the sshd of whoever asks for a kill.</summary>
internal static class Callers
{
    // Nobody's shell is deeper; a parent that changes while it is read must not keep us here.
    private const int Most = 64;

    /// <summary>Their process IDs, the nearest first; PID 1 and those of another PID namespace are not among them.</summary>
    /// <param name="proc">The proc file system.</param>
    internal static int[] Of(ProcessFiles proc)
    {
        var callers = new List<int>();
        var parent = proc.Parent(Environment.ProcessId);
        while (parent is { Succeeded: true, Value: > 1 } && callers.Count < Most)
        {
            callers.Add((int)parent.Value);
            parent = proc.Parent((int)parent.Value);
        }

        return [.. callers];
    }
}
