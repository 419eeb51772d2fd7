using System.CommandLine;
using System.Text.Json;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Explain;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper explain</c>: the ranking as it stands now, and what would be done.</summary>
internal static class ExplainCommand
{
    internal static Command Create()
    {
        var pod = new Argument<string?>("POD")
        {
            Description = "tell of one Pod: NAMESPACE/NAME, NAME or UID",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var socket = ControlOptions.Socket();
        var config = CommonOptions.Config();
        config.Description = $"what this policy would decide: of the running agent's Pods, where one runs and no --pods are given (without an agent: ${EnvironmentDefaults.Config})";
        var pods = CommonOptions.PodsFolder();
        var cgroupRoot = CommonOptions.CgroupRoot();
        var procRoot = CommonOptions.ProcRoot();
        var output = ControlOptions.Output();
        var command = new Command("explain", "Say who would die, in which order and why: as the running agent sees it, or straight from the node.")
        {
            pod, socket, config, pods, cgroupRoot, procRoot, output,
        };
        command.SetAction(async (parsed, _) =>
        {
            var file = parsed.GetValue(config);
            var other = CommonOptions.IsGiven(parsed, config) ? file : null;
            if (other is not null && PolicyOptions.Load(other) is null)
            {
                return ExitCode.BadArguments;
            }

            // Pods of its own are a question of their own.
            var asked = CommonOptions.IsGiven(parsed, pods) ? null : await AskAsync(parsed.GetValue(socket)!, other);
            if (asked is not null)
            {
                // The agent's own file may be bad by now: it goes on with the last good one.
                var recent = (await StatusCommand.AskAsync(parsed.GetValue(socket)!))?.Recent ?? [];
                return Print(asked with { Config = other }, recent, parsed.GetValue(pod), parsed.GetValue(output)!);
            }

            if (PolicyOptions.Load(file) is not { } options)
            {
                return ExitCode.BadArguments;
            }

            var document = Look(options, parsed.GetValue(pods), parsed.GetValue(cgroupRoot)!, parsed.GetValue(procRoot)!);
            return Print(document with { Config = file }, [], parsed.GetValue(pod), parsed.GetValue(output)!);
        });
        return command;
    }

    /// <summary>Asks the agent.</summary>
    /// <param name="socket">Its socket.</param>
    /// <param name="config">The policy file to ask about; null for the policy in force.</param>
    /// <returns>Null when no agent listens.</returns>
    internal static async Task<ExplainDocument?> AskAsync(string socket, string? config = null)
    {
        await using var answer = await ControlClient.AskAsync(socket, "/explain", config is null ? null : await File.ReadAllBytesAsync(config));
        return answer is null ? null : JsonSerializer.Deserialize(answer, ExplainJson.Default.ExplainDocument);
    }

    private static ExplainDocument Look(AgentOptions options, string? pods, string cgroupRoot, string procRoot)
    {
        using var look = new NodeLook(options.Policy, pods is null ? PodSnapshot.Empty : PodFolder.Read(pods, "explain"), cgroupRoot, procRoot);
        return ExplainDocuments.Of(look.Explain(), Environment.GetEnvironmentVariable("NODE_NAME"), ExplainDocuments.OfNode, "auto", knowsPods: pods is not null);
    }

    private static int Print(ExplainDocument document, IReadOnlyList<RecentReport> recent, string? pod, string output)
    {
        if (output != "text")
        {
            return PrintData(pod is null ? document : PodStory.Only(document, pod, recent), pod, output);
        }

        var text = pod is null ? ExplainText.Of(document) : PodStory.Of(document, pod, recent);
        if (text is null)
        {
            return NothingToTell(pod);
        }

        Console.Write(text);
        return ExitCode.Success;
    }

    private static int PrintData(ExplainDocument? document, string? pod, string output)
    {
        if (document is null)
        {
            return NothingToTell(pod);
        }

        if (!document.KnowsPods)
        {
            Console.Error.WriteLine($"nodereaper explain: {ExplainText.NoPods(document)}");
        }

        ControlOptions.Print(JsonSerializer.SerializeToElement(document, ExplainJson.Default.ExplainDocument), output);
        return ExitCode.Success;
    }

    private static int NothingToTell(string? pod)
    {
        Console.Error.WriteLine($"nodereaper explain: there is nothing to tell of a Pod {pod} on this node; 'nodereaper explain' lists all");
        return ExitCode.Failed;
    }
}
