using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Hosting;

/// <summary>Where whoever knows the Pods puts the newest snapshot, and the pressure thread finds it.</summary>
internal sealed class PodBoard
{
    private volatile PodSnapshot _newest = PodSnapshot.Empty;

    internal PodSnapshot Newest
    {
        get => _newest;
        set => _newest = value;
    }
}
