using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Recording;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Recording;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Replay;

/// <summary>Recomputes all of a record, under the policy that was in force or under another.</summary>
internal sealed class Replayer(string path, string? config, ReapPolicy? otherPolicy)
{
    private readonly List<ReplayedDecision> _decisions = [];
    private RecordHeader? _header;
    private ReapPolicy? _recorded;
    private int _samples;
    private int _samplesDiffering;
    private double? _shortFrom;
    private double? _shortFromReplayed;
    private RecordLook? _lastLook;
    private ReplayedFirst? _firstReplayed;
    private int _looks;
    private int _looksDiffering;

    /// <exception cref="IOException">The record cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The record cannot be read.</exception>
    /// <exception cref="RecordProblemException">The record is bad.</exception>
    internal ReplayReport Run()
    {
        var reader = new RecordReader(path);
        foreach (var (number, line) in reader.Read())
        {
            _header ??= line.Record;
            if (line.Policy is { } text)
            {
                _recorded = PolicyOf(number, text);
            }
            else if (line.Sample is { } sample)
            {
                Compare(number, sample);
            }
            else if (line.Look is { } look)
            {
                Look(number, look);
            }
            else if (line.Decision is { } decision)
            {
                Decide(number, decision);
            }
        }

        return new ReplayReport
        {
            Record = path,
            Agent = _header!.Agent,
            ReplayedBy = AgentVersion.Text,
            Node = _header.Node,
            Time = _header.Time,
            Config = config,
            TornAfterLine = reader.TornAfter,
            IsSame = _samplesDiffering == 0 && (_looksDiffering == 0 || otherPolicy is not null) && _decisions.TrueForAll(decision => decision is { Replayed: not null, Differences.Count: 0 }),
            Samples = _samples,
            SamplesDiffering = _samplesDiffering,
            ShortFromSeconds = _shortFrom,
            ShortFromSecondsReplayed = _shortFromReplayed,
            Looks = _looks,
            LooksDiffering = _looksDiffering,
            FirstReplayed = _firstReplayed,
            Decisions = _decisions,
        };
    }

    private ReapPolicy PolicyOf(int number, string text)
    {
        var load = PolicyFile.Parse("policy", text);
        return load.Options?.Policy
            ?? throw new RecordProblemException(path, number, $"has a policy that this nodereaper does not know: {load.Errors[0]}");
    }

    private ReapPolicy RecordedPolicy(int number) =>
        _recorded ?? throw new RecordProblemException(path, number, "stands in front of the first policy");

    private void Compare(int number, RecordSample sample)
    {
        var verdict = Occasion.VerdictOn(sample.Reading, (otherPolicy ?? RecordedPolicy(number)).Pressure, sample.Slice is not null);
        var seconds = SecondsAt(sample.Reading.Timestamp);
        _samples++;
        _samplesDiffering += verdict == sample.Verdict ? 0 : 1;
        _shortFrom ??= sample.Verdict.IsShort ? seconds : null;
        if (_shortFromReplayed is null && verdict.IsShort)
        {
            _shortFromReplayed = seconds;
            _firstReplayed = _lastLook is null ? null : FirstOf(number, _lastLook);
        }
    }

    private void Look(int number, RecordLook look)
    {
        _looks++;
        _looksDiffering += LookAgain(number, look) == look.First ? 0 : 1;
        _lastLook = look;
    }

    private ReplayedFirst? FirstOf(int number, RecordLook look) => LookAgain(number, look) is { } first
        ? new ReplayedFirst(DecisionText.NameOf(look.Candidates[first], look.Pods), SecondsAt(look.Timestamp), look.Candidates.Count, look.Total)
        : null;

    private int? LookAgain(int number, RecordLook look)
    {
        try
        {
            return LookReplay.FirstOf(look, otherPolicy ?? RecordedPolicy(number));
        }
        catch (FormatException error)
        {
            throw new RecordProblemException(path, number, $"is no look that can be ranked again: {error.Message}");
        }
    }

    private double SecondsAt(long timestamp) => Math.Round((timestamp - _header!.Timestamp) / (double)_header.TicksPerSecond, 3);

    private void Decide(int number, RecordDecision decision)
    {
        var recordedPolicy = RecordedPolicy(number);
        var recorded = DecisionText.Of(decision, recordedPolicy);
        var replayed = decision.IsWhole ? DecisionText.Of(decision, Redecide(number, decision, otherPolicy ?? recordedPolicy)) : null;
        var age = TimeSpan.FromSeconds((decision.Reading.Timestamp - _header!.Timestamp) / (double)_header.TicksPerSecond);
        _decisions.Add(new ReplayedDecision
        {
            Line = number,
            Time = _header.Time + age,
            Kind = CamelCase.Of(decision.Kind),
            Recorded = recorded,
            Replayed = replayed,
            Differences = replayed is null ? [] : [.. DecisionText.Differences(recorded, replayed)],
        });
    }

    private Redecision Redecide(int number, RecordDecision decision, ReapPolicy policy)
    {
        try
        {
            return new Redecision(FactsOfRecord.Of(decision), policy);
        }
        catch (FormatException error)
        {
            throw new RecordProblemException(path, number, $"is no decision that can be recomputed: {error.Message}");
        }
    }
}
