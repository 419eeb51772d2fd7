using System.Collections.Concurrent;
using System.Diagnostics;
using NodeReaper.Engine.Explaining;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Pressure;

namespace NodeReaper.Engine.Pressure;

/// <summary>
/// The pressure thread: waits for the kernel's PSI alarms and memory events or the time of the next sample, reads the
/// signals, and runs the cycle.
/// </summary>
public sealed class PressureWatch : IDisposable
{
    // What waits for a disk is in no hurry.
    private const int DrainingMilliseconds = 100;
    private static readonly TimeSpan s_lookAroundEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_discoverEvery = TimeSpan.FromSeconds(30);

    private readonly PressurePoll _poll;
    private readonly WakeUp _stop = new();
    private readonly WakeUp _ask = new();
    private readonly ConcurrentQueue<Explanation> _asked = new();
    private readonly Func<ReapPolicy> _newestPolicy;
    private readonly NodePressure _node;
    private readonly Candidates.KubepodsTree _tree;
    private readonly ReapCycle _cycle;
    private long _heartbeat;

    /// <summary>Puts it together.</summary>
    /// <param name="newestPolicy">Gives the newest policy, at once and without allocating.</param>
    /// <param name="some">The kernel's alarm for some task of the node; null to do without.</param>
    /// <param name="full">The kernel's alarm for all of them at once; null to do without.</param>
    /// <param name="node">The signals.</param>
    /// <param name="tree">The containers.</param>
    /// <param name="cycle">What is run.</param>
    public PressureWatch(
        Func<ReapPolicy> newestPolicy,
        PsiTrigger? some,
        PsiTrigger? full,
        NodePressure node,
        Candidates.KubepodsTree tree,
        ReapCycle cycle)
    {
        _newestPolicy = newestPolicy;
        _node = node;
        _tree = tree;
        _cycle = cycle;
        _poll = new PressurePoll(node, _stop, _ask);
        HasStallAlarm = some is not null && _poll.AddNodeAlarm(some, PsiKind.Some);
        _ = full is not null && _poll.AddNodeAlarm(full, PsiKind.Full);
    }

    /// <summary>True when the kernel's PSI alarm of the node is waited for; without it, only MemAvailable is watched.</summary>
    public bool HasStallAlarm { get; }

    /// <summary>When the thread last went round, in ticks of <see cref="Stopwatch"/>.</summary>
    public long Heartbeat => Volatile.Read(ref _heartbeat);

    /// <summary>Asks what would be decided now; the pressure thread fills the answer when it next goes round. Safe from any thread.</summary>
    /// <param name="explanation">What is filled.</param>
    public void Ask(Explanation explanation)
    {
        _asked.Enqueue(explanation);
        _ask.Raise();
    }

    /// <summary>Ends <see cref="Run"/>. Safe from any thread.</summary>
    public void Stop()
    {
        _cycle.Stop();
        _stop.Raise();
    }

    /// <summary>Looks for the kubepods trees, their slices and swap on zram. Allocates: for quiet moments.</summary>
    public void Discover()
    {
        _tree.Discover();
        _node.Discover();
        _poll.WatchSlices(_tree, _cycle.Policy.Pressure);
    }

    /// <summary>Goes round until <see cref="Stop"/>.</summary>
    public void Run()
    {
        long lookedAround = 0;
        var discovered = Stopwatch.GetTimestamp();
        while (true)
        {
            Volatile.Write(ref _heartbeat, Stopwatch.GetTimestamp());
            _cycle.Adopt(_newestPolicy());
            if (_node.Read(_cycle.Policy.Pressure))
            {
                // First what the kernel did: with its kill the shortage may be over, and why nobody was killed before it forgotten.
                _cycle.LookForKernelKills();
                _cycle.Run();
            }

            if (_cycle.Draining.Count > 0)
            {
                _cycle.LookAfterDraining();
            }

            // While something is done about a shortage, only the first look around is worth its time: without it nobody is known.
            if (_cycle.IsIdle || _tree.TreeCount == 0)
            {
                LookAround(ref lookedAround, ref discovered);
            }

            AnswerOne();

            _cycle.NoteGauges();
            var timeout = _asked.IsEmpty ? SamplingInterval.Milliseconds(_cycle.Policy.Pressure, _node) : 0;
            if (!_poll.Wait(_cycle.Draining.Count > 0 ? Math.Min(timeout, DrainingMilliseconds) : timeout))
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _poll.Dispose();
        _stop.Dispose();
        _ask.Dispose();
    }

    // One a round: whoever asks does not keep the thread from its work. Who has stopped waiting gets no answer.
    private void AnswerOne()
    {
        while (_asked.TryDequeue(out var asked))
        {
            if (!asked.IsAbandoned)
            {
                _cycle.Explain(asked);
                return;
            }
        }
    }

    private void LookAround(ref long lookedAround, ref long discovered)
    {
        // Without any tree there is nobody to protect the node from: look for one more often.
        var discoverEvery = _tree.TreeCount == 0 ? s_lookAroundEvery : s_discoverEvery;
        if (Stopwatch.GetElapsedTime(discovered) > discoverEvery)
        {
            discovered = Stopwatch.GetTimestamp();
            Discover();
        }

        if (lookedAround == 0 || Stopwatch.GetElapsedTime(lookedAround) > s_lookAroundEvery)
        {
            lookedAround = Stopwatch.GetTimestamp();
            _cycle.LookAround();
        }
    }
}
