using System.CommandLine;
using System.Text.Json;
using NodeReaper.Agent.Recording;
using NodeReaper.Agent.Replay;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper replay</c>: decides a recorded incident again.</summary>
internal static class ReplayCommand
{
    internal static Command Create()
    {
        var record = new Argument<string>("RECORD") { Description = "a file of the folder record.directory" };
        var config = new Option<string?>("--config") { Description = "decide by this policy file (YAML); without it, by the recorded policy", HelpName = "FILE" };
        var output = CommonOptions.Output();
        var command = new Command("replay", "Recompute the decisions of a recorded incident, and tell what comes out differently.") { record, config, output };
        command.SetAction(parsed =>
        {
            ReapPolicy? policy = null;
            if (parsed.GetValue(config) is { } file)
            {
                policy = PolicyOptions.Load(file)?.Policy;
                if (policy is null)
                {
                    return ExitCode.BadArguments;
                }
            }

            var replayer = new Replayer(parsed.GetValue(record)!, parsed.GetValue(config), policy);
            return Run(replayer, parsed.GetValue(output) == "json", parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        });
        return command;
    }

    private static int Run(Replayer replayer, bool asJson, TextWriter output, TextWriter errors)
    {
        try
        {
            var report = replayer.Run();
            if (asJson)
            {
                output.WriteLine(JsonSerializer.Serialize(report, ReplayJson.Default.ReplayReport));
            }
            else
            {
                ReplayText.Write(report, output);
            }

            return !report.IsSame ? ExitCode.Different : report.IsTorn ? ExitCode.Torn : ExitCode.Success;
        }
        catch (RecordProblemException problem)
        {
            errors.WriteLine(problem.Message);
            return ExitCode.BadArguments;
        }
        catch (UnauthorizedAccessException error)
        {
            errors.WriteLine($"nodereaper: {error.Message}");
            return ExitCode.Failed;
        }
    }
}
