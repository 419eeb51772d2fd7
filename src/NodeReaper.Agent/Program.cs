using System.CommandLine;
using NodeReaper.Agent.Commands;

var root = new RootCommand("NodeReaper: kills the right container before the node runs out of memory, and proves that the memory is back.")
{
    RunCommand.Create(),
    KillCommand.Create(),
    ExplainCommand.Create(),
    StatusCommand.Create(),
    TopCommand.Create(),
    DoctorCommand.Create(),
    IncidentsCommand.Create(),
    RecordsCommand.Create(),
    ReplayCommand.Create(),
    new Command("config", "Work with policy files.") { ConfigCheckCommand.Create(), ConfigReferenceCommand.Create() },
    SelfTestVictimCommand.Create(),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"nodereaper: {error.Message}");
    }

    Console.Error.WriteLine("nodereaper: 'nodereaper --help' lists the commands and options");
    return ExitCode.BadArguments;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception error) when (error is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"nodereaper: {error.Message}");
    return ExitCode.Failed;
}
