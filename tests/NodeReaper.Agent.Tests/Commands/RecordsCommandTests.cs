using System.CommandLine;
using NodeReaper.Agent.Commands;

namespace NodeReaper.Agent.Tests.Commands;

public sealed class RecordsCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void They_are_listed_by_time_and_one_is_printed_as_it_is()
    {
        Directory.CreateDirectory(_folder.PathOf("records"));
        _folder.Write("records/20261123T163032.864Z-1.jsonl", "{\"second\": \"ä\"}\n");
        _folder.Write("records/20261123T163032.864Z-0.jsonl", "{}\n");
        _folder.Write("records/of-somebody-else.txt", "");
        Assert.Equal(
            ["20261123T163032.864Z-0.jsonl", "20261123T163032.864Z-1.jsonl"], Run().Said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]));
        Assert.Equal((0, "{\"second\": \"ä\"}\n", ""), Run("20261123T163032.864Z-1.jsonl"));
    }

    [Theory]
    [InlineData("../policy.yaml")]
    [InlineData("/etc/shadow")]
    [InlineData("..")]
    public void What_leads_out_of_the_folder_is_refused(string name) =>
        Assert.Contains("is no name of a record", Assert.Single(RecordsCommand.Create().Parse([name]).Errors).Message, StringComparison.Ordinal);

    [Fact]
    public void Neither_a_link_nor_nothing_is_a_record()
    {
        Directory.CreateDirectory(_folder.PathOf("records"));
        File.CreateSymbolicLink(_folder.PathOf("records/link.jsonl"), _folder.Write("secret", "x"));
        foreach (var name in new[] { "link.jsonl", "nothing.jsonl" })
        {
            var (status, said, errors) = Run(name);
            Assert.Equal((1, ""), (status, said));
            Assert.Contains($"there is no record {name}", errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Before_the_first_incident_there_is_nothing_to_list() => Assert.Equal((0, "", ""), Run());

    private (int Status, string Said, string Errors) Run(params string[] words)
    {
        var policy = _folder.Write("policy.yaml", $"record: {{directory: {_folder.PathOf("records")}}}\n");
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var status = RecordsCommand.Create().Parse(["--config", policy, .. words]).Invoke(new InvocationConfiguration { Output = output, Error = errors });
        return (status, output.ToString(), errors.ToString());
    }
}
