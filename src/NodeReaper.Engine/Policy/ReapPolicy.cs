using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Engine.Policy;

/// <summary>
/// Everything that the administrator can decide, with the defaults. Immutable; a key's name in the policy file is the
/// name of its property here, in camelCase.
/// </summary>
public sealed record ReapPolicy
{
    /// <summary>Decide and report, but send no signal.</summary>
    public bool DryRun { get; init; }

    /// <summary>
    /// Of Pods in these namespaces it is only told that they would be killed, and nobody dies in their place. While there are any, the same
    /// goes for containers whose Pod is not known.
    /// </summary>
    public IReadOnlyList<string> DryRunNamespaces { get; init; } = [];

    /// <summary>When the node counts as short of memory.</summary>
    public PressurePolicy Pressure { get; init; } = new();

    /// <summary>What is tried before anybody is killed.</summary>
    public StagePolicy Stages { get; init; } = new();

    /// <summary>What becomes of a container that stands still at its own limit.</summary>
    public OwnLimitPolicy OwnLimit { get; init; } = new();

    /// <summary>Who may not be chosen.</summary>
    public ProtectPolicy Protect { get; init; } = new();

    /// <summary>Whose annotations may ask for protection.</summary>
    public WishPolicy Wishes { get; init; } = new();

    /// <summary>The ranking keys, the one that decides first in front; each at most once.</summary>
    public IReadOnlyList<RankingKey> Ranking { get; init; } = RankingKeys.All;

    /// <summary>How many victims a plan may have.</summary>
    public PlanPolicy Plan { get; init; } = new();

    /// <summary>How a victim is killed and its memory taken back.</summary>
    public KillPolicy Kill { get; init; } = new();

    /// <summary>Where reports go.</summary>
    public ReportPolicy Report { get; init; } = new();

    /// <summary>What the flight recorder writes to disk.</summary>
    public RecordPolicy Record { get; init; } = new();

    /// <summary>True when a container is not to be touched, and what would be done with it is only told. Allocates nothing.</summary>
    /// <param name="candidate">The container.</param>
    public bool IsDryRunFor(in Candidate candidate) => IsDryRunFor(candidate.Pod);

    /// <summary>True when a Pod's containers are not to be touched. Allocates nothing.</summary>
    /// <param name="pod">The Pod; null while it is not known, and might be of any namespace.</param>
    public bool IsDryRunFor(PodFacts? pod)
    {
        if (DryRun || DryRunNamespaces.Count == 0)
        {
            return DryRun;
        }

        // An index: an enumerator of an interface is allocated.
        var isListed = pod is null;
        for (var i = 0; i < DryRunNamespaces.Count && !isListed; i++)
        {
            isListed = DryRunNamespaces[i] == pod!.Namespace;
        }

        return isListed;
    }
}

/// <summary>When the node counts as short of memory.</summary>
public sealed record PressurePolicy
{
    /// <summary>The least that <see cref="KillBelow"/> and <see cref="RecoverTo"/> may be, in bytes: less is a forgotten unit.</summary>
    public const long MinAmountBytes = 1L << 20;

    /// <summary>
    /// The node is short when less than this is available (MemAvailable). 1 MiB to 1 PiB, or a share of the node's memory (<see cref="MemoryAmount"/>).
    /// Null: 5 % of that, at least 96 MiB, at most 1 GiB.
    /// </summary>
    public MemoryAmount? KillBelow { get; init; }

    /// <summary>A kill is to bring the node back to this. 1 MiB to 1 PiB, or a share of the node's memory (<see cref="MemoryAmount"/>). Null: twice <see cref="KillBelow"/>.</summary>
    public MemoryAmount? RecoverTo { get; init; }

    /// <summary>
    /// The node is short, too, when at the present rate nothing would be available after this time, and less than
    /// <see cref="RecoverTo"/> is available now. 0 to 10 s; 0 turns it off.
    /// </summary>
    public TimeSpan TimeLeft { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// True: swap is to be used up before anybody dies. False: the node is short as if it had none, so that nobody has to wait for
    /// what was swapped out.
    /// </summary>
    public bool UseSwap { get; init; } = true;

    /// <summary>PSI: time some task stalled for memory within <see cref="StallWindow"/> that raises an alarm. Above 0, at most the window.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>PSI window: 500 ms to 10 s.</summary>
    public TimeSpan StallWindow { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Without swap to spare, the alarm must go on for this long before the node counts as short: somebody who takes much at
    /// once, or reads and writes much, makes tasks stall for a moment, and all is well. 0 to 10 minutes.
    /// </summary>
    public TimeSpan StallWithoutSwap { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// With swap to spare, the alarm must go on for this long before the node counts as short: while something large is
    /// being swapped out, tasks stall, and all is well. 0 to 10 minutes.
    /// </summary>
    public TimeSpan StallWithSwap { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>PSI: time all tasks stalled for memory at once within <see cref="StallWindow"/> that raises an alarm. Above 0, at most the window.</summary>
    public TimeSpan FullStall { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The node thrashes when alarms of <see cref="FullStall"/> go on for this long. 0 to 10 minutes; 0 turns it off.</summary>
    public TimeSpan Thrash { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The fastest that memory can be used up, in bytes a second: the more is available, the longer the agent can look
    /// away. Above 0.
    /// </summary>
    public long FastestFillBytesPerSecond { get; init; } = 8L << 30;

    /// <summary>MemAvailable is read at least this often. 10 ms to 60 s.</summary>
    public TimeSpan SlowestSample { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>MemAvailable is read at most this often. 1 ms to 1 s, at most <see cref="SlowestSample"/>.</summary>
    public TimeSpan FastestSample { get; init; } = TimeSpan.FromMilliseconds(10);
}

/// <summary>Who may not be chosen.</summary>
public sealed record ProtectPolicy
{
    /// <summary>Namespaces whose Pods are never killed.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = ["kube-system"];

    /// <summary>PriorityClasses whose Pods are never killed.</summary>
    public IReadOnlyList<string> PriorityClasses { get; init; } = [];

    /// <summary>
    /// Pods with at least this spec.priority are never killed. The default is that of the classes
    /// system-cluster-critical and system-node-critical.
    /// </summary>
    public int MinPriority { get; init; } = 2_000_000_000;

    /// <summary>Static Pods are never killed, as the kubelet never evicts one.</summary>
    public bool StaticPods { get; init; } = true;
}

/// <summary>Whose annotations may ask for protection: <c>never</c>, or a negative kill priority. All others are heard as 0.</summary>
public sealed record WishPolicy
{
    /// <summary>Namespaces whose Pods may ask; <c>*</c> is all of them.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>PriorityClasses whose Pods may ask.</summary>
    public IReadOnlyList<string> PriorityClasses { get; init; } = [];
}

/// <summary>How many victims a plan may have.</summary>
public sealed record PlanPolicy
{
    /// <summary>At most so many containers are killed at once. 1 to 16.</summary>
    public int MaxVictims { get; init; } = 3;

    /// <summary>At most so many kills within <see cref="KillWindow"/>; twice as many in an emergency. 1 to 256.</summary>
    public int MaxKills { get; init; } = 20;

    /// <summary>The window of <see cref="MaxKills"/>. 1 s to 1 h.</summary>
    public TimeSpan KillWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A container whose death would give back less than this is never killed. In bytes, above 0.</summary>
    public long MinFreeableBytes { get; init; } = 4L << 20;
}

/// <summary>How a victim is killed and its memory taken back.</summary>
public sealed record KillPolicy
{
    /// <summary>The strategy; Auto takes the best that passed its self-test.</summary>
    public KillStrategy Strategy { get; init; } = KillStrategy.Auto;

    /// <summary>How long to wait for the proof that the memory is back. 10 ms to 60 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After a kill, the time before another may follow when the memory did not come back. 0 to 10 min.</summary>
    public TimeSpan Cooldown { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The flag of pidfd_send_signal(2) by which a kernel expedites a SIGKILL, for <see cref="KillStrategy.Expedite"/>.
    /// 0: none; no released kernel has one, and none has been assigned a bit. At most 2^30.
    /// </summary>
    public int ExpediteFlag { get; init; }

    /// <summary>
    /// Threads that free memory. 1 to 16. All but one of them may release one large process together; that one is left for
    /// whoever comes next.
    /// </summary>
    public int Reapers { get; init; } = 3;
}

/// <summary>Where reports go.</summary>
public sealed record ReportPolicy
{
    /// <summary>The file that gets one JSON object a line for each incident; null for none.</summary>
    public string? IncidentFile { get; init; }

    /// <summary>The incident file is moved aside to <c>FILE.1</c> once it is this long. In bytes, at least 64 KiB.</summary>
    public long IncidentFileMaxBytes { get; init; } = 16L << 20;
}

/// <summary>What the flight recorder writes to disk at each kill, dry-run kill, shortage without a victim, and kernel OOM kill.</summary>
public sealed record RecordPolicy
{
    /// <summary>The folder of the records; null for none.</summary>
    public string? Directory { get; init; }

    /// <summary>At most so many records are kept; the oldest goes first. 1 to 10000.</summary>
    public int MaxFiles { get; init; } = 32;

    /// <summary>They have at most so many bytes together; the oldest goes first. At least 1 MiB.</summary>
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>How much before the first decision is recorded, as far as the recorder's memory reaches. 0 to 10 min.</summary>
    public TimeSpan Before { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How much after the last one. 0 to 10 min.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(10);
}
