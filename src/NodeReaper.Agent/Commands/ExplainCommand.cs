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
        config.Description = $"what this policy would decide; the node is looked at, whatever agent runs (without an agent: ${EnvironmentDefaults.Config})";
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
            // A policy or Pods of its own are a question of their own.
            var isHypothetical = CommonOptions.IsGiven(parsed, config) || CommonOptions.IsGiven(parsed, pods);
            var document = isHypothetical ? null : await AskAsync(parsed.GetValue(socket)!);
            IReadOnlyList<RecentReport> recent = [];
            if (document is not null)
            {
                recent = (await StatusCommand.AskAsync(parsed.GetValue(socket)!))?.Recent ?? [];
            }
            else
            {
                if (PolicyOptions.Load(parsed.GetValue(config)) is not { } options)
                {
                    return ExitCode.BadArguments;
                }

                document = Look(options, parsed.GetValue(pods), parsed.GetValue(cgroupRoot)!, parsed.GetValue(procRoot)!);
            }

            return Print(document, recent, parsed.GetValue(pod), parsed.GetValue(output)!);
        });
        return command;
    }

    internal static async Task<ExplainDocument?> AskAsync(string socket)
    {
        await using var answer = await ControlClient.AskAsync(socket, "/explain");
        return answer is null ? null : JsonSerializer.Deserialize(answer, ExplainJson.Default.ExplainDocument);
    }

    private static ExplainDocument Look(AgentOptions options, string? pods, string cgroupRoot, string procRoot)
    {
        using var look = new NodeLook(options.Policy, pods is null ? PodSnapshot.Empty : PodFolder.Read(pods, "explain"), cgroupRoot, procRoot);
        return ExplainDocuments.Of(look.Explain(), Environment.GetEnvironmentVariable("NODE_NAME"), ExplainDocuments.OfNode, "auto");
    }

    private static int Print(ExplainDocument document, IReadOnlyList<RecentReport> recent, string? pod, string output)
    {
        if (output != "text")
        {
            ControlOptions.Print(JsonSerializer.SerializeToElement(document, ExplainJson.Default.ExplainDocument), output);
            return ExitCode.Success;
        }

        if (pod is null)
        {
            Console.Write(ExplainText.Of(document));
            return ExitCode.Success;
        }

        if (PodStory.Of(document, pod, recent) is not { } story)
        {
            Console.Error.WriteLine($"nodereaper explain: there is nothing to tell of a Pod {pod} on this node; 'nodereaper explain' lists all");
            return ExitCode.Failed;
        }

        Console.Write(story);
        return ExitCode.Success;
    }
}
