using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Reporting;

/// <summary>What became of the shortages in which a dry run only told.</summary>
/// <param name="Needed">The kernel's OOM killer had to act afterwards: a kill would have come before it.</param>
/// <param name="Needless">It did not: the node got by without a kill.</param>
/// <param name="Missed">It acted, and nothing had been told before.</param>
internal sealed record DryRunScore(long Needed, long Needless, long Missed);

/// <summary>Compares what a dry run would have done with what the kernel then had to do: how an operator learns to trust it.</summary>
internal sealed class DryRunLedger(TimeProvider time) : IReportSink
{
    // Where nobody is killed and memory is short for good, the kernel acts within seconds.
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private DryRunScore _score = new(0, 0, 0);
    private long? _toldAt;

    public string Name => "dryRun";

    /// <summary>The score so far.</summary>
    internal DryRunScore Score
    {
        get
        {
            lock (_lock)
            {
                Settle();
                return _score;
            }
        }
    }

    public void Write(ReapReport report)
    {
        if (report.Kind == ReportKind.DryRun && report.Verdict.Signal != Occasion.OwnLimit)
        {
            NoteWouldKill();
        }
        else if (report.Kind == ReportKind.KernelOom)
        {
            NoteKernelKill(report.LateReason, report.IsDryRun);
        }
    }

    /// <summary>Notes that somebody would have been killed.</summary>
    internal void NoteWouldKill()
    {
        lock (_lock)
        {
            Settle();
            _toldAt = time.GetTimestamp();
        }
    }

    /// <summary>Notes that the kernel's OOM killer acted.</summary>
    /// <param name="reason">Why it came first.</param>
    /// <param name="isDryRun">True in a dry run of all, or of some namespaces.</param>
    internal void NoteKernelKill(LateReason reason, bool isDryRun)
    {
        lock (_lock)
        {
            Settle();
            if (_toldAt is not null)
            {
                _toldAt = null;
                _score = _score with { Needed = _score.Needed + 1 };
            }
            else if (isDryRun && reason == LateReason.NoShortageSeen)
            {
                _score = _score with { Missed = _score.Missed + 1 };
            }
        }
    }

    private void Settle()
    {
        if (_toldAt is { } toldAt && time.GetElapsedTime(toldAt) > Window)
        {
            _toldAt = null;
            _score = _score with { Needless = _score.Needless + 1 };
        }
    }
}
