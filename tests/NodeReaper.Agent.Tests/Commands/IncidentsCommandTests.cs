using System.CommandLine;
using NodeReaper.Agent.Commands;

namespace NodeReaper.Agent.Tests.Commands;

public sealed class IncidentsCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_last_ones_come_last_also_from_the_file_of_before()
    {
        _folder.Write("incidents.jsonl.1", Line(1, "a") + Line(2, "b"));
        _folder.Write("incidents.jsonl", Line(3, "c"));
        Assert.Equal((0, $"{Line(2, "b")}{Line(3, "c")}", ""), Run("--last", "2", "--output", "json"));
        Assert.Equal((0, "2026-11-02 10:00:00  killed       b\n2026-11-03 10:00:00  killed       c\n", ""), Run("--last", "2"));
    }

    [Fact]
    public void A_torn_line_costs_none_of_the_others()
    {
        _folder.Write("incidents.jsonl", "{\"time\":\"2026-\n" + Line(3, "c"));
        var (status, said, _) = Run();
        Assert.Equal(0, status);
        Assert.StartsWith("(no incident", said, StringComparison.Ordinal);
        Assert.EndsWith("killed       c\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_has_happened_yet() => Assert.Equal((0, "", ""), Run());

    [Fact]
    public void Without_a_file_it_says_which_key_is_missing()
    {
        var (status, _, errors) = RunWith(_folder.Write("policy.yaml", "dryRun: true\n"));
        Assert.Equal(1, status);
        Assert.Contains("report.incidentFile", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void None_is_no_number_of_lines() => Assert.Contains("1 or more", Assert.Single(IncidentsCommand.Create().Parse(["--last", "0"]).Errors).Message, StringComparison.Ordinal);

    private static string Line(int day, string summary) => $"{{\"time\":\"2026-11-0{day}T10:00:00Z\",\"kind\":\"killed\",\"summary\":\"{summary}\"}}\n";

    private (int Status, string Said, string Errors) Run(params string[] words) =>
        RunWith(_folder.Write("policy.yaml", $"report: {{incidentFile: {_folder.PathOf("incidents.jsonl")}}}\n"), words);

    private static (int Status, string Said, string Errors) RunWith(string policy, params string[] words)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var status = IncidentsCommand.Create().Parse(["--config", policy, .. words]).Invoke(new InvocationConfiguration { Output = output, Error = errors });
        return (status, output.ToString(), errors.ToString());
    }
}
