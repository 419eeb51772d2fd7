namespace NodeReaper.Engine.Pressure;

/// <summary>
/// For how long one of the kernel's PSI alarms has gone off again and again: while tasks stall, the kernel tells once a
/// window. All times are in ticks of <see cref="System.Diagnostics.Stopwatch"/>.
/// </summary>
/// <param name="window">The PSI window in ticks: an alarm counts for as long.</param>
public struct StallClock(long window)
{
    private readonly long _window = window;
    private long _began;
    private long _at;

    /// <summary>Notes an alarm.</summary>
    /// <param name="now">When it went off.</param>
    public void Note(long now)
    {
        if (_at == 0 || now - _at >= 2 * _window)
        {
            _began = now;
        }

        _at = now;
    }

    /// <summary>Forgets the last alarm.</summary>
    public void Forget() => _at = 0;

    /// <summary>True when an alarm went off within the last window.</summary>
    /// <param name="now">The time.</param>
    public readonly bool IsStalling(long now) => _at > 0 && now - _at < _window;

    /// <summary>For how long alarms have followed each other; zero when there is none.</summary>
    /// <param name="now">The time.</param>
    public readonly TimeSpan StallingFor(long now) =>
        IsStalling(now) ? System.Diagnostics.Stopwatch.GetElapsedTime(_began, now) : TimeSpan.Zero;
}
