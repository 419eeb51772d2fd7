using System.CommandLine;
using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper config reference</c>: every key of the policy file, for people or as a JSON schema.</summary>
internal static class ConfigReferenceCommand
{
    private const string Markdown = "markdown";
    private const string JsonSchema = "json-schema";

    /// <summary>The command <c>reference</c>, which belongs below <c>config</c>.</summary>
    public static Command Create()
    {
        var output = new Option<string>("--output", "-o") { Description = $"{Markdown} or {JsonSchema}", DefaultValueFactory = _ => Markdown };
        output.AcceptOnlyFromAmong(Markdown, JsonSchema);
        var reference = new Command("reference", "Print every key of the policy file: its values, its default, and what it decides.") { output };
        reference.SetAction(parsed =>
        {
            if (parsed.GetValue(output) == JsonSchema)
            {
                PolicySchema.Write(parsed.InvocationConfiguration.Output);
            }
            else
            {
                PolicyReference.Write(parsed.InvocationConfiguration.Output);
            }

            return ExitCode.Success;
        });
        return reference;
    }
}
