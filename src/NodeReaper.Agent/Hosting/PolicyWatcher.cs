using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Hosting;

/// <summary>
/// Reads the policy file again when it has changed and was then left alone: half of one can be a good one that says something else. A bad
/// one is refused whole, told, and the last good one stays. What is read at the start alone, such as the kernel's alarms are made with, stays
/// as it was then: the policy in force is what is done. It is looked at every two seconds, which also finds what inotify does not see, such as
/// a ConfigMap that is mounted anew.
/// </summary>
internal sealed partial class PolicyWatcher(
    string path, AgentOptions first, Func<ReapPolicy, ReapPolicy> amend, PolicyBoard board, TimeProvider time, ILogger<PolicyWatcher> logger)
    : BackgroundService
{
    /// <summary>A file that changed is read once it was left alone for this long: before, it may be half written.</summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);
    private readonly AgentOptions _first = first;
    private AgentOptions _last = first;
    private FileStamp? _seen;
    private long _seenSince = time.GetTimestamp();
    private bool _isTaken;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_every);
        do
        {
            Look();
        }
        while (await NextAsync(timer, stoppingToken));
    }

    /// <summary>
    /// Looks at the file, and reads it if it has been the same for long enough, and is after the reading. The first time, what is read is
    /// what the agent was started with, unless that was half of it.
    /// </summary>
    internal void Look()
    {
        var stamp = FileStamp.Of(path);
        if (stamp != _seen)
        {
            (_seen, _seenSince, _isTaken) = (stamp, time.GetTimestamp(), false);
        }

        if (_isTaken || time.GetElapsedTime(_seenSince) < Settling)
        {
            return;
        }

        if (stamp is null)
        {
            _isTaken = true;
            Gone(logger, path);
            return;
        }

        var load = PolicyFile.Load(path);
        if (FileStamp.Of(path) == stamp)
        {
            _isTaken = true;
            Take(load);
        }
    }

    // Publishes it if it is good and says something new.
    private void Take(PolicyLoad load)
    {
        foreach (var error in load.Errors)
        {
            Refused(logger, error);
        }

        if (load.Options is not { } options)
        {
            Kept(logger, path);
            return;
        }

        var changed = PolicyKeys.All.Where(key => key.Write(options) != key.Write(_last)).ToList();
        if (changed.Count == 0)
        {
            return;
        }

        if (!load.HasKeys)
        {
            Refused(logger, new ConfigError(
                path, default, "", "has no keys any more; if all is to be as by default, say so by one key, such as 'dryRun: false'"));
            Kept(logger, path);
            return;
        }

        _last = options;
        var inForce = PolicyKeys.All.Where(key => !key.IsLive).Aggregate(options, (policy, key) => key.Copy(_first, policy));
        board.Newest = amend(inForce.Policy);
        Tell(changed.ToLookup(key => key.Write(inForce) == key.Write(options), key => $"{key.Path}: {key.Write(options)}"));
    }

    // What is read at the start alone is in force at once where the file says again what it said then.
    private void Tell(ILookup<bool, string> isInForce)
    {
        if (isInForce.Contains(true))
        {
            Adopted(logger, path, string.Join(", ", isInForce[true]));
        }

        if (isInForce.Contains(false))
        {
            AtNextStart(logger, string.Join(", ", isInForce[false]));
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(EventId = 210, EventName = "PolicyAdopted", Level = LogLevel.Information, Message = "{File}: in force now: {Changes}")]
    private static partial void Adopted(ILogger logger, string file, string changes);

    [LoggerMessage(EventId = 211, EventName = "PolicyRefused", Level = LogLevel.Error, Message = "{Error}")]
    private static partial void Refused(ILogger logger, ConfigError error);

    [LoggerMessage(EventId = 212, EventName = "PolicyKept", Level = LogLevel.Error, Message = "{File} is refused whole; the last good policy stays in force")]
    private static partial void Kept(ILogger logger, string file);

    [LoggerMessage(EventId = 213, EventName = "PolicyAtNextStart", Level = LogLevel.Warning, Message = "only from the agent's next start on: {Keys}")]
    private static partial void AtNextStart(ILogger logger, string keys);

    [LoggerMessage(EventId = 214, EventName = "PolicyGone", Level = LogLevel.Error, Message = "{File} is gone; the last good policy stays in force")]
    private static partial void Gone(ILogger logger, string file);
}
