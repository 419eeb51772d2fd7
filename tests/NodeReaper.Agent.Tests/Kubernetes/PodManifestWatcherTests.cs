using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Kubernetes;

namespace NodeReaper.Agent.Tests.Kubernetes;

public sealed class PodManifestWatcherTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLogger<PodManifestWatcher> _logger = new();
    private readonly PodManifestWatcher _watcher;
    private readonly PodBoard _board = new();

    public PodManifestWatcherTests() => _watcher = new PodManifestWatcher(_folder.Path, _board, _logger);

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

        Assert.NotNull(_board.Newest.Find("uid-a"));
        Assert.Contains(_logger.Lines, line => line == $"Information PodsRead 1 Pod(s) known from {_folder.Path}");
    }

    [Fact]
    public async Task A_change_is_picked_up()
    {
        await _watcher.StartAsync(TestContext.Current.CancellationToken);
        Assert.Empty(_board.Newest.Pods);

        File.WriteAllText(_folder.PathOf("a.yaml"), Pod("a"));
        await Soon.Until(() => _board.Newest.Find("uid-a") is not null);

        File.WriteAllText(_folder.PathOf("a.yaml"), Pod("b"));
        await Soon.Until(() => _board.Newest.Find("uid-b") is not null && _board.Newest.Find("uid-a") is null);

        File.Delete(_folder.PathOf("a.yaml"));
        await Soon.Until(() => _board.Newest.Pods.Count == 0);
    }

    [Fact]
    public async Task A_reading_without_news_confirms_the_Pods_and_a_folder_that_is_gone_does_not()
    {
        var path = _folder.PathOf("pods");
        Directory.CreateDirectory(path);
        using var watcher = new PodManifestWatcher(path, _board, _logger);
        await watcher.StartAsync(TestContext.Current.CancellationToken);
        await Task.Delay(200, TestContext.Current.CancellationToken);
        var age = _board.Age;

        File.WriteAllText(Path.Combine(path, "not-a-manifest"), "");
        await Soon.Until(() => _board.Age < age);

        Directory.Delete(path, recursive: true);
        await Soon.Until(() => _logger.Lines.Any(line => line.Contains("there is no such folder", StringComparison.Ordinal)));
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.True(_board.Age >= TimeSpan.FromMilliseconds(200));
        await watcher.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_ConfigMap_that_is_swapped_is_picked_up()
    {
        var volume = new ConfigMapVolume(_folder);
        volume.Swap(("pods.yaml", Pod("a")));
        await _watcher.StartAsync(TestContext.Current.CancellationToken);

        volume.Swap(("pods.yaml", Pod("b")));

        await Soon.Until(() => _board.Newest.Find("uid-b") is not null);
    }

    [Fact]
    public async Task A_problem_is_logged_once_while_it_lasts()
    {
        _folder.Write("a.yaml", "kind: [");
        await _watcher.StartAsync(TestContext.Current.CancellationToken);

        File.WriteAllText(_folder.PathOf("b.yaml"), Pod("b"));
        await Soon.Until(() => _board.Newest.Find("uid-b") is not null);

        Assert.Single(_logger.Lines, line => line.StartsWith("Error ManifestRefused a.yaml:2: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_appears_later_is_read()
    {
        var path = _folder.PathOf("later");
        using var watcher = new PodManifestWatcher(path, _board, _logger);
        await watcher.StartAsync(TestContext.Current.CancellationToken);
        Assert.Contains(_logger.Lines, line => line == $"Error ManifestRefused {path}: there is no such folder; what was last good stays");
        Assert.Contains(_logger.Lines, line => line.StartsWith("Warning FolderNotWatched", StringComparison.Ordinal));

        Directory.CreateDirectory(path);
        _folder.Write("later/a.yaml", Pod("a"));

        await Soon.Until(() => _board.Newest.Find("uid-a") is not null);
        await watcher.StopAsync(CancellationToken.None);
    }

    private static string Pod(string name) => new ManifestText { Name = name, Uid = $"uid-{name}" }.ToString();
}
