namespace NodeReaper.Agent.Options;

/// <summary>What each key of the policy decides, in Markdown; links are relative to docs/policy.md.</summary>
internal static class PolicyMeanings
{
    private static readonly Dictionary<string, string> s_meanings = new(StringComparer.Ordinal)
    {
        ["dryRun"] = "Decide and report, but send no signal. `--dry-run` turns it on as well. See [dry run](dry-run.md).",
        ["dryRunNamespaces"] =
            "Of their Pods it is only told that they would be killed, and nobody dies in their place. While there are any, the same "
            + "goes for containers whose Pod is not known.",
        ["pressure.killBelow"] =
            "The node is short when less than this is available (MemAvailable) and swap is spent. null: 5 % of the node's memory, at "
            + "least 96Mi, at most 1Gi.",
        ["pressure.recoverTo"] = "A kill is to bring the node back to this; not less than `killBelow`. null: twice `killBelow`.",
        ["pressure.timeLeft"] =
            "The node is short, too, when less than `recoverTo` is available, nothing would be after this time at the present rate, and "
            + "swap is spent. 0 turns it off.",
        ["pressure.useSwap"] =
            "`true`: swap is used up before anybody dies. `false`: the node is short as if it had none, so that nobody waits for what "
            + "was swapped out.",
        ["pressure.stall"] = "PSI: tasks that stalled on memory for this long within the window raise an alarm. At most `stallWindow`.",
        ["pressure.stallWindow"] = "The PSI window.",
        ["pressure.stallWithoutSwap"] =
            "Without swap to spare, the node is short when the alarms have gone on for this long and less than `recoverTo` is "
            + "available. 0: at the first.",
        ["pressure.stallWithSwap"] =
            "The same with swap to spare: tasks stall, too, while something large is swapped out, and then all is well.",
        ["pressure.fullStall"] = "PSI: the same for the time that all tasks stalled at once. At most `stallWindow`.",
        ["pressure.thrash"] =
            "The node is short, swap to spare or not, when those alarms have gone on for this long, pages are read back that were "
            + "just dropped, and less than twice `recoverTo` is available. 0 turns it off.",
        ["pressure.fastestFill"] =
            "The fastest that memory can be used up on this node: the more is available, the longer the agent can look away.",
        ["pressure.slowestSample"] = "Available memory is read at least this often.",
        ["pressure.fastestSample"] = "Available memory is read at most this often. At most `slowestSample`.",
        ["stages.observe"] = "Below this, tell once who would die first. null: not at all; so for the other stages.",
        ["stages.reclaim"] = "Below this, swap out what the first of the ranking do not use (memory.reclaim).",
        ["stages.throttle"] = "Below this, slow down who grows (memory.high).",
        ["stages.throttleGrowth"] = "Whoever grows more slowly is not slowed down.",
        ["stages.terminate"] =
            "Below this, ask the first of the ranking to end (SIGTERM); they are killed when they have not after their grace "
            + "period.",
        ["stages.grace"] = "The grace period of Pods that do not ask for one, and have no `terminationGracePeriodSeconds` that is known.",
        ["stages.maxGrace"] = "The longest grace period, whoever asks for it. 0: Pods are not heard, and `stages.grace` holds for all.",
        ["ownLimit.kill"] = "Kill a container that stands still at its own limit, so that it starts anew. Otherwise it is only told.",
        ["ownLimit.stalledPercent"] = "It stands still when all its tasks wait for memory for this share of the time (PSI full),",
        ["ownLimit.time"] = "for this long, and meets memory.max or memory.high, its own or its Pod's, all the while.",
        ["protect.namespaces"] = "Their Pods are never killed. A list replaces the default: keep `kube-system` in it.",
        ["protect.priorityClasses"] = "Their Pods are never killed.",
        ["protect.minPriority"] =
            "Pods of at least this spec.priority are never killed. The default is that of `system-cluster-critical`.",
        ["protect.staticPods"] =
            "Static Pods are never killed, as the kubelet never evicts one. They are told by the UID that the kubelet gives them; "
            + "no annotation makes a Pod one.",
        ["wishes.namespaces"] =
            "Their Pods may ask for protection by annotation: `never`, or a negative kill priority. From all others, that is heard "
            + "as 0.",
        ["wishes.priorityClasses"] = "So may these.",
        ["ranking"] = "Who dies first: the first key that tells two containers apart decides; the Pod's UID settles what is left.",
        ["plan.maxVictims"] = "At most so many containers are killed at once.",
        ["plan.maxKills"] =
            "At most so many kills within `killWindow`; twice as many in an emergency, when half of `killBelow` or of `timeLeft` is left "
            + "and no swap. A mistake must not empty the node.",
        ["plan.killWindow"] = "The window of `maxKills`.",
        ["plan.minFreeable"] = "A container whose death would give back less is never killed.",
        ["kill.strategy"] =
            "How a victim is killed and its memory taken back. `auto` takes the best that passes its self-test at start. `atomic` "
            + "(PROCESS_MRELEASE_REAP_KILL) and `expedite` need a kernel that has them; no released one does.",
        ["kill.expediteFlag"] =
            "The flag of pidfd_send_signal by which a kernel expedites a SIGKILL, for the strategy `expedite`. 0: none, and no bit "
            + "has been assigned yet. A kernel that means something else by the flag fails the self-test.",
        ["kill.deadline"] = "How long to wait for the proof that the memory is back.",
        ["kill.cooldown"] = "After a kill whose memory did not come back, the time before the next.",
        ["kill.reapers"] =
            "Threads that free memory. A single large process is released by all but one of them together, at most 4; that one is "
            + "left for the next victim.",
        ["report.incidentFile"] = "This file gets one JSON object a line for each incident.",
        ["report.incidentFileMaxSize"] = "Once it is this long, the incident file is moved aside to `FILE.1`.",
        ["record.directory"] =
            "This folder gets a [record](replay.md) of each incident: what the signals and the containers were, and what was "
            + "decided.",
        ["record.maxFiles"] = "At most so many records are kept; the oldest goes first.",
        ["record.maxSize"] = "They have at most so many bytes together; the oldest goes first, and a record that is longer by itself ends early.",
        ["record.before"] = "A record begins so long before its first decision, as far as the recorder's memory reaches.",
        ["record.after"] =
            "It ends so long after its last decision, at the latest 2m after the first (or this, where it is longer). Decisions within that "
            + "time belong to the same record.",
        ["events.send"] = "[Events](cluster.md#events) on Pods and on the Node, where there is an API server.",
        ["events.folder"] = "Where they wait until they are delivered, also across restarts of the agent. null: in memory alone.",
        ["kubelet.terminationMessages"] =
            "Write why a container was killed into its [termination message](cluster.md#termination-messages), unless it has one.",
        ["kubelet.root"] = "The kubelet's folder, where these are. null: they are not written.",
        ["afterKill.evict"] = "[Evict](cluster.md#evictions) the Pods whose annotation `nodereaper.io/after-kill` asks for it.",
        ["afterKill.evictAfter"] =
            "Evict a Pod when containers of its workload were killed on this node so often within the window. 0: never.",
        ["afterKill.window"] = "The window of `evictAfter`.",
        ["afterKill.history"] =
            "Where the kills are kept, across restarts of the agent; the evictions that are under way are in `evictions.json` beside "
            + "it. null: in memory alone.",
        ["node.condition"] =
            "[Mark the Node](cluster.md#marks-on-the-node) while its pressure does not end: with the condition "
            + "`NodeReaperMemoryPressure`.",
        ["node.taint"] =
            "The same with the taint `nodereaper.io/memory-pressure:NoSchedule`, so that no more Pods are sent there.",
        ["node.markAfter"] = "Once the node has been short, or somebody was killed, again and again for so long.",
        ["node.unmarkAfter"] =
            "Until nothing of that has happened for so long. What happens again before that is the same pressure that goes on.",
        ["http.listen"] = "Where [/metrics, /healthz and /readyz](metrics.md) are served. null: nowhere.",
        ["http.socket"] = "The unix socket on which root asks the agent (`nodereaper explain`, `status`, `top`). null: none.",
        ["log.format"] = "How log lines look.",
        ["log.level"] = "Less important lines are left out.",
    };

    /// <summary>The paths that have one.</summary>
    internal static IEnumerable<string> Paths => s_meanings.Keys;

    /// <summary>What a key decides.</summary>
    /// <param name="path">The key's path.</param>
    internal static string Of(string path) => s_meanings[path];
}
