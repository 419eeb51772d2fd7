using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Commands;

/// <summary>Loads the policy file for a command, and says what is wrong with it.</summary>
internal static class PolicyOptions
{
    /// <summary>Loads the file; the defaults without one.</summary>
    /// <param name="path">The file, or null.</param>
    /// <returns>Null when it is bad: every error is on standard error then.</returns>
    internal static AgentOptions? Load(string? path)
    {
        if (path is null)
        {
            return new AgentOptions();
        }

        var load = PolicyFile.Load(path);
        foreach (var error in load.Errors)
        {
            Console.Error.WriteLine(error);
        }

        return load.Options;
    }
}
