using System.CommandLine;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper records</c>: lists the records of incidents, or prints one, for who has no shell where they are.</summary>
internal static class RecordsCommand
{
    internal static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "print this record, to be kept in a file for nodereaper replay", Arity = ArgumentArity.ZeroOrOne };
        name.Validators.Add(result =>
        {
            if (result.GetValue(name) is { } value && (value.Contains('/') || value.StartsWith('.')))
            {
                result.AddError($"{value} is no name of a record; 'nodereaper records' lists them");
            }
        });
        var config = CommonOptions.Config();
        config.Description = $"the policy file that names the folder of records (default: ${EnvironmentDefaults.Config})";
        var command = new Command("records", "List the records of this node's incidents, the newest at the end, or print one of them.") { name, config };
        command.SetAction(parsed => Run(
            parsed.GetValue(config), parsed.GetValue(name), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        return command;
    }

    private static int Run(string? config, string? name, TextWriter output, TextWriter errors)
    {
        if (PolicyOptions.Load(config) is not { } options)
        {
            return ExitCode.BadArguments;
        }

        if (options.Policy.Record.Directory is not { } folder)
        {
            errors.WriteLine($"nodereaper records: the policy names no folder of records; give --config FILE, or set record.directory{(config is null ? "" : $" in {config}")}");
            return ExitCode.Failed;
        }

        try
        {
            if (name is null)
            {
                List(folder, output);
                return ExitCode.Success;
            }

            var file = new FileInfo(Path.Combine(folder, name));
            if (!file.Exists || file.LinkTarget is not null)
            {
                errors.WriteLine($"nodereaper records: there is no record {name} in {folder}; 'nodereaper records' lists them");
                return ExitCode.Failed;
            }

            Print(file, output);
            return ExitCode.Success;
        }
        catch (UnauthorizedAccessException error)
        {
            errors.WriteLine($"nodereaper records: {error.Message}");
            return ExitCode.Failed;
        }
    }

    // Their names begin with the time. Before the first incident there is no folder.
    private static void List(string folder, TextWriter output)
    {
        var files = Directory.Exists(folder) ? new DirectoryInfo(folder).GetFiles("*.jsonl") : [];
        Array.Sort(files, (one, other) => string.CompareOrdinal(one.Name, other.Name));
        foreach (var file in files)
        {
            output.WriteLine($"{file.Name}  {ByteText.Of(file.Length)}");
        }
    }

    private static void Print(FileInfo file, TextWriter output)
    {
        using var reader = new StreamReader(file.Open(FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        var part = new char[64 << 10];
        for (int read; (read = reader.Read(part)) > 0;)
        {
            output.Write(part, 0, read);
        }
    }
}
