using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Reporting;

public sealed class ReportSentenceTests
{
    public static TheoryData<int, int, string?, int, string> Ranks => new()
    {
        // Its place, of how many, the key that put it in front of the next, how many were passed over; what is said.
        { 1, 1, null, 0, "; the only candidate)" },
        { 1, 5, "growth", 0, "; first of 5 by growth)" },
        { 1, 5, null, 0, "; first of 5, in a tie broken by UID)" },
        { 2, 5, "growth", 0, "; number 2 of 5 by growth)" },
        { 5, 5, null, 4, "; number 5 of 5, for those passed over before it (4, 40 MiB) would not have covered what is missing)" },
        { 3, 5, "qosClass", 2, "; number 3 of 5 by qosClass, for those passed over before it (2, 20 MiB) would not have covered what is missing)" },
    };

    [Theory]
    [MemberData(nameof(Ranks))]
    public void Why_this_one_is_said(int place, int total, string? key, int passedOver, string expected)
    {
        foreach (var kind in new[] { ReportKind.Killed, ReportKind.DryRun, ReportKind.Terminated })
        {
            var report = Reports.Of(kind);
            report.KeepContainer(Reports.Victim("shop", "web") with { DecidingKey = key is null ? null : RankingKeys.Find(key) });
            report.RankedTotal = total;
            report.Rank = new VictimRank(place, passedOver, passedOver * 10L << 20);
            Assert.Contains(expected, ReportSentence.Of(report), StringComparison.Ordinal);
            Assert.Contains(expected, ReportSentence.Of(report, namesOthers: false), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void One_that_was_told_to_end_before_is_said_to_be()
    {
        var victim = Reports.Victim("shop", "web");
        victim.Facts.IsAskedToEnd = true;
        var report = Reports.Of(ReportKind.Killed);
        report.KeepContainer(victim);
        report.RankedTotal = 5;
        report.Rank = new VictimRank(2, 0, 0);
        Assert.Contains("; told to end before; number 2 of 5)", ReportSentence.Of(report), StringComparison.Ordinal);
        Assert.True(IncidentRecords.Of(report, null).Victim!.IsAskedToEnd);
    }

    [Fact]
    public void Who_would_have_covered_what_is_missing_is_not_said_to_have_had_too_little()
    {
        var report = Reports.Of(ReportKind.Killed);
        report.KeepContainer(Reports.Victim("shop", "web"));
        report.RankedTotal = 2;
        report.Rank = new VictimRank(2, 1, 20 << 20);
        report.Verdict = report.Verdict with { DeficitBytes = 10 << 20 };
        Assert.Contains("passed over before it (1, 20 MiB) would have left too little room)", ReportSentence.Of(report), StringComparison.Ordinal);
        var victim = Reports.Victim("shop", "web");
        victim.Facts.IsAskedToEnd = true;
        report.KeepContainer(victim);
        Assert.DoesNotContain("passed over", ReportSentence.Of(report), StringComparison.Ordinal);
    }

    [Fact]
    public void Whose_stalls_they_are_is_told_with_what_was_measured()
    {
        var report = Reports.Of(ReportKind.Attributed);
        report.Stall = new StallEvidence(Time(520), Time(300), Time(280), Time(270), Time(5), Time(78));
        report.KeepContainer(Reports.Victim("shop", "web"));
        Assert.Contains(
            "of 520 ms, tasks waited for memory for 300 ms, 20 ms of that while the kernel reclaimed ahead of them, and 270 ms at limits of their own, most of it in shop/web",
            ReportSentence.Of(report),
            StringComparison.Ordinal);
        Assert.Equal(new IncidentStall(520, 300, 280, 270, 5, 78), IncidentRecords.Of(report, null).Stall);
        Assert.Null(IncidentRecords.Of(Reports.Of(ReportKind.Killed), null).Stall);

        static TimeSpan Time(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
    }

    [Theory]
    [InlineData(50, 2.0)]
    [InlineData(0, null)]
    public void The_time_left_is_told_while_memory_shrinks(int mibPerSecond, double? expected)
    {
        var report = Reports.Of(ReportKind.Killed);
        report.Reading = report.Reading with { FillBytesPerSecond = mibPerSecond << 20, Memory = report.Reading.Memory with { AvailableBytes = 100 << 20 } };
        Assert.Equal(expected, IncidentRecords.Of(report, null).Pressure.TimeLeftSeconds);
    }

    [Fact]
    public void The_incident_file_has_the_place_and_who_was_passed_over()
    {
        var report = Reports.Of(ReportKind.Killed);
        report.Rank = new VictimRank(3, 2, 20 << 20);
        var record = IncidentRecords.Of(report, null);
        Assert.Equal((3, new IncidentPassedOver(2, 20 << 20)), (record.Rank, record.PassedOver));

        report.Rank = new VictimRank(1, 0, 0);
        record = IncidentRecords.Of(report, null);
        Assert.Equal((1, null), (record.Rank, record.PassedOver));
    }
}
