using System.CommandLine;
using System.Text.Json;
using NodeReaper.Agent.Commands;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Tests.Recording;

public sealed class ReplayTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MadeIncident _incident;
    private readonly string _record;

    public ReplayTests()
    {
        _incident = new MadeIncident(_folder);
        _record = _incident.Record(new ReapPolicy { Record = new RecordPolicy { Directory = _folder.PathOf("records") } });
    }

    public void Dispose()
    {
        _incident.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void The_same_policy_gives_the_same_decision()
    {
        var (status, output, errors) = Replay(_record);

        Assert.Equal((0, ""), (status, errors));
        Assert.Contains("first: batch/hog[hog-0], by qosClass; 2 ranked\n  kill: batch/hog[hog-0]\nsamples: 1, all with the recorded verdict\nsame\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_was_told_to_end_before_is_in_the_record()
    {
        var record = _incident.Record(new ReapPolicy { Record = new RecordPolicy { Directory = _folder.PathOf("asked") } }, isCacheAsked: true);

        var (status, output, errors) = Replay(record);

        Assert.Equal((0, ""), (status, errors));
        Assert.Contains("  kill: data/cache[cache-0], batch/hog[hog-0]\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_record_of_an_earlier_release_gives_the_same_decision()
    {
        var (status, output, errors) = Replay(Repository.PathOf("tests/NodeReaper.Agent.Tests/Recording/version-1.jsonl"));

        Assert.Equal((0, ""), (status, errors));
        Assert.Contains("first: batch/hog[", output, StringComparison.Ordinal);
        Assert.EndsWith("all with the recorded verdict\nsame\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("protect: {namespaces: [kube-system, batch]}", "candidate", "batch/hog[hog-0]: may be killed", "batch/hog[hog-0]: protected")]
    [InlineData("protect: {namespaces: []}", "candidate", "kube-system/dns[dns-0]: protected", "kube-system/dns[dns-0]: may be killed")]
    [InlineData("plan: {minFreeable: 350Mi}", "candidate", "data/cache[cache-0]: may be killed", "data/cache[cache-0]: nothingToFree")]
    [InlineData("ranking: [youngest]", "ranking", "batch/hog[hog-0] > data/cache[cache-0]", "data/cache[cache-0] > batch/hog[hog-0]")]
    [InlineData("ranking: [overRequest]", "deciding keys", "qosClass, -", "overRequest, -")]
    [InlineData("pressure: {killBelow: 50Mi}", "verdict", "the node is short by \"available\", 138412032 bytes missing", "not short of memory")]
    [InlineData("pressure: {killBelow: 50Mi}", "conclusion", "kill", "wait")]
    [InlineData("pressure: {killBelow: 900Mi, recoverTo: 950Mi}", "plan", "batch/hog[hog-0]", "batch/hog[hog-0], data/cache[cache-0]")]
    [InlineData("dryRun: true", "plan", "batch/hog[hog-0]", "batch/hog[hog-0] (dry run)")]
    public void Another_policy_shows_what_would_differ(string policy, string what, string recorded, string replayed)
    {
        var config = _folder.Write("other.yaml", policy);

        var (status, output, _) = Replay(_record, "--config", config, "--output", "json");

        Assert.Equal(5, status);
        using var report = JsonDocument.Parse(output);
        Assert.False(report.RootElement.GetProperty("isSame").GetBoolean());
        var differences = report.RootElement.GetProperty("decisions")[0].GetProperty("differences").EnumerateArray()
            .Select(difference => (Text(difference, "what"), Text(difference, "recorded"), Text(difference, "replayed")));
        Assert.Contains((what, recorded, replayed), differences);
    }

    [Fact]
    public void A_policy_that_changes_nothing_gives_the_same()
    {
        var config = _folder.Write("other.yaml", "plan: {maxVictims: 2}");

        Assert.Equal(0, Replay(_record, "--config", config).Status);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_bad_record_is_refused_with_the_line(string name, int line, string message)
    {
        var lines = File.ReadAllLines(_record);
        Assert.Equal(5, lines.Length);
        File.WriteAllText(_record, Damage(name, lines));

        var (status, output, errors) = Replay(_record);

        Assert.Equal((2, ""), (status, output));
        Assert.StartsWith($"{_record}:{line}: {message}", errors, StringComparison.Ordinal);
    }

    public static TheoryData<string, int, string> Damages => new()
    {
        { "empty", 1, "is empty" },
        { "no end", 5, "is torn: the record has no end" },
        { "torn line", 4, "is torn: it ends in the middle" },
        { "edited", 3, "was edited, or a line in front of it" },
        { "line taken away", 3, "was edited, or a line in front of it" },
        { "after the end", 6, "stands after the end" },
        { "another version", 1, "is of version 2; this nodereaper reads version 1" },
        { "no record", 1, "is no record" },
        { "no JSON", 2, "does not read as a line of a record" },
        { "a field is missing", 3, "does not read as a line of a record" },
    };

    [Fact]
    public void A_record_that_is_not_there_is_told()
    {
        Assert.Throws<FileNotFoundException>(() => Replay(_folder.PathOf("none.jsonl")));
    }

    private static string Damage(string name, string[] lines) => name switch
    {
        "empty" => "",
        "no end" => Text(lines[..4]),
        "torn line" => Text(lines[..3]) + lines[3][..100],
        "edited" => Text([.. lines[..2], lines[2].Replace("\"availableBytes\":62914560", "\"availableBytes\":62914561", StringComparison.Ordinal), .. lines[3..]]),
        "line taken away" => Text([.. lines[..2], .. lines[3..]]),
        "after the end" => Text([.. lines, lines[2]]),
        "another version" => Text([lines[0].Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal), .. lines[1..]]),
        "no record" => Text(lines[1..]),
        "no JSON" => Text([lines[0], "hello", .. lines[2..]]),
        _ => Text([.. lines[..2], lines[2].Replace("\"slice\":null,", "", StringComparison.Ordinal), .. lines[3..]]),
    };

    private static string Text(string[] lines) => string.Concat(lines.Select(line => line + "\n"));

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static (int Status, string Output, string Errors) Replay(params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, Error = errors, EnableDefaultExceptionHandler = false };
        var status = ReplayCommand.Create().Parse(args).Invoke(configuration);
        return (status, output.ToString(), errors.ToString());
    }
}
