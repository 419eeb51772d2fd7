using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Hosting;

/// <summary>Where whoever knows the Pods puts the newest snapshot, and the pressure thread finds it.</summary>
internal sealed class PodBoard(TimeProvider time)
{
    private volatile PodSnapshot _newest = PodSnapshot.Empty;
    private long _confirmedAt = long.MinValue;

    public PodBoard()
        : this(TimeProvider.System)
    {
    }

    internal PodSnapshot Newest
    {
        get => _newest;
        set
        {
            _newest = value;
            Confirm();
        }
    }

    /// <summary>
    /// For how long nobody has confirmed that the Pods are as the snapshot says; null when nobody ever has. The wall clock may
    /// be set meanwhile: it is not asked.
    /// </summary>
    internal TimeSpan? Age => Volatile.Read(ref _confirmedAt) is var at && at == long.MinValue ? null : time.GetElapsedTime(at);

    /// <summary>Takes note that the Pods still are as the snapshot says.</summary>
    internal void Confirm() => Volatile.Write(ref _confirmedAt, time.GetTimestamp());
}
