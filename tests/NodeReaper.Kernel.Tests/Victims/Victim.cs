using System.Globalization;
using System.Text;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Tests.Victims;

/// <summary>
/// A running victim (tests/victims/victim.c), a child of the test. It is killed with its whole process group and
/// waited for at the end, whatever the test did.
/// </summary>
internal sealed class Victim : IDisposable
{
    private static readonly Lazy<string> Program = new(() =>
        Tool.Run("bash", "The victim is built by a script.", Path.Combine(RepositoryRoot.Path, "tests", "victims", "build")).Trim());

    private bool _isReaped;

    private Victim(int id)
    {
        Id = id;
        var opened = Pidfd.Open(id);
        Assert.Equal(Errno.None, opened.Error);
        Pidfd = new Pidfd(new FileDescriptor((int)opened.Value));
    }

    /// <summary>The program; what else tests/victims/build makes is beside it.</summary>
    internal static string ProgramPath => Program.Value;

    internal int Id { get; }

    internal Pidfd Pidfd { get; }

    /// <summary>All its threads that are not gone, the first one first.</summary>
    internal int[] Threads => [.. Directory.GetDirectories($"/proc/{Id}/task")
        .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
        .Order()];

    /// <summary>Starts one and waits until all its memory is touched.</summary>
    internal static Victim Start(params string[] options)
    {
        var (id, output) = Spawn.Start(Program.Value, [.. options, "--die-with-parent"]);
        var victim = new Victim(id);
        Span<byte> said = stackalloc byte[16];
        var read = output.Read(said);
        output.Close();
        if (read.Value < 1 || !said.StartsWith("ready\n"u8))
        {
            victim.Dispose();
            Assert.Fail($"the victim did not get ready: {string.Join(' ', options)}");
        }

        return victim;
    }

    /// <summary>The state letter of one of its threads (proc(5), stat): S, R, Z, t … or X when it is gone.</summary>
    internal char State(int threadId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{Id}/task/{threadId}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 'X';
        }
    }

    /// <summary>What is resident of the address space that the thread has; 0 once it has none.</summary>
    internal long ResidentBytes(int threadId)
    {
        var text = File.ReadAllBytes($"/proc/{Id}/task/{threadId}/statm");
        Assert.Equal(ParseOutcome.Ok, ProcessStatm.Parse(text, out var pages));
        return pages * Environment.SystemPageSize;
    }

    /// <summary>Its children, by the first thread.</summary>
    internal int[] Children => [.. File.ReadAllText($"/proc/{Id}/task/{Id}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(id => int.Parse(id, CultureInfo.InvariantCulture))];

    /// <summary>Waits until it reaches its exit stop, or another one.</summary>
    internal void WaitForStop(int threadId) => Eventually.True(() => State(threadId) == 't', $"thread {threadId} stops");

    /// <summary>Lets go of a thread that is on its way to a stop.</summary>
    internal static void LetGo(int threadId)
    {
        var error = Errno.EAGAIN;
        Eventually.True(() => (error = ExitHold.TryLetGo(threadId)) != Errno.EAGAIN, $"thread {threadId} can be let go");
        Assert.Equal(Errno.None, error);
    }

    /// <summary>Waits for its end and takes it out of the process table.</summary>
    /// <returns>The status as waitpid gives it: for a victim of SIGKILL, 9.</returns>
    internal int WaitAndReap()
    {
        Assert.True(Pidfd.WaitForExit(Eventually.TimeoutMilliseconds), $"victim {Id} does not end; its threads: {Describe()}");
        _isReaped = true;
        return Spawn.Reap(Id);
    }

    public void Dispose()
    {
        Spawn.KillGroup(Id);

        // Whoever held it may have taken its exit status, too: then it is gone already.
        if (!_isReaped && Pidfd.Probe() != Errno.ESRCH)
        {
            // Held by this very thread after a failed assertion, it would never end.
            foreach (var thread in Threads)
            {
                if (State(thread) == 't')
                {
                    _ = ExitHold.TryLetGo(thread);
                }
            }

            if (Pidfd.WaitForExit(Eventually.TimeoutMilliseconds))
            {
                _ = Spawn.Reap(Id);
            }
        }

        Pidfd.Close();
    }

    private string Describe()
    {
        var text = new StringBuilder();
        foreach (var thread in Threads)
        {
            text.Append(CultureInfo.InvariantCulture, $"{thread}:{State(thread)} ");
        }

        return text.ToString();
    }
}
