using System.Diagnostics;
using System.Text;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Candidates;

/// <summary>What runs in a container's cgroup, as far as safety goes.</summary>
public enum ContainerRole
{
    /// <summary>Not looked at yet, or nothing runs in it.</summary>
    Unknown,

    /// <summary>An app container.</summary>
    App,

    /// <summary>The sandbox (pause) container.</summary>
    Sandbox,

    /// <summary>A system process is in it.</summary>
    System,

    /// <summary>Still being set up by the runtime.</summary>
    Starting,

    /// <summary>The agent itself is in it.</summary>
    Own,
}

/// <summary>
/// A container's cgroup, found below a kubepods tree and kept open. These come from a pool and are filled again, so
/// that a container that appears while memory is short costs no allocation.
/// </summary>
public sealed class ContainerCgroup
{
    private const int MaxPathLength = 1024;

    private readonly byte[] _path = new byte[MaxPathLength];
    private readonly char[] _uid = new char[KubepodsName.MaxUidLength];
    private int _pathLength;
    private int _uidLength;
    private int _idStart;
    private int _idLength;
    private long _quarantinedUntil;
    private PodSnapshot? _joinedWith;

    /// <summary>The kernel's ID of the cgroup; it rises with each new one.</summary>
    public long Id { get; private set; }

    /// <summary>The open directory.</summary>
    public CgroupDirectory Directory { get; private set; }

    /// <summary>Its memory files, open; none when they could not be opened.</summary>
    public MemoryFiles MemoryFiles { get; private set; } = MemoryFiles.None;

    /// <summary>The QoS class that the path tells.</summary>
    public QosClass QosClass { get; private set; }

    /// <summary>The UID of its Pod, with dashes.</summary>
    public ReadOnlySpan<char> PodUid => _uid.AsSpan(0, _uidLength);

    /// <summary>The path below the cgroup root, in UTF-8, without a slash in front.</summary>
    public ReadOnlySpan<byte> PathBytes => _path.AsSpan(0, _pathLength);

    /// <summary>The runtime's ID of the container.</summary>
    public ReadOnlySpan<byte> ContainerId => _path.AsSpan(_idStart, _idLength);

    /// <summary>The path below the cgroup root as text.</summary>
    public string Path => Encoding.UTF8.GetString(PathBytes);

    /// <summary>Its Pod in the snapshot it was last joined with.</summary>
    public PodFacts? Pod { get; private set; }

    /// <summary>Its container in that Pod.</summary>
    public ContainerFacts? Container { get; private set; }

    /// <summary>What runs in it.</summary>
    public ContainerRole Role { get; internal set; }

    /// <summary>True while it must not be chosen: it was killed and is not gone, or could not be looked at a moment ago.</summary>
    public bool IsQuarantined => _quarantinedUntil == long.MaxValue || Stopwatch.GetTimestamp() < _quarantinedUntil;

    /// <summary>True when the kubelet gave it the OOM score of what the node cannot do without.</summary>
    public bool IsNodeCritical { get; internal set; }

    /// <summary>
    /// True once the scope that its Pod asks for did not serve in this shortage: its largest process alone was killed in vain, or its Pod as
    /// one was refused. The next time, all of it dies, and nothing but it.
    /// </summary>
    public bool IsWidened { get; internal set; }

    /// <summary>True once a dry run has told of it, or of the Pod that it would die with, until the pressure is gone.</summary>
    public bool IsToldOf { get; internal set; }

    /// <summary>A container as it was when something was decided; there are no files behind it.</summary>
    /// <param name="id">The kernel's ID of the cgroup.</param>
    /// <param name="qosClass">What the path tells.</param>
    /// <param name="path">The path below the cgroup root.</param>
    /// <param name="uid">The UID of its Pod.</param>
    /// <param name="containerId">The runtime's ID of the container, as in the path.</param>
    /// <param name="role">What ran in it.</param>
    /// <param name="isNodeCritical">See <see cref="IsNodeCritical"/>.</param>
    /// <param name="isWidened">See <see cref="IsWidened"/>.</param>
    /// <returns>Null when the path or the UID is too long for a container's.</returns>
    public static ContainerCgroup? OfRecord(
        long id, QosClass qosClass, string path, string uid, string containerId, ContainerRole role, bool isNodeCritical, bool isWidened)
    {
        var cgroup = new ContainerCgroup();
        var uidBytes = Encoding.UTF8.GetBytes(uid);
        return uidBytes.Length <= KubepodsName.MaxUidLength
            && cgroup.Fill(id, CgroupDirectory.None, qosClass, uidBytes, Encoding.UTF8.GetBytes(path), Encoding.UTF8.GetBytes(containerId))
            ? cgroup.As(role, isNodeCritical, isWidened)
            : null;
    }

    /// <summary>Keeps it from being chosen for as long as its cgroup is there.</summary>
    internal void Quarantine() => _quarantinedUntil = long.MaxValue;

    /// <summary>Keeps it from being chosen for a while: what went wrong may pass.</summary>
    internal void QuarantineFor(TimeSpan time) =>
        _quarantinedUntil = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>When its grace period ends, in ticks of <see cref="Stopwatch"/>; 0 when it was not asked to end.</summary>
    internal long GraceEnds { get; set; }

    /// <summary>When it was asked to end, in ticks of <see cref="Stopwatch"/>; of use only while it is.</summary>
    internal long AskedAt { get; set; }

    /// <summary>What memory.high was before it was slowed down, in bytes.</summary>
    internal long HighBefore { get; set; }

    /// <summary>What memory.high was set to, in bytes; 0 when it is not slowed down.</summary>
    internal long ThrottledAt { get; set; }

    /// <summary>When that was needed last, in ticks of <see cref="Stopwatch"/>.</summary>
    internal long ThrottleNeededAt { get; set; }

    /// <summary>True once it was looked at for what an agent before this one left behind.</summary>
    internal bool IsLookedAtForMarks { get; set; }

    /// <summary>Until when there is nothing to reclaim, in ticks of <see cref="Stopwatch"/>.</summary>
    internal long BarrenUntil { get; set; }

    /// <summary>The lower of its memory.swap.max and that of its Pod, in bytes; null when they were not read yet.</summary>
    internal long? SwapLimitBytes { get; set; }

    /// <summary>How often it, or its Pod, had met a limit when it was last asked whose the node's stalls are.</summary>
    internal long LimitHits { get; set; }

    /// <summary>What some task of it had waited for memory when it was last asked whose the node's stalls are, in microseconds.</summary>
    internal long StalledMicroseconds { get; set; }

    internal MemoryEvents LastEvents { get; set; }

    /// <summary>As they were read just now; see <see cref="KernelOomVictims"/>.</summary>
    internal MemoryEvents Events { get; set; }

    internal MemoryEvents LastPodEvents { get; set; }

    internal MemoryEvents PodEvents { get; set; }

    /// <summary>True once the Pod's own events were looked at by way of this container.</summary>
    internal bool KnowsPodEvents { get; set; }

    internal LivelockState Livelock { get; set; }

    internal long SeenInWalk { get; set; }

    internal long LastFreeableBytes { get; set; }

    /// <summary>Since when its growth is measured, in ticks of <see cref="Stopwatch"/>, and from how many bytes.</summary>
    internal long GrowthSince { get; set; }

    internal long GrowthFromBytes { get; set; }

    internal long GrowthBytesPerSecond { get; set; }

    /// <summary>What it used at the last mark, and at the one before; see <see cref="RecentGrowth"/>.</summary>
    internal long MarkedBytes { get; set; }

    internal long MarkedBytesBefore { get; set; }

    /// <summary>True while it was not there yet at the mark before the last: what it has since then may be what it started with.</summary>
    internal bool IsNew { get; set; }

    /// <summary>True until it is known how fast it grows.</summary>
    internal bool IsFirstLook { get; set; }

    internal bool Fill(
        long id, CgroupDirectory directory, QosClass qosClass, ReadOnlySpan<byte> uid, ReadOnlySpan<byte> path, ReadOnlySpan<byte> containerId)
    {
        if (path.Length > MaxPathLength)
        {
            return false;
        }

        Id = id;
        Directory = directory;
        MemoryFiles = MemoryFiles.Open(directory, out _);
        QosClass = qosClass;
        _uidLength = KubepodsName.WriteUid(uid, _uid);
        path.CopyTo(_path);
        _pathLength = path.Length;
        _idStart = path.LastIndexOf(containerId);
        _idLength = containerId.Length;
        _joinedWith = null;
        Pod = null;
        Container = null;
        Role = ContainerRole.Unknown;
        _quarantinedUntil = 0;
        IsToldOf = false;
        IsWidened = false;
        IsNodeCritical = false;
        GraceEnds = 0;
        ThrottledAt = 0;
        IsLookedAtForMarks = false;
        BarrenUntil = 0;
        SwapLimitBytes = null;
        LimitHits = 0;
        StalledMicroseconds = 0;
        Livelock = default;
        LastEvents = default;
        LastPodEvents = default;
        KnowsPodEvents = false;
        GrowthSince = 0;
        GrowthFromBytes = 0;
        LastFreeableBytes = 0;
        GrowthBytesPerSecond = 0;
        MarkedBytes = 0;
        MarkedBytesBefore = 0;
        IsNew = true;
        IsFirstLook = true;
        return true;
    }

    internal void Release()
    {
        MemoryFiles.Close();
        MemoryFiles = MemoryFiles.None;
        Directory.Close();
        Directory = CgroupDirectory.None;
    }

    /// <summary>Finds its Pod and container in a snapshot, once for each snapshot.</summary>
    internal void Join(PodSnapshot pods)
    {
        if (ReferenceEquals(_joinedWith, pods))
        {
            return;
        }

        _joinedWith = pods;
        Pod = pods.Find(PodUid);
        Container = FindContainer(Pod);
    }

    private ContainerCgroup As(ContainerRole role, bool isNodeCritical, bool isWidened)
    {
        Role = role;
        IsNodeCritical = isNodeCritical;
        IsWidened = isWidened;
        return this;
    }

    private ContainerFacts? FindContainer(PodFacts? pod)
    {
        if (pod is null)
        {
            return null;
        }

        // An index, not foreach: an enumerator of an interface is allocated.
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            if (pod.Containers[i].ContainerId is { } id && IsContainerId(id))
            {
                return pod.Containers[i];
            }
        }

        // With one container and no ID to go by, it can only be that one (or the sandbox, which is told by what runs in it).
        return pod.Containers.Count == 1 && pod.Containers[0].ContainerId is null && !pod.HasInitContainers ? pod.Containers[0] : null;
    }

    private bool IsContainerId(string id)
    {
        var own = ContainerId;
        if (id.Length != own.Length)
        {
            return false;
        }

        for (var i = 0; i < id.Length; i++)
        {
            if (id[i] != own[i])
            {
                return false;
            }
        }

        return true;
    }
}
