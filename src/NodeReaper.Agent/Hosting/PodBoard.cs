using System.Diagnostics;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Hosting;

/// <summary>Where whoever knows the Pods puts the newest snapshot, and the pressure thread finds it.</summary>
internal sealed class PodBoard
{
    private volatile PodSnapshot _newest = PodSnapshot.Empty;
    private long _confirmedAt;

    internal PodSnapshot Newest
    {
        get => _newest;
        set
        {
            _newest = value;
            Confirm();
        }
    }

    /// <summary>How long ago the Pods were last known to be as they are; null when nobody has told yet.</summary>
    internal TimeSpan? Age => Volatile.Read(ref _confirmedAt) is > 0 and var at ? Stopwatch.GetElapsedTime(at) : null;

    /// <summary>Notes that the newest snapshot still holds.</summary>
    internal void Confirm() => Volatile.Write(ref _confirmedAt, Stopwatch.GetTimestamp());
}
