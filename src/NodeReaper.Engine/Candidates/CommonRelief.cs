using NodeReaper.Engine.Killing;

namespace NodeReaper.Engine.Candidates;

/// <summary>What the deaths of several give back together: a Pod that dies as a whole counts once, whichever of its containers is chosen. Pure functions.</summary>
public static class CommonRelief
{
    /// <summary>What all their deaths give back, in bytes. Allocates nothing.</summary>
    /// <param name="all">The candidates.</param>
    /// <param name="chosen">Who dies, as indexes of them.</param>
    public static long Of(ReadOnlySpan<Candidate> all, ReadOnlySpan<int> chosen)
    {
        long bytes = 0;
        for (var i = 0; i < chosen.Length; i++)
        {
            bytes += Added(all, chosen[i], chosen[..i]);
        }

        return bytes;
    }

    /// <summary>What one more death gives back beside others, in bytes: 0 when it dies along with one of them. Allocates nothing.</summary>
    /// <param name="all">The candidates.</param>
    /// <param name="index">Which one it is.</param>
    /// <param name="others">The others; it is none of them.</param>
    public static long Added(ReadOnlySpan<Candidate> all, int index, ReadOnlySpan<int> others)
    {
        ref readonly var candidate = ref all[index];
        var bytes = candidate.ReliefBytes;
        if (candidate.Pod is not { KillScope: KillScope.Pod } pod)
        {
            return bytes;
        }

        foreach (var other in others)
        {
            ref readonly var sibling = ref all[other];
            if (!ReferenceEquals(sibling.Pod, pod))
            {
                continue;
            }

            if (sibling.Scope == KillScope.Pod && candidate.DiesAlongWith(sibling))
            {
                return 0;
            }

            bytes -= candidate.Scope == KillScope.Pod && sibling.DiesAlongWith(candidate) ? sibling.OwnReliefBytes : 0;
        }

        return bytes;
    }
}
