using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Agent.Tests.Reporting;

public sealed class DryRunLedgerTests
{
    private readonly Clock _time = new();
    private readonly DryRunLedger _ledger;
    private long _overAt;

    public DryRunLedgerTests() => _ledger = new DryRunLedger(_time, () => _overAt);

    [Fact]
    public void A_shortage_that_the_kernel_ends_was_foreseen()
    {
        Tell();
        Pass(TimeSpan.FromSeconds(5));
        Tell();
        KernelKills(LateReason.DryRun);

        Assert.Equal(new DryRunScore(1, 0, 0), _ledger.Score);
    }

    [Fact]
    public void One_that_passes_by_itself_needed_no_kill()
    {
        Tell();
        Pass(TimeSpan.FromSeconds(5));
        End();
        Pass(DryRunLedger.Window);
        Assert.Equal(new DryRunScore(0, 0, 0), _ledger.Score);

        Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(new DryRunScore(0, 1, 0), _ledger.Score);

        // A kernel kill after that is of another shortage.
        KernelKills(LateReason.NoShortageSeen);
        Assert.Equal(new DryRunScore(0, 1, 1), _ledger.Score);
    }

    [Fact]
    public void A_leak_that_takes_hours_from_the_threshold_to_the_end_is_one_shortage()
    {
        Tell();
        Pass(TimeSpan.FromHours(5));
        Assert.Equal(new DryRunScore(0, 0, 0), _ledger.Score);

        KernelKills(LateReason.DryRun);
        Assert.Equal(new DryRunScore(1, 0, 0), _ledger.Score);
    }

    [Fact]
    public void What_is_over_for_a_moment_only_is_one_shortage()
    {
        for (var i = 0; i < 5; i++)
        {
            Tell();
            Pass(TimeSpan.FromSeconds(1));
            End();
            Pass(DryRunLedger.Window / 2);
        }

        Pass(DryRunLedger.Window);
        Assert.Equal(new DryRunScore(0, 1, 0), _ledger.Score);
    }

    [Fact]
    public void However_many_are_told_of_or_killed_in_it_a_shortage_counts_once()
    {
        Tell();
        KernelKills(LateReason.DryRun);
        Pass(TimeSpan.FromSeconds(1));
        Tell();
        KernelKills(LateReason.DryRun);
        Pass(TimeSpan.FromSeconds(1));
        End();
        Pass(2 * DryRunLedger.Window);
        Assert.Equal(new DryRunScore(1, 0, 0), _ledger.Score);

        Tell();
        KernelKills(LateReason.DryRun);
        Assert.Equal(new DryRunScore(2, 0, 0), _ledger.Score);
    }

    [Fact]
    public void A_kernel_kill_in_a_shortage_that_was_told_counts_even_if_the_report_of_it_was_lost()
    {
        KernelKills(LateReason.DryRun);

        Assert.Equal(new DryRunScore(1, 0, 0), _ledger.Score);
    }

    [Fact]
    public void A_shortage_that_a_kill_for_real_ended_is_not_judged()
    {
        Tell();
        _ledger.NoteKill(_time.GetTimestamp());
        Pass(TimeSpan.FromSeconds(1));
        End();
        Pass(2 * DryRunLedger.Window);

        Assert.Equal(new DryRunScore(0, 0, 0), _ledger.Score);
    }

    [Theory]
    [InlineData(LateReason.NobodyMayBeKilled, true)]
    [InlineData(LateReason.NoShortageSeen, false)]
    public void What_was_seen_or_was_no_dry_run_was_not_missed(LateReason reason, bool isDryRun)
    {
        _ledger.NoteKernelKill(_time.GetTimestamp(), reason, isDryRun);

        Assert.Equal(new DryRunScore(0, 0, 0), _ledger.Score);
    }

    private void Tell() => _ledger.NoteWouldKill(_time.GetTimestamp());

    private void KernelKills(LateReason reason) => _ledger.NoteKernelKill(_time.GetTimestamp(), reason, isDryRun: true);

    private void End() => _overAt = _time.GetTimestamp();

    private void Pass(TimeSpan time) => _time.Advance(time);

    private sealed class Clock : TimeProvider
    {
        private long _ticks = TimeSpan.TicksPerHour;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        internal void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
