using System.Diagnostics;
using NodeReaper.Engine.Planning;

namespace NodeReaper.Engine.Tests.Planning;

public sealed class KillBudgetTests
{
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(60);
    private readonly KillBudget _budget = new();

    [Fact]
    public void No_more_than_the_cap_fit_into_any_window()
    {
        for (var second = 0; second < 3; second++)
        {
            Assert.True(_budget.Allows(At(second), 3, s_window));
            _budget.Note(At(second));
        }

        Assert.False(_budget.Allows(At(3), 3, s_window));
        Assert.False(_budget.Allows(At(59.9), 3, s_window));
        Assert.True(_budget.Allows(At(60), 3, s_window));
        _budget.Note(At(60));
        Assert.False(_budget.Allows(At(60.5), 3, s_window));
        Assert.True(_budget.Allows(At(61), 3, s_window));
    }

    [Fact]
    public void A_cap_that_changes_counts_what_was_killed_before()
    {
        for (var i = 0; i < 10; i++)
        {
            _budget.Note(At(i));
        }

        Assert.False(_budget.Allows(At(10), 10, s_window));
        Assert.True(_budget.Allows(At(10), 11, s_window));
        Assert.False(_budget.Allows(At(10), 1, s_window));
        Assert.True(_budget.Allows(At(10), 1, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void It_goes_on_for_ever()
    {
        for (var i = 0; i < 3 * KillBudget.Most; i++)
        {
            Assert.True(_budget.Allows(At(i), KillBudget.Most, TimeSpan.FromSeconds(KillBudget.Most)));
            _budget.Note(At(i));
        }

        Assert.False(_budget.Allows(At(3 * KillBudget.Most), KillBudget.Most, TimeSpan.FromSeconds(KillBudget.Most + 1)));
    }

    private static long At(double seconds) => (long)(seconds * Stopwatch.Frequency) + 1_000_000;
}
