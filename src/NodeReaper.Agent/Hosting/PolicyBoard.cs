using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Hosting;

/// <summary>Where whoever reads the policy file puts the newest policy, and the pressure thread finds it.</summary>
/// <param name="first">The policy at start.</param>
internal sealed class PolicyBoard(ReapPolicy first)
{
    private volatile ReapPolicy _newest = first;

    internal ReapPolicy Newest
    {
        get => _newest;
        set => _newest = value;
    }
}
