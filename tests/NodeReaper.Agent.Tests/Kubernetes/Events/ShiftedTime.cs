namespace NodeReaper.Agent.Tests.Kubernetes.Events;

/// <summary>The time of this machine, and as much more as a test wants; its wall clock can be set, too.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;
    private long _jump;

    /// <summary>Time passes, on the clock that nobody sets and on the wall.</summary>
    internal void Advance(TimeSpan by) => Interlocked.Add(ref _shift, (long)(by.TotalSeconds * TimestampFrequency));

    /// <summary>Somebody sets the wall clock.</summary>
    internal void Jump(TimeSpan by) => Interlocked.Add(ref _jump, by.Ticks);

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _shift);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow()
        + TimeSpan.FromSeconds(Interlocked.Read(ref _shift) / (double)TimestampFrequency) + TimeSpan.FromTicks(Interlocked.Read(ref _jump));
}
