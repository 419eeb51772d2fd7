namespace NodeReaper.Agent.Tests.Kubernetes.Events;

/// <summary>The time of this machine, and as much more as a test wants.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shift;

    internal void Advance(TimeSpan by) => Interlocked.Add(ref _shift, (long)(by.TotalSeconds * TimestampFrequency));

    public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _shift);
}
