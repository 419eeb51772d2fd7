using System.CommandLine;
using System.Text.Json;
using NodeReaper.Agent.Commands;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Recording;
using NodeReaper.Engine.Planning;
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
    [InlineData("pressure: {killBelow: 200Mi, recoverTo: 300Mi}", "batch/hog[hog-0]")]
    [InlineData("pressure: {killBelow: 200Mi, recoverTo: 300Mi}\nprotect: {namespaces: [batch]}", "kube-system/dns[dns-0]")]
    [InlineData("pressure: {killBelow: 200Mi, recoverTo: 300Mi}\nprotect: {namespaces: [batch, data, kube-system]}", null)]
    public void Who_would_have_been_first_at_an_earlier_threshold_is_known_from_the_looks_in_between(string policy, string? first)
    {
        using var folder = new TemporaryFolder();
        using var incident = new MadeIncident(folder);
        incident.LookAround(new ReapPolicy(), 150);
        var record = incident.Record(new ReapPolicy { Record = new RecordPolicy { Directory = folder.PathOf("records") } });
        Assert.Equal(0, Replay(record).Status);

        var (status, output, _) = Replay(record, "--config", _folder.Write("other.yaml", policy), "--output", "json");

        Assert.Equal(5, status);
        using var report = JsonDocument.Parse(output);
        var replayed = report.RootElement.GetProperty("firstReplayed");
        Assert.Equal(first, replayed.ValueKind == JsonValueKind.Null ? null : Text(replayed, "name"));
        Assert.Equal((1, first == "batch/hog[hog-0]" ? 0 : 1), (Number(report, "looks"), Number(report, "looksDiffering")));
        Assert.Equal(first is not null, Replay(record, "--config", _folder.PathOf("other.yaml")).Output.Contains($"  the first to die then: {first}, by the look at ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0.0.9", " decides otherwise than 0.0.9 did; CHANGELOG.md says what was meant to change\n")]
    [InlineData(null, "and so is the version: that is a bug\n")]
    public void A_difference_under_the_recorded_policy_is_one_of_the_code(string? recordedBy, string meaning)
    {
        recordedBy ??= AgentVersion.Text;
        var path = _folder.PathOf("otherwise.jsonl");
        using (var file = new RecordFile(path))
        {
            foreach (var (_, line) in new RecordReader(_record).Read().Where(line => line.Line.End is null))
            {
                file.Write(line with
                {
                    Record = line.Record is { } header ? header with { Agent = recordedBy } : null,
                    Decision = line.Decision is { } decision ? decision with { Conclusion = Conclusion.NoVictim } : null,
                });
            }

            file.End(0);
        }

        var (status, output, _) = Replay(path);

        Assert.Equal(5, status);
        Assert.StartsWith($"{path}: node-1, recorded by {recordedBy}, replayed by {AgentVersion.Text}, under the recorded policy\n", output, StringComparison.Ordinal);
        Assert.EndsWith(meaning, output, StringComparison.Ordinal);
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
        { "torn in its first line", 1, "is torn in its first line" },
        { "edited", 3, "was edited, or a line in front of it" },
        { "line taken away", 3, "was edited, or a line in front of it" },
        { "after the end", 6, "stands after the end" },
        { "half a line after the end", 6, "stands after the end" },
        { "policies of another version", 1, "has policies of version 2; this nodereaper reads version 1" },
        { "another version", 1, "is of version 2; this nodereaper reads version 1" },
        { "no record", 1, "is no record" },
        { "no JSON", 2, "does not read as a line of a record" },
        { "a field is missing", 3, "does not read as a line of a record" },
    };

    [Theory]
    [InlineData(4, 0, 4, 1)]
    [InlineData(4, 10, 4, 1)]
    [InlineData(3, 100, 3, 0)]
    [InlineData(1, 0, 1, 0)]
    public void What_is_in_front_of_a_torn_end_is_replayed(int lines, int lettersOfTheNext, int tornAfter, int decisions)
    {
        var all = File.ReadAllLines(_record);
        File.WriteAllText(_record, Text(all[..lines]) + all[lines][..lettersOfTheNext]);

        var (status, output, errors) = Replay(_record, "--output", "json");

        Assert.Equal((6, ""), (status, errors));
        using var report = JsonDocument.Parse(output);
        Assert.Equal((true, true, tornAfter), (Flag(report, "isTorn"), Flag(report, "isSame"), report.RootElement.GetProperty("tornAfterLine").GetInt32()));
        Assert.Equal(decisions, report.RootElement.GetProperty("decisions").GetArrayLength());
        Assert.EndsWith($"torn after line {tornAfter}; what is in front of it is: same\n", Replay(_record).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_differs_in_front_of_a_torn_end_is_told()
    {
        File.WriteAllText(_record, Text(File.ReadAllLines(_record)[..4]));

        var (status, output, _) = Replay(_record, "--config", _folder.Write("other.yaml", "dryRun: true"));

        Assert.Equal(5, status);
        Assert.EndsWith("torn after line 4; what is in front of it is: different\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_is_not_there_is_told()
    {
        Assert.Throws<FileNotFoundException>(() => Replay(_folder.PathOf("none.jsonl")));
    }

    private static string Damage(string name, string[] lines) => name switch
    {
        "empty" => "",
        "torn in its first line" => lines[0][..20],
        "edited" => Text([.. lines[..2], lines[2].Replace("\"availableBytes\":62914560", "\"availableBytes\":62914561", StringComparison.Ordinal), .. lines[3..]]),
        "line taken away" => Text([.. lines[..2], .. lines[3..]]),
        "after the end" => Text([.. lines, lines[2]]),
        "half a line after the end" => Text(lines) + lines[2][..20],
        "policies of another version" => Text([lines[0].Replace("\"policyVersion\":1", "\"policyVersion\":2", StringComparison.Ordinal), .. lines[1..]]),
        "another version" => Text([lines[0].Replace("\"version\":1", "\"version\":2", StringComparison.Ordinal), .. lines[1..]]),
        "no record" => Text(lines[1..]),
        "no JSON" => Text([lines[0], "hello", .. lines[2..]]),
        _ => Text([.. lines[..2], lines[2].Replace("\"slice\":null,", "", StringComparison.Ordinal), .. lines[3..]]),
    };

    private static string Text(string[] lines) => string.Concat(lines.Select(line => line + "\n"));

    private static int Number(JsonDocument report, string name) => report.RootElement.GetProperty(name).GetInt32();

    private static bool Flag(JsonDocument report, string name) => report.RootElement.GetProperty(name).GetBoolean();

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
