namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>
/// The Events that wait to be delivered, on disk and bounded. What happens again within some minutes counts into the series of the first, also
/// while that waits. What is too much is dropped, and counted.
/// </summary>
internal sealed class EventQueue
{
    /// <summary>So many wait at most; of those that tenants can cause, half as many.</summary>
    internal const int MaxWaiting = 256;

    private const int MaxRemembered = 1024;
    private static readonly TimeSpan s_again = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan s_betweenUpdates = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly EventFormat _format;
    private readonly EventSpool _spool;
    private readonly TimeProvider _time;
    private readonly TokenBucket _bucket;
    private readonly TokenBucket _tenants;
    private readonly List<Entry> _waiting = [];
    private readonly Dictionary<EventKey, Entry> _recent = [];
    private readonly Action _dropped;
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes up what an agent before this one left.</summary>
    /// <param name="format">How Events are written.</param>
    /// <param name="spool">Where they wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="dropped">Is called for each that is dropped: there were too many, or the API server refused it.</param>
    internal EventQueue(EventFormat format, EventSpool spool, TimeProvider time, Action dropped)
    {
        _format = format;
        _spool = spool;
        _time = time;
        _dropped = dropped;
        _bucket = new TokenBucket(50, TimeSpan.FromSeconds(6), time);
        _tenants = new TokenBucket(20, TimeSpan.FromMinutes(1), time);
        _waiting.AddRange(spool.Load(MaxWaiting).Select(spooled => new Entry(spooled, KeyOf(spooled.Event), time.GetTimestamp())));
        foreach (var entry in _waiting)
        {
            _recent[entry.Key] = entry;
        }
    }

    /// <summary>How many wait.</summary>
    internal int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>What is wrong with its folder; null while it works.</summary>
    internal string? Trouble => _spool.Trouble;

    /// <summary>Takes an Event.</summary>
    internal void Add(ClusterEvent happened)
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            Forget(now);
            if (_recent.TryGetValue(happened.Key, out var known))
            {
                if (happened.Once is null)
                {
                    known.Repeat(happened.Time, now);
                    Keep(known);
                }

                return;
            }

            var most = happened.IsOfTenant ? MaxWaiting / 2 : MaxWaiting;
            if (_waiting.Count >= most || !(happened.IsOfTenant ? _tenants : _bucket).Take())
            {
                _dropped();
                return;
            }

            var entry = new Entry(new SpooledEvent(_format.Make(happened), false), happened.Key, now);
            if (_recent.Count < MaxRemembered)
            {
                _recent[happened.Key] = entry;
            }

            Keep(entry);
        }
    }

    /// <summary>Waits for an Event that is due; the oldest comes first.</summary>
    internal async Task<Entry> NextAsync(CancellationToken stopping)
    {
        while (true)
        {
            Task added;
            TimeSpan? wait;
            lock (_lock)
            {
                added = _added.Task;
                wait = null;
                foreach (var entry in _waiting)
                {
                    var left = entry.IsCreated ? s_betweenUpdates - _time.GetElapsedTime(entry.SentAt) : TimeSpan.Zero;
                    if (left <= TimeSpan.Zero)
                    {
                        return entry;
                    }

                    wait = wait < left ? wait : left;
                }
            }

            using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            await Task.WhenAny(added, Task.Delay(wait ?? Timeout.InfiniteTimeSpan, _time, end.Token));
            await end.CancelAsync();
            stopping.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What is to be sent of an Event, as it is now.</summary>
    internal SpooledEvent Now(Entry entry)
    {
        lock (_lock)
        {
            return entry.Spooled;
        }
    }

    /// <summary>Takes note that the API server has it, and maybe not all of what has happened since.</summary>
    internal void Delivered(Entry entry, SpooledEvent sent)
    {
        lock (_lock)
        {
            entry.SentAt = _time.GetTimestamp();
            entry.Spooled = entry.Spooled with { IsCreated = true };
            if (entry.Spooled.Event.Series?.Count == sent.Event.Series?.Count)
            {
                Leave(entry);
            }
            else
            {
                _spool.Save(entry.Spooled);
            }
        }
    }

    /// <summary>Gives an Event up: the API server will never take it.</summary>
    internal void Drop(Entry entry)
    {
        lock (_lock)
        {
            _dropped();
            _recent.Remove(entry.Key);
            Leave(entry);
        }
    }

    private static EventKey KeyOf(EventObject written) => new(written.Reason, written.Action, written.Regarding, written.Related);

    private void Keep(Entry entry)
    {
        _spool.Save(entry.Spooled);
        if (!_waiting.Contains(entry))
        {
            _waiting.Add(entry);
        }

        var waiting = _added;
        _added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.SetResult();
    }

    private void Leave(Entry entry)
    {
        _waiting.Remove(entry);
        _spool.Remove(entry.Spooled.Event.Metadata.Name);
    }

    private void Forget(long now)
    {
        foreach (var (key, entry) in _recent.ToArray())
        {
            if (_time.GetElapsedTime(entry.LastAt, now) >= s_again)
            {
                _recent.Remove(key);
            }
        }
    }

    /// <summary>An Event, and how often it happened.</summary>
    internal sealed class Entry(SpooledEvent spooled, EventKey key, long at)
    {
        internal EventKey Key { get; } = key;

        internal SpooledEvent Spooled { get; set; } = spooled;

        /// <summary>When it happened last, in ticks of the queue's clock.</summary>
        internal long LastAt { get; private set; } = at;

        /// <summary>When it was sent last, in ticks of the queue's clock.</summary>
        internal long SentAt { get; set; } = at;

        internal bool IsCreated => Spooled.IsCreated;

        internal void Repeat(DateTimeOffset time, long now)
        {
            var count = (Spooled.Event.Series?.Count ?? 1) + 1;
            Spooled = Spooled with { Event = Spooled.Event with { Series = new EventSeries(count, EventFormat.MicroTime(time)) } };
            LastAt = now;
        }
    }
}
