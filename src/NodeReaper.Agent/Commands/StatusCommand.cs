using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper status</c>: the state of the running agent.</summary>
internal static class StatusCommand
{
    internal static Command Create()
    {
        var socket = ControlOptions.Socket();
        var output = ControlOptions.Output();
        var command = new Command("status", "Say how the running agent is, and what it did last.") { socket, output };
        command.SetAction(async (parsed, _) =>
        {
            if (await AskAsync(parsed.GetValue(socket)!) is not { } status)
            {
                return ExitCode.Failed;
            }

            if (parsed.GetValue(output) is not "text" and { } format)
            {
                ControlOptions.Print(JsonSerializer.SerializeToElement(status, StatusJson.Default.StatusDocument), format);
            }
            else
            {
                Console.Write(TextOf(status));
            }

            return ExitCode.Success;
        });
        return command;
    }

    internal static async Task<StatusDocument?> AskAsync(string socket)
    {
        await using var answer = await ControlClient.AskAsync(socket, "/status");
        if (answer is null)
        {
            Console.Error.WriteLine($"nodereaper: no agent listens on {socket}; is one running here, and are you root?");
            return null;
        }

        return JsonSerializer.Deserialize(answer, StatusJson.Default.StatusDocument);
    }

    internal static string TextOf(StatusDocument status)
    {
        var onceSwapIsSpent = status.SwapToSpareBytes > 0 ? $" once swap is spent, of which {ByteText.Of(status.SwapToSpareBytes)} is left" : "";
        var lines = new List<string>
        {
            string.Create(
                CultureInfo.InvariantCulture,
                $"agent {status.AgentVersion}{(status.Node is null ? "" : $" on {status.Node}")}, up {TimeSpan.FromSeconds(Math.Floor(status.UptimeSeconds)):c}, strategy {status.Strategy}, {ModeText.Of(status.DryRun, status.DryRunNamespaces)}"),
            $"memory     {ByteText.Of(status.AvailableBytes)} available, kills below {ByteText.Of(status.KillBelowBytes)}{onceSwapIsSpent}",
            string.Create(
                CultureInfo.InvariantCulture,
                $"loop       went round {status.LoopAgeSeconds:0.0} s ago; Pods {(status.PodsAgeSeconds is { } age ? $"known as of {age:0} s ago" : "known from their cgroups only")}"),
            $"containers {List(status.Containers)}",
            $"victims    {status.HeldVictims} held, {ByteText.Of(status.PendingReleaseBytes)} still to come back",
            $"reports    {(status.Reports.Count == 0 ? "none" : List(status.Reports))}; {ByteText.Of(status.FreedBytes)} proven back",
        };
        var (needed, needless, missed) = status.DryRunEpisodes;
        if (needed + needless + missed > 0)
        {
            lines.Add($"dry run    false positives {Share(needless, needed + needless)}: told of a kill, and the kernel had to kill nobody");
            lines.Add($"           false negatives {Share(missed, needed + missed)}: the kernel had to kill, and nothing had been told");
        }

        lines.AddRange(status.Recent.Select(report => string.Create(CultureInfo.InvariantCulture, $"  {report.Time:yyyy-MM-dd HH:mm:ss}  {report.Summary}")));
        return string.Join('\n', lines) + "\n";
    }

    private static string Share(long part, long all) =>
        all == 0 ? "0 of 0" : string.Create(CultureInfo.InvariantCulture, $"{part} of {all} ({100.0 * part / all:0} %)");

    private static string List(IReadOnlyDictionary<string, long> counts) => string.Join(", ", counts.Select(each => $"{each.Value} {each.Key}"));
}
