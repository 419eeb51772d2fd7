using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Agent.Tests.Reporting;

public sealed class DryRunLedgerTests
{
    private readonly Clock _time = new();
    private readonly DryRunLedger _ledger;

    public DryRunLedgerTests() => _ledger = new DryRunLedger(_time);

    [Fact]
    public void A_shortage_that_the_kernel_ends_was_foreseen()
    {
        _ledger.NoteWouldKill();
        _time.Advance(TimeSpan.FromSeconds(5));
        _ledger.NoteWouldKill();
        _ledger.NoteKernelKill(LateReason.DryRun, isDryRun: true);

        Assert.Equal(new DryRunScore(1, 0, 0), _ledger.Score);
    }

    [Fact]
    public void One_that_passes_by_itself_needed_no_kill()
    {
        _ledger.NoteWouldKill();
        _time.Advance(DryRunLedger.Window);
        Assert.Equal(new DryRunScore(0, 0, 0), _ledger.Score);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new DryRunScore(0, 1, 0), _ledger.Score);

        // A kernel kill after that is of another shortage.
        _ledger.NoteKernelKill(LateReason.NoShortageSeen, isDryRun: true);
        Assert.Equal(new DryRunScore(0, 1, 1), _ledger.Score);
    }

    [Fact]
    public void As_long_as_it_goes_on_it_is_one_shortage()
    {
        for (var i = 0; i < 5; i++)
        {
            _ledger.NoteWouldKill();
            _time.Advance(DryRunLedger.Window / 2);
        }

        _time.Advance(DryRunLedger.Window);
        Assert.Equal(new DryRunScore(0, 1, 0), _ledger.Score);
    }

    [Theory]
    [InlineData(LateReason.NobodyMayBeKilled, true)]
    [InlineData(LateReason.NoShortageSeen, false)]
    public void What_was_seen_or_was_no_dry_run_was_not_missed(LateReason reason, bool isDryRun)
    {
        _ledger.NoteKernelKill(reason, isDryRun);

        Assert.Equal(new DryRunScore(0, 0, 0), _ledger.Score);
    }

    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        internal void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
