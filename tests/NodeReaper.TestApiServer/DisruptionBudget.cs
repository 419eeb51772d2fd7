namespace NodeReaper.TestApiServer;

/// <summary>A PodDisruptionBudget, with what its controller has found that it allows.</summary>
/// <param name="podNamespace">Its namespace.</param>
/// <param name="app">It selects the Pods with this label <c>app</c>.</param>
/// <param name="allowed">status.disruptionsAllowed.</param>
public sealed class DisruptionBudget(string podNamespace, string app, int allowed)
{
    private int _allowed = allowed;

    /// <summary>How many of its Pods may go now.</summary>
    public int Allowed
    {
        get => Volatile.Read(ref _allowed);
        set => Volatile.Write(ref _allowed, value);
    }

    internal bool Selects(string ofNamespace, string? ofApp) => (podNamespace, app) == (ofNamespace, ofApp);

    internal bool TryTake()
    {
        for (var seen = Allowed; seen > 0; seen = Allowed)
        {
            if (Interlocked.CompareExchange(ref _allowed, seen - 1, seen) == seen)
            {
                return true;
            }
        }

        return false;
    }
}
