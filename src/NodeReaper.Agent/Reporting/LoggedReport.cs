using System.Collections;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Reporting;

/// <summary>A report as a line of the log: the sentence as text, and for a log that is read by programs what one filters by, named as in the incident file.</summary>
internal sealed class LoggedReport : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly string _text;
    private readonly List<KeyValuePair<string, object?>> _fields = [];

    /// <param name="report">The report, of which nothing is kept.</param>
    /// <param name="text">The sentence.</param>
    internal LoggedReport(ReapReport report, string text)
    {
        _text = text;
        Add("kind", CamelCase.Of(report.Kind));
        Add("sequence", report.Sequence);
        Add("signal", report.Verdict.Signal);
        Add("slice", report.SlicePath);
        if (report.HasVictim)
        {
            var facts = report.Victim.Facts;
            Add("namespace", facts.Pod?.Namespace);
            Add("pod", facts.Pod?.Name);
            Add("podUid", report.Victim.PodUid);
            Add("container", facts.Container?.Name);
            Add("decidingKey", report.Victim.DecidingKey?.Name);
        }

        if (report.Kind is ReportKind.Killed or ReportKind.Refused)
        {
            Add("outcome", IncidentRecords.OutcomeOf(report));
        }

        if (report.Kind == ReportKind.Killed)
        {
            Add("freedBytes", report.Relief.FreedBytes);
            Add("freedMilliseconds", ReportSentence.Milliseconds(report.Outcome.DecidedAt, report.Relief.FreedAt));
        }

        if (report.Kind == ReportKind.KernelOom)
        {
            Add("late", CamelCase.Of(report.LateReason));
        }
    }

    public int Count => _fields.Count;

    public KeyValuePair<string, object?> this[int index] => _fields[index];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => _text;

    // What does not apply is left out.
    private void Add(string name, object? value)
    {
        if (value is not null)
        {
            _fields.Add(new(name, value));
        }
    }
}
