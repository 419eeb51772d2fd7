using System.Diagnostics;

namespace NodeReaper.Scenarios.Tests;

/// <summary>
/// Scenarios of tests/scenarios in the kernels that they are for, in a virtual machine. One at a time: two processors are
/// emulated.
/// </summary>
[CollectionDefinition(nameof(ScenarioTests), DisableParallelization = true)]
[Collection(nameof(ScenarioTests))]
public sealed class ScenarioTests(ITestOutputHelper output)
{
    /// <summary>
    /// Scenario and its settings, kernel, memory of the machine, and more words for tests/vm/run. As much as there is time for:
    /// tests/scenarios/all runs them all.
    /// </summary>
    public static TheoryData<string, string, string, string> Scenarios => new()
    {
        { "hog RUNS=5", "6.1", "1G", "" },
        { "hog RUNS=2", "6.12", "1G", "" },
        { "hog RUNS=5", "7", "1G", "" },
        { "incidents", "6.12", "1G", "" },
        { "comes-back", "7", "1G", "--swap zram" },
        { "fork-bomb PRIORITY=0", "6.1", "1G", "" },
        { "kill-cli", "6.12", "3G", "" },
        { "by-hand", "6.1", "1G", "" },
        { "d-state", "6.1", "1G", "" },
        { "d-state", "7", "1G", "" },
        { "errno", "6.12", "1G", "" },
        { "cpu-limits", "6.12", "1G", "" },
        { "scopes", "7", "1G", "" },
        { "layouts", "6.1", "1G", "" },
        { "bad-input", "6.12", "1G", "" },
        { "no-psi", "7", "1G", "--append psi=0" },
        { "kernel-oom", "6.12", "1G", "" },
        { "not-ours", "7", "1G", "" },
        { "at-limits", "6.12", "1G", "" },
        { "io PRIORITY=0", "6.12", "1G", "--swap 512M@400" },
        { "allocatable", "6.1", "1G", "" },
        { "useless-swap", "7", "1G", "--swap zram" },
        { "stages", "6.12", "1G", "" },
        { "reclaim", "7", "1G", "--swap zram" },
        { "own-limit LIMITS=", "6.12", "1G", "" },
        { "reload", "6.1", "1G", "" },
        { "protected-only", "6.12", "1G", "" },
        { "cluster", "6.12", "1G", "" },
        { "cluster-trouble", "6.12", "1G", "" },
        { "container LEAST=crun PRIVILEGED=runc", "6.1", "1G", "" },
        { "container LEAST=runc PRIVILEGED=crun", "6.12", "1G", "" },
        { "capabilities", "6.12", "1G", "" },
        { "confinement", "7", "1G", "--append apparmor=1 --append security=apparmor" },
        { "dry-run", "6.12", "1G", "" },
        { "stop", "7", "1G", "" },
        { "metrics", "6.12", "1G", "" },
        { "dashboard", "6.12", "2G", "" },
        { "explain", "7", "1G", "" },
        { "protected-hog", "6.12", "1G", "" },
        { "shared-memory", "6.1", "1G", "" },
        { "tmpfs", "7", "1G", "" },
        { "swap", "6.12", "1G", "--swap zram" },
        { "scale", "6.12", "2G", "" },
    };

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A_scenario_ends_well(string scenario, string kernel, string memory, string options)
    {
        Machine.Require(kernel);
        var begun = Stopwatch.GetTimestamp();
        var run = Machine.Run(kernel, memory, options, scenario);
        // So that who waits for half an hour sees that it goes on.
        Console.WriteLine($"    {scenario} on {kernel}{(options.Length > 0 ? $", {options}" : "")}: exit status {run.Status}, {Stopwatch.GetElapsedTime(begun).TotalSeconds:F0} s");
        foreach (var line in run.Lines)
        {
            output.WriteLine(line);
        }

        Assert.True(run.Status == 0, $"{scenario} on {kernel}: exit status {run.Status}:\n{string.Join('\n', run.Lines.TakeLast(60))}");
    }
}
