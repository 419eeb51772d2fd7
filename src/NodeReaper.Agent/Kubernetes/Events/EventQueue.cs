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
        _waiting.AddRange(spool.Load(MaxWaiting, dropped).Select(spooled => new Entry(spooled, KeyOf(spooled), time.GetTimestamp())));
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

            var entry = new Entry(new SpooledEvent(_format.Make(happened), false, happened.Detail), happened.Key, now);
            if (_recent.Count < MaxRemembered)
            {
                _recent[happened.Key] = entry;
            }

            Keep(entry);
        }
    }

    /// <summary>Waits for an Event that is due; the oldest comes first, and one that failed after those that did not.</summary>
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
                    var left = entry.Left(_time);
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
            entry.Wait(_time.GetTimestamp(), s_betweenUpdates);
            entry.Failures = 0;
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

    /// <summary>Takes note that the API server did not take it this time: the others come first.</summary>
    /// <param name="entry">The Event.</param>
    /// <param name="delayAfter">How long it waits, by how often it has failed in a row before.</param>
    internal void Later(Entry entry, Func<int, TimeSpan> delayAfter)
    {
        lock (_lock)
        {
            entry.Wait(_time.GetTimestamp(), delayAfter(entry.Failures++));
            if (_waiting.Remove(entry))
            {
                _waiting.Add(entry);
            }
        }
    }

    /// <summary>Takes note that the API server has forgotten an Event of which a change was to be told: it becomes another one.</summary>
    internal void Renew(Entry entry)
    {
        lock (_lock)
        {
            var known = entry.Spooled;
            entry.Spooled = known with
            {
                IsCreated = false,
                Event = known.Event with { Metadata = known.Event.Metadata with { Name = EventFormat.NewName(_time.GetUtcNow()) } },
            };
            entry.Wait(_time.GetTimestamp(), TimeSpan.Zero);
            _spool.Save(entry.Spooled);
            _spool.Remove(known.Event.Metadata.Name);
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

    private static EventKey KeyOf(SpooledEvent spooled) =>
        new(spooled.Event.Reason, spooled.Event.Action, spooled.Event.Regarding, spooled.Event.Related, spooled.Detail);

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
        private long _waitsSince = at;
        private TimeSpan _waits = spooled.IsCreated ? s_betweenUpdates : TimeSpan.Zero;

        internal EventKey Key { get; } = key;

        internal SpooledEvent Spooled { get; set; } = spooled;

        /// <summary>When it happened last, in ticks of the queue's clock.</summary>
        internal long LastAt { get; private set; } = at;

        /// <summary>How often it failed in a row.</summary>
        internal int Failures { get; set; }

        /// <summary>How long it is not to be sent yet.</summary>
        internal TimeSpan Left(TimeProvider time) => _waits - time.GetElapsedTime(_waitsSince);

        internal void Wait(long from, TimeSpan delay) => (_waitsSince, _waits) = (from, delay);

        internal void Repeat(DateTimeOffset time, long now)
        {
            var count = (Spooled.Event.Series?.Count ?? 1) + 1;
            Spooled = Spooled with { Event = Spooled.Event with { Series = new EventSeries(count, EventFormat.MicroTime(time)) } };
            LastAt = now;
        }
    }
}
