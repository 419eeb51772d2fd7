using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Hosting;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>
/// Reads a folder of manifests again whenever it changes, and publishes its Pods. inotify tells of most changes at
/// once; a slow poll finds those on file systems that it does not see through.
/// </summary>
internal sealed partial class PodManifestWatcher : BackgroundService
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pollUnsettled = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_debounce = TimeSpan.FromMilliseconds(100);
    private const int MaxDebounces = 10;

    private readonly string _directory;
    private readonly PodManifestFolder _folder;
    private readonly PodBoard _board;
    private readonly ILogger<PodManifestWatcher> _logger;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private FileSystemWatcher? _watcher;
    private HashSet<PodFolderProblem> _told = [];
    private PodFolderReading? _last;

    /// <summary>Watches a folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="board">Gets each new snapshot; the first before <see cref="StartAsync"/> returns.</param>
    /// <param name="logger">Is told each problem once, for as long as it lasts.</param>
    public PodManifestWatcher(string directory, PodBoard board, ILogger<PodManifestWatcher> logger)
    {
        _directory = directory;
        _folder = new PodManifestFolder(directory, TimeProvider.System);
        _board = board;
        _logger = logger;
    }

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // The watch first, so that no change falls between it and the reading.
        _watcher = Watch();
        Refresh();
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _watcher?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (await IsChangedWithin(_last!.IsSettled ? s_poll : s_pollUnsettled, stoppingToken))
            {
                // Writers come in bursts. One that never pauses is read all the same.
                for (var i = 0; i < MaxDebounces && await IsChangedWithin(s_debounce, stoppingToken); i++)
                {
                }
            }

            if (!stoppingToken.IsCancellationRequested)
            {
                Refresh();
            }
        }
    }

    private async Task<bool> IsChangedWithin(TimeSpan time, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(time);
        try
        {
            return await _changes.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Refresh()
    {
        var reading = _folder.Read();
        foreach (var problem in reading.Problems)
        {
            if (!_told.Contains(problem))
            {
                Tell(problem);
            }
        }

        _told = [.. reading.Problems];
        if (!ReferenceEquals(reading.Snapshot, _last?.Snapshot))
        {
            _board.Newest = reading.Snapshot;
            PodsRead(_logger, reading.Snapshot.Pods.Count, _directory);
        }
        else if (reading.Problems.All(problem => problem.Severity != PodProblemSeverity.Error))
        {
            _board.Confirm();
        }

        _last = reading;
    }

    private void Tell(PodFolderProblem problem)
    {
        switch (problem.Severity)
        {
            case PodProblemSeverity.Error:
                ManifestRefused(_logger, problem);
                break;
            case PodProblemSeverity.Warning:
                ManifestPartIgnored(_logger, problem);
                break;
            default:
                ManifestNotice(_logger, problem);
                break;
        }
    }

    private FileSystemWatcher? Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(_directory);
            watcher.Changed += (_, _) => Change();
            watcher.Created += (_, _) => Change();
            watcher.Deleted += (_, _) => Change();
            watcher.Renamed += (_, _) => Change();
            watcher.Error += (_, _) => Change();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (ArgumentException error)
        {
            // It is not there yet.
            NotWatched(_logger, _directory, s_poll.TotalSeconds, error.Message);
        }
        catch (IOException error)
        {
            // fs.inotify.max_user_instances or max_user_watches are used up.
            NotWatched(_logger, _directory, s_poll.TotalSeconds, error.Message);
        }

        return null;
    }

    private void Change() => _changes.Writer.TryWrite(true);

    [LoggerMessage(EventId = 200, EventName = "PodsRead", Level = LogLevel.Information, Message = "{Count} Pod(s) known from {Directory}")]
    private static partial void PodsRead(ILogger logger, int count, string directory);

    [LoggerMessage(EventId = 201, EventName = "ManifestRefused", Level = LogLevel.Error, Message = "{Problem}")]
    private static partial void ManifestRefused(ILogger logger, PodFolderProblem problem);

    [LoggerMessage(EventId = 202, EventName = "ManifestPartIgnored", Level = LogLevel.Warning, Message = "{Problem}")]
    private static partial void ManifestPartIgnored(ILogger logger, PodFolderProblem problem);

    [LoggerMessage(EventId = 203, EventName = "ManifestNotice", Level = LogLevel.Information, Message = "{Problem}")]
    private static partial void ManifestNotice(ILogger logger, PodFolderProblem problem);

    [LoggerMessage(EventId = 204, EventName = "FolderNotWatched", Level = LogLevel.Warning,
        Message = "{Directory} is read every {Seconds} s only, and not when it changes: {Reason}")]
    private static partial void NotWatched(ILogger logger, string directory, double seconds, string reason);
}
