namespace NodeReaper.Agent.Reporting;

/// <summary>A highest number of lines a minute, for what tenants, scrapers or a full disk can cause as often as they like. Safe from any thread.</summary>
internal sealed class TellingRate(int maxPerMinute, TimeProvider time)
{
    private readonly Lock _counting = new();
    private long _begin = time.GetTimestamp();
    private int _count;

    /// <summary>The line as it may be told: the last one says that no more are; null when enough was told.</summary>
    internal string? Line(string line)
    {
        lock (_counting)
        {
            if (time.GetElapsedTime(_begin) >= TimeSpan.FromMinutes(1))
            {
                _begin = time.GetTimestamp();
                _count = 0;
            }

            // No more than it takes to know: it must not overflow.
            _count = Math.Min(_count + 1, maxPerMinute + 1);
            return _count < maxPerMinute ? line : _count == maxPerMinute ? $"{line}; more within this minute are not told" : null;
        }
    }
}
