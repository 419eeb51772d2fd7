using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Reporting;

/// <summary>What became of the shortages in which a dry run only told.</summary>
/// <param name="Needed">The kernel's OOM killer had to act afterwards: a kill would have come before it.</param>
/// <param name="Needless">It did not: the node got by without a kill.</param>
/// <param name="Missed">It acted, and nothing had been told before.</param>
internal sealed record DryRunScore(long Needed, long Needless, long Missed);

/// <summary>Compares what a dry run would have done with what the kernel then had to do: how an operator learns to trust it.</summary>
/// <param name="time">The clock of the readings.</param>
/// <param name="overAt">When the last shortage was over in which somebody was told of, by that clock; 0 is never.</param>
internal sealed class DryRunLedger(TimeProvider time, Func<long> overAt) : IReportSink
{
    // What comes back within that time is the same shortage: it was over for a moment only.
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private DryRunScore _score = new(0, 0, 0);
    private long? _toldAt;
    private long? _judgedAt;

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

    // The shortage that was judged goes on: whoever else is told of in it, or killed by the kernel, does not count again.
    private bool IsJudged => overAt() <= _judgedAt;

    public void Write(ReapReport report)
    {
        if (report.Verdict.Signal == Occasion.OwnLimit)
        {
            return;
        }

        switch (report.Kind)
        {
            case ReportKind.DryRun:
                NoteWouldKill(report.Reading.Timestamp);
                break;
            case ReportKind.KernelOom:
                NoteKernelKill(report.Reading.Timestamp, report.LateReason, report.IsDryRun);
                break;
            case ReportKind.Killed:
                NoteKill(report.Reading.Timestamp);
                break;
        }
    }

    /// <summary>Notes that somebody would have been killed.</summary>
    /// <param name="timestamp">When the signals were read.</param>
    internal void NoteWouldKill(long timestamp)
    {
        lock (_lock)
        {
            Settle();
            if (!IsJudged)
            {
                _toldAt = timestamp;
                _judgedAt = null;
            }
        }
    }

    /// <summary>Notes that the kernel's OOM killer acted.</summary>
    /// <param name="timestamp">When the signals were read that told of it.</param>
    /// <param name="reason">Why it came first.</param>
    /// <param name="isDryRun">True in a dry run of all, or of some namespaces.</param>
    internal void NoteKernelKill(long timestamp, LateReason reason, bool isDryRun)
    {
        lock (_lock)
        {
            Settle();
            if (_toldAt is not null || (reason == LateReason.DryRun && !IsJudged))
            {
                Judge(timestamp);
                _score = _score with { Needed = _score.Needed + 1 };
            }
            else if (isDryRun && reason is (LateReason.NoShortageSeen or LateReason.StallAtOwnLimits or LateReason.AgentHadNoTurn or LateReason.SwapLeft))
            {
                _score = _score with { Missed = _score.Missed + 1 };
            }
        }
    }

    /// <summary>Notes that the agent killed for real, of another namespace: what would have come of the shortage without that, nobody knows.</summary>
    /// <param name="timestamp">When the signals were read.</param>
    internal void NoteKill(long timestamp)
    {
        lock (_lock)
        {
            Settle();
            if (_toldAt is not null)
            {
                Judge(timestamp);
            }
        }
    }

    private void Judge(long timestamp)
    {
        _toldAt = null;
        _judgedAt = timestamp;
    }

    private void Settle()
    {
        if (overAt() is var over && over > _toldAt && time.GetElapsedTime(over) > Window)
        {
            _toldAt = null;
            _score = _score with { Needless = _score.Needless + 1 };
        }
    }
}
