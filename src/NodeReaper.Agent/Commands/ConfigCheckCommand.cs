using System.CommandLine;
using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper config check FILE</c>: validates a policy file.</summary>
internal static class ConfigCheckCommand
{
    /// <summary>The command <c>check</c>, which belongs below <c>config</c>.</summary>
    public static Command Create()
    {
        var file = new Argument<string>("FILE")
        {
            Description = $"the policy file (YAML; default: ${EnvironmentDefaults.Config})",
            Arity = ArgumentArity.ZeroOrOne,
            DefaultValueFactory = result =>
            {
                if (EnvironmentDefaults.Of(EnvironmentDefaults.Config) is { } path)
                {
                    return path;
                }

                result.AddError($"give the policy file, or set {EnvironmentDefaults.Config}");
                return "";
            },
        };
        var check = new Command("check", "Say everything that is wrong with a policy file, or the policy that it makes.") { file };
        check.SetAction(parsed => Check(parsed.GetValue(file)!, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        return check;
    }

    private static int Check(string path, TextWriter output, TextWriter errors)
    {
        var load = PolicyFile.Load(path);
        if (load.Options is not { } options)
        {
            foreach (var error in load.Errors)
            {
                errors.WriteLine(error);
            }

            return ExitCode.BadArguments;
        }

        output.WriteLine($"{path}: ok");
        EffectivePolicy.Write(options, output);
        return ExitCode.Success;
    }
}
