using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Tests.Kubernetes;

public sealed class PodManifestWatcherTests : IAsyncLifetime
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLogger _logger = new();
    private readonly PodManifestWatcher _watcher;
    private volatile PodSnapshot? _newest;

    public PodManifestWatcherTests() => _watcher = new PodManifestWatcher(_folder.Path, snapshot => _newest = snapshot, _logger);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _watcher.StopAsync(CancellationToken.None);
        _watcher.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_first_snapshot_is_there_when_it_has_started()
    {
        _folder.Write("a.yaml", Pod("a"));

        await _watcher.StartAsync(TestContext.Current.CancellationToken);

        Assert.NotNull(_newest?.Find("uid-a"));
        Assert.Contains(_logger.Lines, line => line == $"Information PodsRead 1 Pod(s) known from {_folder.Path}");
    }

    [Fact]
    public async Task A_change_is_picked_up()
    {
        await _watcher.StartAsync(TestContext.Current.CancellationToken);
        Assert.Empty(_newest!.Pods);

        File.WriteAllText(_folder.PathOf("a.yaml"), Pod("a"));
        await Until(() => _newest.Find("uid-a") is not null);

        File.WriteAllText(_folder.PathOf("a.yaml"), Pod("b"));
        await Until(() => _newest.Find("uid-b") is not null && _newest.Find("uid-a") is null);

        File.Delete(_folder.PathOf("a.yaml"));
        await Until(() => _newest.Pods.Count == 0);
    }

    [Fact]
    public async Task A_ConfigMap_that_is_swapped_is_picked_up()
    {
        var volume = new ConfigMapVolume(_folder);
        volume.Swap(("pods.yaml", Pod("a")));
        await _watcher.StartAsync(TestContext.Current.CancellationToken);

        volume.Swap(("pods.yaml", Pod("b")));

        await Until(() => _newest!.Find("uid-b") is not null);
    }

    [Fact]
    public async Task A_problem_is_logged_once_while_it_lasts()
    {
        _folder.Write("a.yaml", "kind: [");
        await _watcher.StartAsync(TestContext.Current.CancellationToken);

        File.WriteAllText(_folder.PathOf("b.yaml"), Pod("b"));
        await Until(() => _newest!.Find("uid-b") is not null);

        Assert.Single(_logger.Lines, line => line.StartsWith("Error ManifestRefused a.yaml:2: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_appears_later_is_read()
    {
        var path = _folder.PathOf("later");
        using var watcher = new PodManifestWatcher(path, snapshot => _newest = snapshot, _logger);
        await watcher.StartAsync(TestContext.Current.CancellationToken);
        Assert.Contains(_logger.Lines, line => line == $"Error ManifestRefused {path}: there is no such folder; what was last good stays");
        Assert.Contains(_logger.Lines, line => line.StartsWith("Warning FolderNotWatched", StringComparison.Ordinal));

        Directory.CreateDirectory(path);
        _folder.Write("later/a.yaml", Pod("a"));

        await Until(() => _newest?.Find("uid-a") is not null);
        await watcher.StopAsync(CancellationToken.None);
    }

    private static string Pod(string name) => new ManifestText { Name = name, Uid = $"uid-{name}" }.ToString();

    private static async Task Until(Func<bool> isTrue)
    {
        var end = DateTime.UtcNow + s_soon;
        while (!isTrue())
        {
            Assert.True(DateTime.UtcNow < end, $"not within {s_soon.TotalSeconds} s");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private sealed class RecordingLogger : ILogger<PodManifestWatcher>
    {
        internal ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{logLevel} {eventId.Name} {formatter(state, exception)}");
    }
}
