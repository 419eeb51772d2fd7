namespace NodeReaper.Agent.Kubernetes.Nodes;

/// <summary>
/// Whether the pressure does not end. It begins with a sign of it, a reading that is short or a kill, and ends when none has come for a while: kills
/// that come again and again are one pressure. The clock is one that nobody sets.
/// </summary>
/// <param name="after">It must have gone on for so long.</param>
/// <param name="quiet">It ends when no sign of it has come for so long.</param>
/// <param name="time">The clock.</param>
internal sealed class SustainedPressure(TimeSpan after, TimeSpan quiet, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long? _last;
    private long _first;

    /// <summary>True from when it has gone on for long enough until it ends.</summary>
    internal bool IsSustained
    {
        get
        {
            lock (_lock)
            {
                return _last is { } last && time.GetElapsedTime(last) < quiet && time.GetElapsedTime(_first, last) >= after;
            }
        }
    }

    /// <summary>A sign of pressure.</summary>
    internal void Note()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_last is not { } last || time.GetElapsedTime(last, now) >= quiet)
            {
                _first = now;
            }

            _last = now;
        }
    }
}
