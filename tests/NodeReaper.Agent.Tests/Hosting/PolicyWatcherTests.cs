using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Tests.Hosting;

public sealed class PolicyWatcherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lines _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_good_file_is_adopted_with_the_command_lines_changes()
    {
        var (watcher, board) = Make("plan: {maxVictims: 2}");
        _folder.Write("policy.yaml", "plan: {maxVictims: 5}");
        watcher.Refresh();
        Assert.Equal(5, board.Newest.Plan.MaxVictims);
        Assert.True(board.Newest.DryRun, "--dry-run holds over the file");
        Assert.Contains(_log.All, line => line.EndsWith("in force now: plan.maxVictims: 5", StringComparison.Ordinal));
    }

    [Fact]
    public void A_bad_file_is_refused_whole_and_told()
    {
        var (watcher, board) = Make("plan: {maxVictims: 2}");
        var before = board.Newest;
        _folder.Write("policy.yaml", "plan: {maxVictims: 5, maxVictim: 6}");
        watcher.Refresh();
        Assert.Same(before, board.Newest);
        Assert.Contains(_log.All, line => line.Contains("plan.maxVictim: is not a key; did you mean maxVictims?", StringComparison.Ordinal));
        Assert.Contains(_log.All, line => line.Contains("is refused whole; the last good policy stays in force", StringComparison.Ordinal));

        // And a good one after that.
        _folder.Write("policy.yaml", "plan: {maxVictims: 6}");
        watcher.Refresh();
        Assert.Equal(6, board.Newest.Plan.MaxVictims);
    }

    [Fact]
    public void What_takes_a_new_start_is_told()
    {
        var (watcher, _) = Make("");
        _folder.Write("policy.yaml", "kill: {reapers: 5, deadline: 2s}\nlog: {format: json}");
        watcher.Refresh();
        Assert.Contains("only from the agent's next start on: kill.reapers, log.format", _log.All);
    }

    [Fact]
    public void A_file_that_says_the_same_is_no_news()
    {
        var (watcher, board) = Make("plan: {maxVictims: 2}");
        var before = board.Newest;
        _folder.Write("policy.yaml", "# A comment.\nplan:\n  maxVictims: 2\n");
        watcher.Refresh();
        Assert.Same(before, board.Newest);
        Assert.Empty(_log.All);
    }

    private (PolicyWatcher Watcher, PolicyBoard Board) Make(string text)
    {
        var path = _folder.Write("policy.yaml", text);
        var options = PolicyFile.Load(path).Options!;
        var board = new PolicyBoard(options.Policy with { DryRun = true });
        return (new PolicyWatcher(path, options, policy => policy with { DryRun = true }, board, _log), board);
    }

    private sealed class Lines : ILogger<PolicyWatcher>
    {
        internal List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception));
    }
}
