using System.CommandLine;
using NodeReaper.Agent.Commands;

namespace NodeReaper.Agent.Tests.Commands;

/// <summary>The environment is the whole process's.</summary>
[CollectionDefinition(nameof(EnvironmentDefaultsTests), DisableParallelization = true)]
[Collection(nameof(EnvironmentDefaultsTests))]
public sealed class EnvironmentDefaultsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        foreach (var variable in new[] { EnvironmentDefaults.CgroupRoot, EnvironmentDefaults.Config, EnvironmentDefaults.Pods })
        {
            Environment.SetEnvironmentVariable(variable, null);
        }

        _folder.Dispose();
    }

    [Fact]
    public void The_environment_is_the_default_and_the_command_line_holds()
    {
        var root = CommonOptions.CgroupRoot();
        var command = new Command("x") { root };
        Assert.Equal("/sys/fs/cgroup", command.Parse([]).GetValue(root));
        Environment.SetEnvironmentVariable(EnvironmentDefaults.CgroupRoot, "/host/sys/fs/cgroup");
        Assert.Equal("/host/sys/fs/cgroup", command.Parse([]).GetValue(root));
        Assert.Equal("/other", command.Parse(["--cgroup-root", "/other"]).GetValue(root));
    }

    [Fact]
    public void What_the_environment_says_is_not_given()
    {
        var config = CommonOptions.Config();
        var command = new Command("x") { config };
        Environment.SetEnvironmentVariable(EnvironmentDefaults.Config, "/etc/nodereaper/policy.yaml");
        var parsed = command.Parse([]);
        Assert.Equal("/etc/nodereaper/policy.yaml", parsed.GetValue(config));
        Assert.False(CommonOptions.IsGiven(parsed, config));
        Assert.True(CommonOptions.IsGiven(command.Parse(["--config", "x"]), config));
    }

    [Fact]
    public void Who_takes_a_folder_of_Pods_alone_passes_over_the_other_sources()
    {
        var pods = CommonOptions.PodsFolder();
        var command = new Command("x") { pods };
        Environment.SetEnvironmentVariable(EnvironmentDefaults.Pods, "api");
        Assert.Null(command.Parse([]).GetValue(pods));
        Environment.SetEnvironmentVariable(EnvironmentDefaults.Pods, _folder.Path);
        Assert.Equal(_folder.Path, command.Parse([]).GetValue(pods));
    }

    [Fact]
    public void The_agents_policy_is_checked_when_no_file_is_given()
    {
        Assert.Contains("NODEREAPER_CONFIG", Assert.Single(ConfigCheckCommand.Create().Parse([]).Errors).Message, StringComparison.Ordinal);
        Environment.SetEnvironmentVariable(EnvironmentDefaults.Config, _folder.Write("policy.yaml", "dryRun: true\n"));
        using var output = new StringWriter();
        Assert.Equal(0, ConfigCheckCommand.Create().Parse([]).Invoke(new InvocationConfiguration { Output = output }));
        Assert.Contains("policy.yaml: ok", output.ToString(), StringComparison.Ordinal);
    }
}
