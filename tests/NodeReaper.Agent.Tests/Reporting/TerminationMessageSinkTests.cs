using System.Text;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Reporting;

public sealed class TerminationMessageSinkTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void The_container_says_why_it_died()
    {
        var file = File("1a2b3c4d", -60);
        Write(Reports.Of(ReportKind.Killed));
        Assert.StartsWith("NodeReaper killed shop/web[app] (available: ", Text(file), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_application_said_stays()
    {
        var file = File("1a2b3c4d", -60, "it was me");
        Write(Reports.Of(ReportKind.Killed));
        Assert.Equal("it was me", Text(file));
    }

    [Fact]
    public void Of_several_starts_the_one_that_was_killed_says_it()
    {
        var before = File("ffffffff", -600);
        var killed = File("1a2b3c4d", -60);
        var after = File("00000000", +1);
        Write(Reports.Of(ReportKind.Killed));
        Assert.Equal((true, false, true), (Text(before).Length == 0, Text(killed).Length == 0, Text(after).Length == 0));
    }

    [Fact]
    public void If_the_start_that_was_killed_said_something_no_other_says_it()
    {
        var before = File("ffffffff", -600);
        File("1a2b3c4d", -60, "it was me");
        Write(Reports.Of(ReportKind.Killed));
        Assert.Empty(Text(before));
    }

    [Theory]
    [InlineData(ReportKind.DryRun)]
    [InlineData(ReportKind.Refused)]
    [InlineData(ReportKind.Terminated)]
    public void Who_was_not_killed_has_nothing_to_say(ReportKind kind)
    {
        var file = File("1a2b3c4d", -60);
        Write(Reports.Of(kind));
        Assert.Empty(Text(file));
    }

    [Fact]
    public void Who_lost_a_process_may_live_on()
    {
        var file = File("1a2b3c4d", -60);
        var report = Reports.Of(ReportKind.Killed);
        report.Scope = KillScope.Process;
        Write(report);
        Assert.Empty(Text(file));
    }

    [Fact]
    public void Of_a_whole_Pod_each_container_that_was_killed_says_it_and_no_other()
    {
        var chosen = File("1a2b3c4d", -60);
        var along = File("2b3c4d5e", -60, container: "neighbour");
        var said = File("3c4d5e6f", -60, "it was me", "talker");
        var lives = File("4d5e6f70", -60, container: "other");
        var report = Reports.Of(ReportKind.Killed);
        report.Scope = KillScope.Pod;
        report.ContainerCount = 3;
        report.KeepAlsoKilled(new ContainerFacts("neighbour", "id-2", 0, null, default));
        report.KeepAlsoKilled(new ContainerFacts("talker", "id-3", 0, null, default));
        report.KeepAlsoKilled(null);
        Write(report);
        Assert.StartsWith("NodeReaper killed with its Pod's 2 other app container(s) shop/web[app] ", Text(chosen), StringComparison.Ordinal);
        Assert.Equal((Text(chosen), "it was me", ""), (Text(along), Text(said), Text(lives)));
    }

    [Theory]
    [InlineData("../../../other")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    public void No_name_leads_out_of_the_folder(string container)
    {
        var report = Reports.Of(ReportKind.Killed);
        var victim = report.Victim;
        victim.Facts.Container = new ContainerFacts(container, "id", 0, null, default);
        report.KeepContainer(victim);
        var file = _root.Write("other", "");
        System.IO.File.SetLastWriteTimeUtc(file, Reports.Time.UtcDateTime.AddSeconds(-60));
        Write(report);
        Assert.Empty(Text(file));
    }

    [Fact]
    public void A_link_is_not_followed()
    {
        var target = _root.Write("target", "");
        var folder = Directory.CreateDirectory(_root.PathOf("pods/uid-web/containers/app"));
        System.IO.File.CreateSymbolicLink(Path.Combine(folder.FullName, "1a2b3c4d"), target);
        System.IO.File.SetLastWriteTimeUtc(target, Reports.Time.UtcDateTime.AddSeconds(-60));
        Write(Reports.Of(ReportKind.Killed));
        Assert.Empty(Text(target));
    }

    [Fact]
    public void The_end_of_the_log_stays_where_that_is_the_message()
    {
        var file = File("1a2b3c4d", -60);
        var report = Reports.Of(ReportKind.Killed);
        var victim = report.Victim;
        victim.Facts.Container = victim.Facts.Container! with { FallsBackToLog = true };
        report.KeepContainer(victim);
        Write(report);
        Assert.Empty(Text(file));
    }

    [Fact]
    public void A_clock_that_was_set_back_does_not_hide_the_only_one()
    {
        var file = File("1a2b3c4d", +3600);
        Write(Reports.Of(ReportKind.Killed));
        Assert.StartsWith("NodeReaper killed", Text(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_kubelet_nothing_is_done() => Write(Reports.Of(ReportKind.Killed));

    private void Write(ReapReport report) => new TerminationMessageSink(_root.Path).Write(report);

    private string File(string name, int seconds, string text = "", string container = "app")
    {
        Directory.CreateDirectory(_root.PathOf($"pods/uid-web/containers/{container}"));
        var path = _root.Write($"pods/uid-web/containers/{container}/{name}", text);
        System.IO.File.SetLastWriteTimeUtc(path, Reports.Time.UtcDateTime.AddSeconds(seconds));
        return path;
    }

    private static string Text(string path) => System.IO.File.ReadAllText(path, Encoding.UTF8);
}
