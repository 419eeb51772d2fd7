using System.Text;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Victims;

namespace NodeReaper.Kernel.Tests.Injection;

/// <summary>Runs commands under tests/victims/inject.c.</summary>
internal static class Injected
{
    /// <summary>The program that makes system calls by hand (tests/victims/call.c).</summary>
    internal static string Call { get; } = Beside("call");

    /// <summary>Runs a command to its end.</summary>
    /// <param name="options">What inject is told.</param>
    /// <param name="command">The command.</param>
    /// <returns>The status as waitpid gives it, and the lines that it printed.</returns>
    internal static (int Status, string[] Lines) Run(string options, params string[] command)
    {
        var (id, output) = Spawn.Start(Beside("inject"), [.. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--", .. command]);
        var process = new Pidfd(new FileDescriptor((int)Pidfd.Open(id).Value));
        var hasEnded = process.WaitForExit(Eventually.TimeoutMilliseconds);
        process.Close();
        Spawn.KillGroup(id);
        var status = Spawn.Reap(id);
        var said = new byte[1 << 16];
        var length = (int)output.ReadToEnd(said);
        output.Close();
        Assert.True(hasEnded, $"inject {options} did not end: {string.Join(' ', command)}");
        return (status, Encoding.UTF8.GetString(said, 0, length).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Makes system calls in turn; it ends well.</summary>
    /// <returns>What each answered, such as <c>mrelease EBADF</c>.</returns>
    internal static string[] Calls(string options, params string[] steps)
    {
        var (status, lines) = Run(options, [Call, .. steps]);
        Assert.Equal(0, status);
        return lines;
    }

    private static string Beside(string program) => Path.Combine(Path.GetDirectoryName(Victim.ProgramPath)!, program);

    private static long ReadToEnd(this FileDescriptor output, Span<byte> buffer)
    {
        var length = 0;
        while (output.Read(buffer[length..]) is { Succeeded: true, Value: > 0 } read)
        {
            length += (int)read.Value;
        }

        return length;
    }
}
