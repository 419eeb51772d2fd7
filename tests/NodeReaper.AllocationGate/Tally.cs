namespace NodeReaper.AllocationGate;

/// <summary>Prints a line for each case, and counts.</summary>
internal sealed class Tally
{
    /// <summary>How the last line begins.</summary>
    internal const string SummaryStart = "allocation-gate, ";

    private const string Ok = "ok       ";
    private const string Bad = "FAILED   ";
    private const string Left = "skipped  ";
    private readonly string _prefix;
    private int _total;
    private int _failed;
    private int _skipped;

    /// <summary>Makes one.</summary>
    /// <param name="label">What all names begin with; may be empty.</param>
    internal Tally(string label) => _prefix = label.Length == 0 ? "" : $"{label}: ";

    internal bool IsGood => _failed == 0;

    internal void Pass(string name, string detail) => Tell(Ok, name, detail);

    internal void Fail(string name, string detail) => Tell(Bad, name, detail);

    internal void Skip(string name, string reason) => Tell(Left, name, reason);

    /// <summary>Passes on a line that another process's tally printed; other lines are only shown.</summary>
    internal void Relay(string line)
    {
        Console.WriteLine(line);
        Count(line);
    }

    /// <summary>Ends the list, in the words of the other test programs.</summary>
    internal void Summarize() =>
        Console.WriteLine($"{SummaryStart}{Place.Compiler}  Total: {_total}, Errors: 0, Failed: {_failed}, Skipped: {_skipped}");

    private void Tell(string outcome, string name, string detail) => Relay($"{outcome}{_prefix}{name}: {detail}");

    private void Count(string line)
    {
        var isBad = line.StartsWith(Bad, StringComparison.Ordinal);
        var isLeft = line.StartsWith(Left, StringComparison.Ordinal);
        _total += isBad || isLeft || line.StartsWith(Ok, StringComparison.Ordinal) ? 1 : 0;
        _failed += isBad ? 1 : 0;
        _skipped += isLeft ? 1 : 0;
    }
}
