using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Engine.Recording;

/// <summary>The largest containers at a moment at which nothing was decided, and who would have been the first to die. Made once and filled again.</summary>
public sealed class RecordedLook
{
    /// <summary>The most candidates that are kept: those that hold the most.</summary>
    public const int MaxCandidates = 32;

    private readonly RecordedContainers _containers = new(MaxCandidates);
    private readonly int[] _largest = new int[MaxCandidates];

    /// <summary>When the signals were read, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long Timestamp { get; private set; }

    /// <summary>The policy in force.</summary>
    public ReapPolicy Policy { get; private set; } = new();

    /// <summary>How many containers there were.</summary>
    public int Total { get; private set; }

    /// <summary>Who would have been the first to die, as an index of <see cref="Candidates"/>; -1 when nobody might be killed.</summary>
    public int First { get; private set; }

    /// <summary>The largest, and the first to die.</summary>
    public ReadOnlySpan<RecordedCandidate> Candidates => _containers.All;

    /// <summary>The path of a candidate's cgroup.</summary>
    /// <param name="candidate">One of <see cref="Candidates"/>.</param>
    public string PathOf(in RecordedCandidate candidate) => _containers.PathOf(candidate);

    /// <summary>The UID of a candidate's Pod.</summary>
    /// <param name="candidate">One of <see cref="Candidates"/>.</param>
    public string PodUidOf(in RecordedCandidate candidate) => _containers.PodUidOf(candidate);

    /// <summary>The runtime's ID of a candidate.</summary>
    /// <param name="candidate">One of <see cref="Candidates"/>.</param>
    public string ContainerIdOf(in RecordedCandidate candidate) => _containers.ContainerIdOf(candidate);

    internal void Fill(long timestamp, ReapPolicy policy, CandidateSnapshot snapshot, VictimRanking ranking)
    {
        Timestamp = timestamp;
        Policy = policy;
        Total = snapshot.Count;
        First = -1;
        _containers.Clear();
        var first = ranking.Count > 0 ? ranking.Order[0] : -1;
        var all = snapshot.All;
        foreach (var index in FindLargest(all, first))
        {
            if (_containers.TryAdd(all[index]) && index == first)
            {
                First = _containers.All.Length - 1;
            }
        }
    }

    // The first to die is in front, however small.
    private ReadOnlySpan<int> FindLargest(ReadOnlySpan<Candidate> all, int first)
    {
        var count = 0;
        if (first >= 0)
        {
            _largest[count++] = first;
        }

        var sortedFrom = count;
        for (var i = 0; i < all.Length; i++)
        {
            if (i == first || (count == MaxCandidates && all[_largest[count - 1]].FreeableBytes >= all[i].FreeableBytes))
            {
                continue;
            }

            var place = count < MaxCandidates ? count++ : count - 1;
            for (; place > sortedFrom && all[_largest[place - 1]].FreeableBytes < all[i].FreeableBytes; place--)
            {
                _largest[place] = _largest[place - 1];
            }

            _largest[place] = i;
        }

        return _largest.AsSpan(0, count);
    }
}
