using System.CommandLine;
using System.Text.Json;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Commands;

/// <summary>What the commands share that ask the running agent.</summary>
internal static class ControlOptions
{
    internal static Option<string> Socket() => new("--socket")
    {
        Description = "the running agent's socket",
        HelpName = "FILE",
        DefaultValueFactory = _ => ControlSocket.DefaultPath,
    };

    internal static Option<string> Output()
    {
        var output = new Option<string>("--output", "-o") { Description = "text, json or yaml", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json", "yaml");
        return output;
    }

    internal static void Print(JsonElement document, string output) =>
        Console.WriteLine(output == "yaml" ? YamlText.Of(document).TrimEnd() : document.ToString());
}
