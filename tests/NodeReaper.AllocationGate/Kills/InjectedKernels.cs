using System.Text;
using NodeReaper.Kernel.Processes;

namespace NodeReaper.AllocationGate.Kills;

/// <summary>The same kills under the answers of other kernels: this program again, under tests/victims/inject.</summary>
internal static class InjectedKernels
{
    internal const uint ExpediteFlag = 0x1000;
    private const string ActionsFile = "/proc/sys/kernel/seccomp/actions_avail";
    private static readonly string[] s_calls = ["process_mrelease", "pidfd_send_signal", "ptrace"];
    private static readonly string[] s_errors = ["EAGAIN", "EINTR", "ENOSYS", "EBADF", "EPERM", "ENOMEM"];

    // Every second time, where the victim would stay, or this program hang, if it never succeeded.
    private static readonly (string Call, string Error)[] s_others =
    [
        ("pidfd_open", "EMFILE"), ("pidfd_open", "ENOMEM"), ("pidfd_open", "EPERM"), ("pidfd_open", "ENOSYS"), ("pidfd_open", "ESRCH:1:1000000:2"),
        ("kcmp", "EPERM"), ("kcmp", "ENOSYS"),
        ("wait4", "ECHILD"), ("wait4", "EINVAL"), ("wait4", "EINTR:1:1000000:2"),
        ("ptrace_detach", "EPERM:1:1000000:2"), ("ptrace_detach", "EIO:1:1000000:2"), ("ptrace_detach", "ESRCH:1:1000000:2"),
    ];

    internal static void Run(Tally tally)
    {
        if (!File.Exists(ActionsFile) || !File.ReadAllText(ActionsFile).Contains("user_notif", StringComparison.Ordinal))
        {
            tally.Skip("kills under inject", "needs seccomp user notification: Linux 5.5 with CONFIG_SECCOMP_FILTER");
            return;
        }

        foreach (var call in s_calls)
        {
            foreach (var error in s_errors)
            {
                RunUnder(tally, $"{call}={error}", call, "--fail", $"{call}={error}");
            }
        }

        foreach (var (call, error) in s_others)
        {
            RunUnder(tally, $"{call}={error}", call, "--fail", $"{call}={error}");
        }

        RunUnder(tally, "a kernel that kills and reaps in one call", null, "--reap-kill", "--expedite", $"{ExpediteFlag}");
    }

    private static void RunUnder(Tally tally, string label, string? failing, params string[] options)
    {
        var counts = Path.GetTempFileName();
        try
        {
            // A child of ours has an empty environment, and the JIT's host may need to be told where .NET is.
            using var child = ChildProcess.Start(
                "/usr/bin/env",
                [
                    $"DOTNET_ROOT={Environment.GetEnvironmentVariable("DOTNET_ROOT")}",
                    Place.Of("inject"), .. options, "--count", counts, "--", Place.Self, "--under", label,
                ]);
            var lines = ReadToEnd(child).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            foreach (var line in lines.SkipLast(1))
            {
                tally.Relay(line);
            }

            if (lines is not [.., var last] || !last.StartsWith(Tally.SummaryStart, StringComparison.Ordinal))
            {
                tally.Fail(label, $"the program did not come to its end; last it said: {lines.LastOrDefault()}");
            }
            else if (failing is not null && !WasFailed(failing, File.ReadLines(counts)))
            {
                tally.Fail(label, "not a single call was failed");
            }
        }
        finally
        {
            File.Delete(counts);
        }
    }

    // CALL SEEN FAILED
    private static bool WasFailed(string call, IEnumerable<string> counts) =>
        counts.Any(line => line.StartsWith($"{call} ", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));

    private static string ReadToEnd(ChildProcess child)
    {
        var text = new StringBuilder();
        Span<byte> buffer = stackalloc byte[4096];
        while (child.Output.Read(buffer) is { Succeeded: true, Value: > 0 } read)
        {
            _ = text.Append(Encoding.UTF8.GetString(buffer[..(int)read.Value]));
        }

        return text.ToString();
    }
}
