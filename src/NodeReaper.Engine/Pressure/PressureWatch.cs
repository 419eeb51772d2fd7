using System.Diagnostics;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Pressure;

namespace NodeReaper.Engine.Pressure;

/// <summary>
/// The pressure thread: waits for the kernel's PSI alarm or the time of the next sample, reads the signals, and runs
/// the cycle.
/// </summary>
public sealed class PressureWatch : IDisposable
{
    private const int StopTag = 0;
    private const int StallTag = 1;

    // What waits for a disk is in no hurry.
    private const int DrainingMilliseconds = 100;
    private static readonly TimeSpan s_lookAroundEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_discoverEvery = TimeSpan.FromSeconds(30);

    private readonly EventPoll _poll = new();
    private readonly WakeUp _stop = new();
    private readonly PsiTrigger? _stall;
    private readonly Func<ReapPolicy> _newestPolicy;
    private readonly NodePressure _node;
    private readonly Candidates.KubepodsTree _tree;
    private readonly ReapCycle _cycle;
    private long _heartbeat;

    /// <summary>Puts it together.</summary>
    /// <param name="newestPolicy">Gives the newest policy, at once and without allocating.</param>
    /// <param name="stall">The kernel's alarm; null to do without.</param>
    /// <param name="node">The signals.</param>
    /// <param name="tree">The containers.</param>
    /// <param name="cycle">What is run.</param>
    public PressureWatch(
        Func<ReapPolicy> newestPolicy, PsiTrigger? stall, NodePressure node, Candidates.KubepodsTree tree, ReapCycle cycle)
    {
        _newestPolicy = newestPolicy;
        _stall = stall;
        _node = node;
        _tree = tree;
        _cycle = cycle;
        _ = _poll.AddReadable(_stop.Descriptor, StopTag);
        if (stall is not null)
        {
            var error = _poll.AddUrgent(stall.Descriptor, StallTag);
            HasStallAlarm = error.IsNone;
        }
    }

    /// <summary>True while the kernel's PSI alarm is waited for; without it, only MemAvailable is watched.</summary>
    public bool HasStallAlarm { get; private set; }

    /// <summary>When the thread last went round, in ticks of <see cref="Stopwatch"/>.</summary>
    public long Heartbeat => Volatile.Read(ref _heartbeat);

    /// <summary>Ends <see cref="Run"/>. Safe from any thread.</summary>
    public void Stop()
    {
        _cycle.Stop();
        _stop.Raise();
    }

    /// <summary>Goes round until <see cref="Stop"/>.</summary>
    public void Run()
    {
        Span<PollEvent> events = stackalloc PollEvent[4];
        long lookedAround = 0;
        long discovered = 0;
        while (true)
        {
            Volatile.Write(ref _heartbeat, Stopwatch.GetTimestamp());
            _cycle.Adopt(_newestPolicy());
            if (_node.Read())
            {
                _cycle.Run();
                _cycle.LookForKernelKills();
            }

            if (_cycle.Draining.Count > 0)
            {
                _cycle.LookAfterDraining();
            }

            var policy = _cycle.Policy.Pressure;
            var limits = PressureLimits.Of(policy, _node.Last.Memory.TotalBytes);
            var available = _node.Last.Memory.AvailableBytes;

            // Short of memory, only the first look around is worth its time: without it nobody is known.
            if (available >= limits.RecoverToBytes || _tree.TreeCount == 0)
            {
                LookAround(ref lookedAround, ref discovered);
            }

            var timeout = SamplingInterval.Milliseconds(policy, limits, available);
            var count = _poll.Wait(events, _cycle.Draining.Count > 0 ? Math.Min(timeout, DrainingMilliseconds) : timeout);
            foreach (var happened in events[..count])
            {
                if (happened.Tag == StopTag)
                {
                    return;
                }

                NoteStall(happened);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _poll.Dispose();
        _stop.Dispose();
    }

    private void NoteStall(in PollEvent happened)
    {
        if (happened.IsBroken)
        {
            _poll.Remove(_stall!.Descriptor);
            HasStallAlarm = false;
        }
        else if (happened.IsUrgent)
        {
            _node.NoteStall();
        }
    }

    private void LookAround(ref long lookedAround, ref long discovered)
    {
        // Without any tree there is nobody to protect the node from: look for one more often.
        var discoverEvery = _tree.TreeCount == 0 ? s_lookAroundEvery : s_discoverEvery;
        if (discovered == 0 || Stopwatch.GetElapsedTime(discovered) > discoverEvery)
        {
            discovered = Stopwatch.GetTimestamp();
            _tree.Discover();
        }

        if (lookedAround == 0 || Stopwatch.GetElapsedTime(lookedAround) > s_lookAroundEvery)
        {
            lookedAround = Stopwatch.GetTimestamp();
            _cycle.LookAround();
        }
    }
}
