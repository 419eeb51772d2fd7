using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// Puts what a source knows where the kill path finds it, and tells how the source is doing: each trouble once, and its end.
/// However fast Pods change, snapshots and log lines have a highest rate.
/// </summary>
internal sealed partial class PodPublisher(string source, ApiTimings timings, PodBoard board, Action<PodProblem>? problems, ILogger logger)
{
    private const int MaxToldAMinute = 30;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Lock _publishing = new();
    private readonly TellingRate _rate = new(MaxToldAMinute, TimeProvider.System);
    private static readonly TimeSpan s_waitAtStart = TimeSpan.FromSeconds(1);
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ApiFailure? _trouble;
    private volatile bool _isBehind;
    private bool _isShortOfMemory;

    /// <summary>
    /// Waits for the first list, for a moment: to know whom to protect is worth that; more is not, for the source may be away.
    /// </summary>
    internal Task WaitForFirstAsync(CancellationToken cancellation) => Task.WhenAny(_first.Task, Task.Delay(s_waitAtStart, cancellation));

    /// <summary>Publishes what changed, until the end.</summary>
    /// <param name="all">Takes a snapshot of what is known.</param>
    /// <param name="stopping">Ends it.</param>
    internal async Task RunAsync(Func<PodSnapshot> all, CancellationToken stopping)
    {
        try
        {
            while (await _changes.Reader.ReadAsync(stopping))
            {
                try
                {
                    Publish(all);
                }
                catch (OutOfMemoryException)
                {
                    // The change is not lost.
                    Changed();
                }

                await Task.Delay(timings.Publish, stopping);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>All Pods are known.</summary>
    /// <param name="all">Takes a snapshot of them.</param>
    internal void Listed(Func<PodSnapshot> all)
    {
        Publish(all);
        if (_first.TrySetResult() || _trouble is not null)
        {
            PodsListed(logger, board.Newest.Pods.Count, source);
        }

        Succeeded();
    }

    /// <summary>A Pod has changed.</summary>
    internal void Changed()
    {
        _isBehind = true;
        _changes.Writer.TryWrite(true);
    }

    /// <summary>No Pod has changed since the last that was told.</summary>
    internal void Confirmed()
    {
        if (!_isBehind)
        {
            board.Confirm();
        }
    }

    /// <summary>The source answers again.</summary>
    internal void Succeeded()
    {
        if (_trouble is not null)
        {
            _trouble = null;
            IsBack(logger, source);
        }
    }

    /// <summary>The source does not answer as it should.</summary>
    internal void Failed(ApiException error, TimeSpan delay)
    {
        if (_trouble == error.Failure)
        {
            return;
        }

        _trouble = error.Failure;
        var age = board.Age is { } known ? $"the Pods stay as they were {known.TotalSeconds:0} s ago" : "no Pods are known yet";
        switch (error.Failure)
        {
            case ApiFailure.Forbidden:
                IsForbidden(logger, error.Message, age);
                break;
            case ApiFailure.Gone:
                // The server keeps the past for some minutes only: it is listed again, which is no trouble.
                _trouble = null;
                break;
            default:
                IsAway(logger, error.Message, age, delay.TotalSeconds);
                break;
        }
    }

    /// <summary>Tells what is wrong with a Pod.</summary>
    internal void Tell(PodProblem problem)
    {
        problems?.Invoke(problem);
        if (_rate.Line(problem.Message) is { } line)
        {
            PodProblemTold(logger, line);
        }
    }

    // Never an older snapshot after a newer one.
    private void Publish(Func<PodSnapshot> all)
    {
        lock (_publishing)
        {
            // First: a change that comes meanwhile is published once more.
            _isBehind = false;
            try
            {
                board.Newest = all();
                _isShortOfMemory = false;
            }
            catch (OutOfMemoryException)
            {
                // Until it is published, nobody is told that all is as it was.
                _isBehind = true;
                if (!_isShortOfMemory)
                {
                    _isShortOfMemory = true;
                    NotPublished(logger, source);
                }

                throw;
            }
        }
    }

    [LoggerMessage(EventId = 220, EventName = "PodsListed", Level = LogLevel.Information, Message = "{Count} Pod(s) known from {Source}")]
    private static partial void PodsListed(ILogger logger, int count, string source);

    [LoggerMessage(EventId = 221, EventName = "PodSourceAway", Level = LogLevel.Warning,
        Message = "{Reason}; {Age}; tried again in {Seconds:0.0} s, and so on")]
    private static partial void IsAway(ILogger logger, string reason, string age, double seconds);

    [LoggerMessage(EventId = 222, EventName = "PodSourceForbidden", Level = LogLevel.Error,
        Message = "{Reason}; {Age}; fix: grant it to the agent's service account (docs/cluster.md#rights)")]
    private static partial void IsForbidden(ILogger logger, string reason, string age);

    [LoggerMessage(EventId = 223, EventName = "PodSourceBack", Level = LogLevel.Information, Message = "{Source} answers again")]
    private static partial void IsBack(ILogger logger, string source);

    [LoggerMessage(EventId = 225, EventName = "PodsNotPublished", Level = LogLevel.Error, Message = "there is no memory to take up what {Source} told of Pods; tried again")]
    private static partial void NotPublished(ILogger logger, string source);

    [LoggerMessage(EventId = 224, EventName = "PodProblem", Level = LogLevel.Warning, Message = "{Problem}")]
    private static partial void PodProblemTold(ILogger logger, string problem);
}
