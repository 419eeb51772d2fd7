using System.CommandLine;
using NodeReaper.Agent.Commands;

namespace NodeReaper.Agent.Tests.Options;

public sealed class ConfigCheckCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_good_file_is_ok_and_shown_with_its_defaults()
    {
        var path = _folder.Write("policy.yaml", "kill:\n  reapers: 4");

        var (status, output, errors) = Run(path);

        Assert.Equal(0, status);
        Assert.StartsWith($"{path}: ok\ndryRun: false\n", output, StringComparison.Ordinal);
        Assert.Contains("\nkill:\n  strategy: auto\n  expediteFlag: 0\n  deadline: 1s\n  cooldown: 2s\n  reapers: 4\n", output, StringComparison.Ordinal);
        Assert.Empty(errors);
    }

    [Fact]
    public void A_bad_file_is_refused_with_all_its_errors()
    {
        var path = _folder.Write("policy.yaml", "kill:\n  reapers: 40\nplans: 1");

        var (status, output, errors) = Run(path);

        Assert.Equal(2, status);
        Assert.Empty(output);
        Assert.Equal(
            $"{path}:2:12: kill.reapers: 40 is out of range; give a whole number from 1 to 16\n{path}:3:1: plans: is not a key; did you mean plan?\n",
            errors);
    }

    [Fact]
    public void A_missing_file_is_refused()
    {
        var (status, _, errors) = Run("/none.yaml");

        Assert.Equal(2, status);
        Assert.Equal("/none.yaml: there is no such file\n", errors);
    }

    private static (int Status, string Output, string Errors) Run(string path)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var status = ConfigCheckCommand.Create().Parse([path]).Invoke(new InvocationConfiguration { Output = output, Error = errors });
        return (status, output.ToString(), errors.ToString());
    }
}
