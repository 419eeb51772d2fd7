using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Tests.Reporting;

public sealed class StepResultsTests
{
    [Fact]
    public void A_step_that_was_not_tried_is_not_OK()
    {
        var untried = new VictimProcess { ProcessId = 7 };
        Assert.Equal((null, null), (StepResults.Hold(untried), StepResults.Release(untried)));
        Assert.Equal("EBUSY", StepResults.Hold(new VictimProcess { HoldError = Errno.EBUSY }));
        Assert.Equal("OK", StepResults.Hold(new VictimProcess { HeldThread = 7 }));
        Assert.Equal("OK", StepResults.Release(Released(Errno.None)));
        Assert.Equal("ESRCH", StepResults.Release(Released(Errno.ESRCH)));
    }

    [Theory]
    [InlineData("EINVAL", 0, 0, null)]
    [InlineData("EINVAL", 100, 0, "OK")]
    [InlineData("EINVAL", 0, 4711, "OK")]
    [InlineData("None", 0, 0, "OK")]
    public void Whom_the_signal_did_not_reach_has_no_result_of_it(string release, long deadAt, int sharer, string? expected)
    {
        var process = Released(release == "EINVAL" ? Errno.EINVAL : Errno.None);
        process.DeadAt = deadAt;
        var outcome = new KillOutcome(KillStrategy.Hold, default, 0, default, 1, 1, sharer, 100, 150, 180);
        Assert.Equal(expected, StepResults.Signal(process, outcome));
    }

    [Fact]
    public void An_incident_tells_of_each_process_what_was_tried()
    {
        var report = Reports.Of(Engine.Reporting.ReportKind.Killed);
        report.KeepProcesses([Released(Errno.None), new VictimProcess { ProcessId = 8 }, Released(Errno.EINVAL)]);
        Assert.Equal(
            [("OK", "OK"), ("OK", null), (null, "EINVAL")],
            IncidentRecords.Of(report, null).Kill!.Processes.Select(process => (process.Signal, process.Release)));
    }

    private static VictimProcess Released(Errno error)
    {
        var process = new VictimProcess { ProcessId = 7 };
        process.BeginRelease(1, round: 1);
        Assert.True(process.EndRelease(0, round: 1, attempts: 1, error));
        return process;
    }
}
