using System.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Engine.Reporting;

/// <summary>A candidate as a report keeps it: a copy, because the cgroup it came from is used again.</summary>
public struct ReportedCandidate
{
    private const int MaxIdLength = 64;
    private IdBytes _containerId;
    private int _containerIdLength;
    private UidChars _uid;
    private int _uidLength;

    /// <summary>What was decided on; its cgroup must not be used any more.</summary>
    public Candidate Facts;

    /// <summary>The key that put it in front of the next one; null for the last, or when only the UIDs differ.</summary>
    public RankingKey? DecidingKey;

    /// <summary>The kernel's ID of its cgroup.</summary>
    public long CgroupId;

    /// <summary>The UID of its Pod.</summary>
    public readonly string PodUid => new(((ReadOnlySpan<char>)_uid)[.._uidLength]);

    /// <summary>The runtime's ID of its container.</summary>
    public readonly string ContainerId => Encoding.UTF8.GetString(((ReadOnlySpan<byte>)_containerId)[.._containerIdLength]);

    internal void Keep(in Candidate candidate, RankingKey? decidingKey)
    {
        Facts = candidate;
        DecidingKey = decidingKey;
        CgroupId = candidate.CgroupId;
        var uid = candidate.Cgroup.PodUid;
        _uidLength = Math.Min(uid.Length, KubepodsName.MaxUidLength);
        uid[.._uidLength].CopyTo(_uid);
        var id = candidate.Cgroup.ContainerId;
        _containerIdLength = Math.Min(id.Length, MaxIdLength);
        id[.._containerIdLength].CopyTo(_containerId);
        Facts.Cgroup = null!;
    }

    [System.Runtime.CompilerServices.InlineArray(MaxIdLength)]
    private struct IdBytes
    {
        private byte _first;
    }

    [System.Runtime.CompilerServices.InlineArray(KubepodsName.MaxUidLength)]
    private struct UidChars
    {
        private char _first;
    }
}
