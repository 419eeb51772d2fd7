using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Engine.Killing;

/// <summary>Finds the largest of many processes by oom_score, which takes no reference to anybody's memory. The buffers are made once.</summary>
internal sealed class LargestProcesses(ProcessFiles proc, int capacity)
{
    private readonly int[] _ids = new int[capacity];
    private readonly long[] _bySize = new long[capacity];

    /// <summary>The largest, the largest of all first; all of them as they come, where there are not more.</summary>
    /// <param name="listed">The processes.</param>
    /// <param name="most">How many.</param>
    /// <returns>Good until the next call.</returns>
    internal ReadOnlySpan<int> Of(ReadOnlySpan<int> listed, int most)
    {
        var ids = _ids.AsSpan(0, Math.Min(listed.Length, most));
        if (listed.Length <= most)
        {
            listed.CopyTo(ids);
            return ids;
        }

        var bySize = _bySize.AsSpan(0, listed.Length);
        for (var i = 0; i < listed.Length; i++)
        {
            var score = proc.OomScore(listed[i]);
            bySize[i] = ((score.Succeeded ? -score.Value : 1) << 32) | (uint)listed[i];
        }

        // Without a comparison, NativeAOT makes one for each sort.
        bySize.Sort(static (a, b) => a.CompareTo(b));
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = (int)(uint)bySize[i];
        }

        return ids;
    }
}
