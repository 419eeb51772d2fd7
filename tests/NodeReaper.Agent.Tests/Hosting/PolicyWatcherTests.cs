using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Tests.Kubernetes.Events;

namespace NodeReaper.Agent.Tests.Hosting;

public sealed class PolicyWatcherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lines _log = new();
    private readonly ShiftedTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_good_file_is_adopted_with_the_command_lines_changes()
    {
        var (watcher, board) = Make("plan: {maxVictims: 2}");
        _folder.Write("policy.yaml", "plan: {maxVictims: 5}");
        Settle(watcher);
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
        Settle(watcher);
        Assert.Same(before, board.Newest);
        Assert.Contains(_log.All, line => line.Contains("plan.maxVictim: is not a key; did you mean maxVictims?", StringComparison.Ordinal));
        Assert.Contains(_log.All, line => line.Contains("is refused whole; the last good policy stays in force", StringComparison.Ordinal));

        // And a good one after that.
        _folder.Write("policy.yaml", "plan: {maxVictims: 6}");
        Settle(watcher);
        Assert.Equal(6, board.Newest.Plan.MaxVictims);
    }

    [Fact]
    public void What_takes_a_new_start_is_told_and_is_not_in_force()
    {
        var (watcher, board) = Make("pressure: {stall: 100ms}");
        _folder.Write(
            "policy.yaml", "pressure: {stall: 400ms, stallWindow: 2s, timeLeft: 1s}\nkill: {reapers: 5}\nreport: {incidentFile: /new}\nlog: {format: json}");
        Settle(watcher);

        var pressure = board.Newest.Pressure;
        Assert.Equal([0.1, 1, 1], [pressure.Stall.TotalSeconds, pressure.StallWindow.TotalSeconds, pressure.TimeLeft.TotalSeconds]);
        Assert.Equal(3, board.Newest.Kill.Reapers);
        Assert.Null(board.Newest.Report.IncidentFile);
        Assert.EndsWith(": in force now: pressure.timeLeft: 1s", _log.All[0], StringComparison.Ordinal);
        Assert.Equal(
            "only from the agent's next start on: pressure.stall: 400ms, pressure.stallWindow: 2s, kill.reapers: 5, report.incidentFile: /new, log.format: json",
            _log.All[1]);

        // What it was started with is in force.
        _folder.Write("policy.yaml", "pressure: {stall: 100ms, stallWindow: 2s, timeLeft: 1s}\nkill: {reapers: 5}\nreport: {incidentFile: /new}\nlog: {format: json}");
        Settle(watcher);
        Assert.EndsWith(": in force now: pressure.stall: 100ms", _log.All[2], StringComparison.Ordinal);
        Assert.Equal(3, _log.All.Count);
    }

    [Fact]
    public void A_file_that_says_the_same_is_no_news()
    {
        var (watcher, board) = Make("plan: {maxVictims: 2}");
        var before = board.Newest;
        _folder.Write("policy.yaml", "# A comment.\nplan:\n  maxVictims: 2\n");
        Settle(watcher);
        Assert.Same(before, board.Newest);
        Assert.Empty(_log.All);
    }

    [Fact]
    public void A_file_that_is_being_written_leaves_the_last_policy_wherever_it_ends()
    {
        const string Text = "protect:\n  namespaces: [shop, pay]\nplan: {maxVictims: 2}\nranking: [killPriority, freeable]\n";
        var (watcher, board) = Make(Text);
        Settle(watcher);
        var before = board.Newest;
        for (var length = 0; length < Text.Length; length++)
        {
            _folder.Write("policy.yaml", Text[..length]);
            watcher.Look();
            _time.Advance(PolicyWatcher.Settling / 2);
            watcher.Look();
        }

        // And then it is whole again.
        _folder.Write("policy.yaml", Text);
        Settle(watcher);
        Assert.Same(before, board.Newest);
        Assert.Empty(_log.All);
    }

    [Fact]
    public void A_file_is_taken_once_it_was_left_alone()
    {
        var (watcher, board) = Make("plan: {maxVictims: 2}");
        Settle(watcher);
        _folder.Write("policy.yaml", "plan: {maxVictims: 5}");
        watcher.Look();
        _time.Advance(PolicyWatcher.Settling / 2);
        watcher.Look();
        Assert.Equal(2, board.Newest.Plan.MaxVictims);
        _time.Advance(PolicyWatcher.Settling / 2);
        watcher.Look();
        Assert.Equal(5, board.Newest.Plan.MaxVictims);
    }

    [Fact]
    public void Half_a_file_that_the_agent_was_started_with_is_made_good()
    {
        var (watcher, board) = Make("plan: {maxVictims: 2}");
        _folder.Write("policy.yaml", "plan: {maxVictims: 2, maxKills: 5}");
        Settle(watcher);
        Assert.Equal(5, board.Newest.Plan.MaxKills);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# Nothing but this.\n")]
    [InlineData("protect:\n")]
    public void A_file_that_lost_all_its_keys_is_refused(string left)
    {
        var (watcher, board) = Make("protect: {namespaces: [shop]}");
        var before = board.Newest;
        _folder.Write("policy.yaml", left);
        Settle(watcher);
        Assert.Same(before, board.Newest);
        Assert.Contains(_log.All, line => line.EndsWith(
            "has no keys any more; if all is to be as by default, say so by one key, such as 'dryRun: false'", StringComparison.Ordinal));
        Assert.Contains(_log.All, line => line.Contains("is refused whole; the last good policy stays in force", StringComparison.Ordinal));

        // Which is what it says there.
        _folder.Write("policy.yaml", "dryRun: false");
        Settle(watcher);
        Assert.Equal(["kube-system"], board.Newest.Protect.Namespaces);
    }

    [Fact]
    public void A_file_without_keys_is_no_news_when_there_were_none()
    {
        var (watcher, board) = Make("");
        var before = board.Newest;
        _folder.Write("policy.yaml", "# Nothing but this.\n");
        Settle(watcher);
        Assert.Same(before, board.Newest);
        Assert.Empty(_log.All);
    }

    [Fact]
    public void A_file_that_is_gone_is_told_once_and_not_when_it_is_only_replaced()
    {
        var (watcher, board) = Make("plan: {maxVictims: 2}");
        Settle(watcher);
        var before = board.Newest;
        var path = _folder.PathOf("policy.yaml");
        File.Delete(path);
        watcher.Look();
        _folder.Write("policy.yaml", "plan: {maxVictims: 2}");
        Settle(watcher);
        Assert.Empty(_log.All);

        File.Delete(path);
        Settle(watcher);
        watcher.Look();
        Assert.Same(before, board.Newest);
        Assert.EndsWith("is gone; the last good policy stays in force", Assert.Single(_log.All), StringComparison.Ordinal);
    }

    private void Settle(PolicyWatcher watcher)
    {
        watcher.Look();
        _time.Advance(PolicyWatcher.Settling);
        watcher.Look();
    }

    private (PolicyWatcher Watcher, PolicyBoard Board) Make(string text)
    {
        var path = _folder.Write("policy.yaml", text);
        var options = PolicyFile.Load(path).Options!;
        var board = new PolicyBoard(options.Policy with { DryRun = true });
        return (new PolicyWatcher(path, options, policy => policy with { DryRun = true }, board, _time, _log), board);
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
