namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>Whether something may be told.</summary>
internal enum Telling
{
    /// <summary>It may.</summary>
    Now,

    /// <summary>It may, and nothing more for the rest of the minute.</summary>
    Last,

    /// <summary>Enough was told.</summary>
    NotNow,
}

/// <summary>A highest number of lines a minute, for what tenants can cause as often as they like.</summary>
internal sealed class TellingRate(int maxPerMinute, TimeProvider time)
{
    private long _begin = time.GetTimestamp();
    private int _count;

    internal Telling Next()
    {
        if (time.GetElapsedTime(_begin) >= TimeSpan.FromMinutes(1))
        {
            _begin = time.GetTimestamp();
            _count = 0;
        }

        _count++;
        return _count < maxPerMinute ? Telling.Now : _count == maxPerMinute ? Telling.Last : Telling.NotNow;
    }
}
