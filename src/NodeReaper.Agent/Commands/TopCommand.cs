using System.CommandLine;
using NodeReaper.Agent.Explain;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper top</c>: what the agent sees and does, again and again.</summary>
internal static class TopCommand
{
    private const string Home = "\e[H";
    private const string ToEndOfLine = "\e[K";
    private const string ToEndOfScreen = "\e[J";
    private const int MostRows = 20;

    internal static Command Create()
    {
        var socket = ControlOptions.Socket();
        var interval = DurationOption.Create(
            "--interval", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(200), TimeSpan.FromHours(1), "how often to ask");
        var rounds = new Option<int>("--rounds") { Description = "stop after so many; 0 goes on until Ctrl-C", HelpName = "N" };
        var command = new Command("top", "Show the running agent's view of the node, again and again.") { socket, interval, rounds };
        command.SetAction(async (parsed, cancellation) =>
        {
            for (var round = 1; !cancellation.IsCancellationRequested; round++)
            {
                if (await ShowAsync(parsed.GetValue(socket)!) is var result && result != ExitCode.Success)
                {
                    return result;
                }

                if (round == parsed.GetValue(rounds))
                {
                    break;
                }

                await Task.Delay(parsed.GetValue(interval), cancellation).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static async Task<int> ShowAsync(string socket)
    {
        if (await StatusCommand.AskAsync(socket) is not { } status || await ExplainCommand.AskAsync(socket) is not { } explained)
        {
            return ExitCode.Failed;
        }

        var text = StatusCommand.TextOf(status with { Recent = [.. status.Recent.TakeLast(3)] }) + "\n" + ExplainText.Of(explained, MostRows);

        // On a terminal the new picture takes the place of the last one, line by line, so that nothing flickers.
        Console.Write(Console.IsOutputRedirected ? text + "\n" : Home + text.Replace("\n", ToEndOfLine + "\n", StringComparison.Ordinal) + ToEndOfScreen);
        return ExitCode.Success;
    }
}
