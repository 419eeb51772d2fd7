using System.CommandLine;
using System.Text.Json;
using NodeReaper.Agent.Commands;
using NodeReaper.Agent.Hosting;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Tests.Recording;

/// <summary>Whatever was decided on, the record of it gives the same decision; and so does one of an earlier release.</summary>
public sealed class DecisionKindTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MadeIncident _incident;

    public DecisionKindTests() => _incident = new MadeIncident(_folder);

    public void Dispose()
    {
        _incident.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(MadeDecision.Shortage, "shortage", "kill", "batch/hog[hog-0]")]
    [InlineData(MadeDecision.PendingBytes, "shortage", "kill", "batch/hog[hog-0]")]
    [InlineData(MadeDecision.Graced, "shortage", "kill", "data/cache[cache-0]")]
    [InlineData(MadeDecision.GraceOver, "graceOver", "kill", "batch/hog[hog-0]")]
    [InlineData(MadeDecision.Capped, "shortage", "capped", "batch/hog[hog-0]")]
    [InlineData(MadeDecision.NoVictim, "shortage", "noVictim", null)]
    [InlineData(MadeDecision.ToldOf, "shortage", "kill", "data/cache[cache-0] (dry run)")]
    [InlineData(MadeDecision.Slice, "shortage", "kill", "data/cache[cache-0]")]
    [InlineData(MadeDecision.OwnLimit, "ownLimit", "kill", "batch/hog[hog-0]")]
    [InlineData(MadeDecision.KernelOom, "kernelOom", "wait", null)]
    [InlineData(MadeDecision.KernelOomInSlice, "kernelOom", "wait", null)]
    public void Every_kind_of_decision_is_replayed(MadeDecision made, string kind, string conclusion, string? plan)
    {
        var record = _incident.Record(PolicyFor(made) with { Record = new RecordPolicy { Directory = _folder.PathOf("records") } }, made);
        Keep(record, made);

        var (status, output) = Replay(record);

        Assert.Equal(0, status);
        using var report = JsonDocument.Parse(output);
        var decision = report.RootElement.GetProperty("decisions")[0];
        var replayed = decision.GetProperty("replayed");
        Assert.Equal((kind, conclusion), (decision.GetProperty("kind").GetString(), replayed.GetProperty("conclusion").GetString()));
        Assert.Equal(plan, replayed.GetProperty("plan").EnumerateArray().Select(name => name.GetString()).SingleOrDefault());
    }

    [Theory]
    [MemberData(nameof(RecordsOfEarlierReleases))]
    public void A_record_of_an_earlier_release_is_replayed(string name)
    {
        var (status, output) = Replay(Path.Combine(Earlier, name));

        Assert.True(status == 0, output);
    }

    [Fact]
    public void There_is_a_record_of_every_kind_of_decision() =>
        Assert.Equal(
            Enum.GetNames<MadeDecision>().Order(StringComparer.Ordinal),
            Directory.GetFiles(Earlier).Select(path => Path.GetFileName(path).Split('.')[0]).Distinct().Order(StringComparer.Ordinal));

    public static TheoryData<string> RecordsOfEarlierReleases => [.. Directory.GetFiles(Earlier).Select(path => Path.GetFileName(path)!)];

    private static string Earlier => Repository.PathOf("tests/NodeReaper.Agent.Tests/Recording/earlier");

    private static ReapPolicy PolicyFor(MadeDecision made) => made switch
    {
        MadeDecision.Graced => new ReapPolicy { Pressure = Wide },
        MadeDecision.ToldOf => new ReapPolicy { Pressure = Wide, DryRun = true },
        MadeDecision.NoVictim => new ReapPolicy { Protect = new ProtectPolicy { Namespaces = ["batch", "data", "kube-system"] } },
        MadeDecision.OwnLimit => new ReapPolicy { OwnLimit = new OwnLimitPolicy { Kill = true } },
        _ => new ReapPolicy(),
    };

    // With so much missing, one does not suffice.
    private static PressurePolicy Wide => new() { KillBelow = MemoryAmount.OfBytes(600L << 20), RecoverTo = MemoryAmount.OfBytes(700L << 20) };

    // KEEP_RECORDS=DIR: how the records of a release are made, one for each kind, to be checked in as KIND.VERSION.jsonl.
    private static void Keep(string record, MadeDecision made)
    {
        if (Environment.GetEnvironmentVariable("KEEP_RECORDS") is { } folder)
        {
            File.Copy(record, Path.Combine(folder, $"{made}.{AgentVersion.Text}.jsonl"), overwrite: true);
        }
    }

    private static (int Status, string Output) Replay(string record)
    {
        using var output = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false };
        var status = ReplayCommand.Create().Parse([record, "--output", "json"]).Invoke(configuration);
        return (status, output.ToString());
    }
}
