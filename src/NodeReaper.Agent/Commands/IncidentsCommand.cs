using System.CommandLine;
using System.Text.Json;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper incidents</c>: the last lines of the incident file, for who has no shell where it is.</summary>
internal static class IncidentsCommand
{
    internal static Command Create()
    {
        var last = new Option<int>("--last") { Description = "how many", HelpName = "N", DefaultValueFactory = _ => 10 };
        last.Validators.Add(result =>
        {
            if (result.GetValue(last) < 1)
            {
                result.AddError("--last: give 1 or more");
            }
        });
        var config = CommonOptions.Config();
        config.Description = $"the policy file that names the incident file (default: ${EnvironmentDefaults.Config})";
        var output = CommonOptions.Output();
        output.Description = "text: time, kind and sentence of each; json: the lines as they are";
        var command = new Command("incidents", "Print the last incidents of this node, the newest at the end.") { last, config, output };
        command.SetAction(parsed => Print(
            parsed.GetValue(config),
            parsed.GetValue(last),
            parsed.GetValue(output) == "json",
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error));
        return command;
    }

    private static int Print(string? config, int last, bool asJson, TextWriter output, TextWriter errors)
    {
        if (PolicyOptions.Load(config) is not { } options)
        {
            return ExitCode.BadArguments;
        }

        if (options.Policy.Report.IncidentFile is not { } file)
        {
            errors.WriteLine($"nodereaper incidents: the policy names no incident file; give --config FILE, or set report.incidentFile{(config is null ? "" : $" in {config}")}");
            return ExitCode.Failed;
        }

        try
        {
            var lines = new Queue<string>();
            foreach (var line in LinesOf(file + ".1").Concat(LinesOf(file)))
            {
                lines.Enqueue(line);
                if (lines.Count > last)
                {
                    lines.Dequeue();
                }
            }

            foreach (var line in lines)
            {
                output.WriteLine(asJson ? line : TextOf(line));
            }

            return ExitCode.Success;
        }
        catch (UnauthorizedAccessException error)
        {
            errors.WriteLine($"nodereaper incidents: {error.Message}");
            return ExitCode.Failed;
        }
    }

    // The agent may be writing to it. It is there from the agent's start on; that of before only once it was full.
    private static IEnumerable<string> LinesOf(string file)
    {
        if (!File.Exists(file))
        {
            yield break;
        }

        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static string TextOf(string line)
    {
        try
        {
            using var incident = JsonDocument.Parse(line);
            var fields = incident.RootElement;
            return $"{fields.GetProperty("time").GetDateTimeOffset():yyyy-MM-dd HH:mm:ss}  {fields.GetProperty("kind").GetString(),-12} {fields.GetProperty("summary").GetString()}";
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return $"(no incident: {line.Length} characters that are torn, or of somebody else)";
        }
    }
}
