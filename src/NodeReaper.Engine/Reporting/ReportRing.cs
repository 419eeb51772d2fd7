using NodeReaper.Kernel.Polling;

namespace NodeReaper.Engine.Reporting;

/// <summary>
/// Takes reports from the kill path to the drain thread without allocating or waiting. One thread fills, one drains.
/// When it is full, the newest report is dropped and counted: those that tell how an incident began are kept.
/// </summary>
public sealed class ReportRing : IDisposable
{
    private readonly ReapReport[] _reports;
    private readonly WakeUp _filled = new();
    private long _head;
    private long _tail;
    private long _dropped;

    /// <summary>Makes the reports.</summary>
    /// <param name="capacity">How many can wait to be drained.</param>
    public ReportRing(int capacity)
    {
        _reports = new ReapReport[capacity];
        for (var i = 0; i < capacity; i++)
        {
            _reports[i] = new ReapReport();
        }
    }

    /// <summary>How many reports were dropped because the ring was full.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Takes the next free report to fill; null when there is none. Call <see cref="Publish"/> when it is filled.</summary>
    public ReapReport? Rent()
    {
        if (_tail - Volatile.Read(ref _head) >= _reports.Length)
        {
            Volatile.Write(ref _dropped, _dropped + 1);
            return null;
        }

        var report = _reports[_tail % _reports.Length];
        report.Sequence = _tail;
        return report;
    }

    /// <summary>Hands the report that was rented last over to the drain thread.</summary>
    public void Publish()
    {
        Volatile.Write(ref _tail, _tail + 1);
        _filled.Raise();
    }

    /// <summary>Gives away every waiting report.</summary>
    /// <param name="take">Who takes them, and throws nothing: a report is given once.</param>
    public void Drain(Action<ReapReport> take)
    {
        while (_head < Volatile.Read(ref _tail))
        {
            take(_reports[_head % _reports.Length]);
            Volatile.Write(ref _head, _head + 1);
        }
    }

    /// <summary>Waits for a report.</summary>
    /// <param name="timeoutMilliseconds">How long, in milliseconds.</param>
    public void Wait(int timeoutMilliseconds) => _filled.Wait(timeoutMilliseconds);

    /// <inheritdoc/>
    public void Dispose() => _filled.Dispose();
}
