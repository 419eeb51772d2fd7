using NodeReaper.Agent.Kubernetes.Nodes;
using NodeReaper.Agent.Tests.Kubernetes.Events;
using NodeReaper.Agent.Tests.Reporting;
using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Kubernetes.Nodes;

public sealed class SustainedPressureTests
{
    private readonly ShiftedTime _time = new();
    private readonly SustainedPressure _pressure;

    public SustainedPressureTests() => _pressure = new SustainedPressure(TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), _time);

    [Fact]
    public void One_kill_is_none()
    {
        _pressure.Note();
        Assert.False(_pressure.IsSustained);
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.False(_pressure.IsSustained);
    }

    [Fact]
    public void What_comes_again_within_the_quiet_time_goes_on_and_ends_after_it()
    {
        _pressure.Note();
        _time.Advance(TimeSpan.FromSeconds(119));
        _pressure.Note();
        Assert.False(_pressure.IsSustained);
        _time.Advance(TimeSpan.FromSeconds(2));
        _pressure.Note();
        Assert.True(_pressure.IsSustained);
        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.True(_pressure.IsSustained);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_pressure.IsSustained);
    }

    [Fact]
    public void What_comes_after_the_quiet_time_is_another_pressure()
    {
        for (var i = 0; i < 4; i++)
        {
            _pressure.Note();
            Assert.False(_pressure.IsSustained);
            _time.Advance(TimeSpan.FromMinutes(6));
        }
    }

    [Theory]
    [InlineData(ReportKind.Killed, "available", true)]
    [InlineData(ReportKind.NoVictim, "stall", true)]
    [InlineData(ReportKind.Capped, "available", true)]
    [InlineData(ReportKind.Refused, "available", true)]
    [InlineData(ReportKind.KernelOom, "available", true)]
    [InlineData(ReportKind.DryRun, "available", false)]
    [InlineData(ReportKind.Drained, "available", false)]
    [InlineData(ReportKind.Observed, "available", false)]
    [InlineData(ReportKind.Killed, Occasion.OwnLimit, false)]
    public void What_the_agent_had_to_do_for_the_node_is_a_sign_of_it(ReportKind kind, string signal, bool isSign)
    {
        var pressure = new SustainedPressure(TimeSpan.Zero, TimeSpan.FromMinutes(5), _time);
        var report = Reports.Of(kind);
        report.Verdict = new PressureVerdict(signal, 1, false);
        new PressureSigns(pressure).Write(report);
        Assert.Equal(isSign, pressure.IsSustained);
    }
}
