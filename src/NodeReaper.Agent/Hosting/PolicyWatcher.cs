using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Hosting;

/// <summary>
/// Reads the policy file again when it has changed. A bad one is refused whole, told, and the last good one stays. It is
/// looked at every two seconds, which also finds what inotify does not see, such as a ConfigMap that is mounted anew.
/// </summary>
internal sealed partial class PolicyWatcher(
    string path, AgentOptions first, Func<ReapPolicy, ReapPolicy> amend, PolicyBoard board, ILogger<PolicyWatcher> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);
    private AgentOptions _last = first;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_every);
        var seen = FileStamp.Of(path);

        // What changed between the start and here is read as well.
        Refresh();
        while (await NextAsync(timer, stoppingToken))
        {
            var now = FileStamp.Of(path);
            if (now == seen)
            {
                continue;
            }

            seen = now;
            if (now is null)
            {
                Gone(logger, path);
            }
            else
            {
                Refresh();
            }
        }
    }

    /// <summary>Reads the file, and publishes it if it is good and says something new.</summary>
    internal void Refresh()
    {
        var load = PolicyFile.Load(path);
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
        _last = options;
        if (changed.Count == 0)
        {
            return;
        }

        board.Newest = amend(options.Policy);
        Adopted(logger, path, string.Join(", ", changed.Select(key => $"{key.Path}: {key.Write(options)}")));
        var later = changed.Where(key => !key.IsLive).Select(key => key.Path).ToList();
        if (later.Count > 0)
        {
            AtNextStart(logger, string.Join(", ", later));
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
