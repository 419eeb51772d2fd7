using System.CommandLine;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Explain;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper top</c>: what the agent sees and does, again and again.</summary>
internal static class TopCommand
{
    private const string Home = "\e[H";
    private const string ToEndOfLine = "\e[K";
    private const string ToEndOfScreen = "\e[J";

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
        StatusDocument? status = null;
        ExplainDocument? explained = null;
        string? trouble = null;
        try
        {
            status = await StatusCommand.AskAsync(socket);
            if (status is null)
            {
                return ExitCode.Failed;
            }

            explained = await ExplainCommand.AskAsync(socket);
        }
        catch (AgentBusyException)
        {
            trouble = status is null ? "the agent does not watch yet" : "busy: killing. What would be decided is shown again when that is over";
        }
        catch (IOException error)
        {
            // It may be stopping, or the node hardly runs: the next round knows more.
            trouble = error.Message;
        }

        Show(status, explained, trouble);
        return ExitCode.Success;
    }

    private static void Show(StatusDocument? status, ExplainDocument? explained, string? trouble)
    {
        if (Console.IsOutputRedirected)
        {
            Console.Write(TopScreen.Of(status, explained, trouble, int.MaxValue) + "\n");
            return;
        }

        // The last line of the window stays empty: a break there would move all of it up.
        var (width, height) = (Math.Max(20, Console.WindowWidth), Math.Max(5, Console.WindowHeight - 1));
        var text = TopScreen.Cut(TopScreen.Of(status, explained, trouble, height), width, height);

        // The new picture takes the place of the last one, line by line, so that nothing flickers.
        Console.Write(Home + text.Replace("\n", ToEndOfLine + "\n", StringComparison.Ordinal) + ToEndOfScreen);
    }
}
