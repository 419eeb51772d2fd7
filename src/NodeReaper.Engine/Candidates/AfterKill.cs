namespace NodeReaper.Engine.Candidates;

/// <summary>What becomes of a Pod after one of its containers was killed (annotation <c>nodereaper.io/after-kill</c>).</summary>
public enum AfterKill
{
    /// <summary>The kubelet restarts the container, as the Pod's restartPolicy says.</summary>
    Restart,

    /// <summary>The Pod is evicted: whatever made it may make another, elsewhere.</summary>
    Evict,
}
