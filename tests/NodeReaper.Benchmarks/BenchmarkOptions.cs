using System.Globalization;

namespace NodeReaper.Benchmarks;

/// <summary>What the program is asked for.</summary>
internal sealed record BenchmarkOptions
{
    internal const string Usage = """
        usage: kill-benchmark kills|decision|esrch --program VICTIM --rounds N [--victim NAME]... [--frozen DIR]
        """;

    /// <summary>kills, decision or esrch.</summary>
    internal string Table { get; private init; } = "";

    /// <summary>The victim program.</summary>
    internal string Program { get; private set; } = "";

    internal int Rounds { get; private set; }

    /// <summary>The keys of the shapes that are asked for; none: all.</summary>
    internal List<string> Victims { get; } = [];

    /// <summary>Where a file system that can be frozen is mounted; null: nowhere.</summary>
    internal string? FreezableMount { get; private set; }

    /// <summary>Reads the command line; null when it is wrong.</summary>
    internal static BenchmarkOptions? Parse(string[] words)
    {
        if (words.Length % 2 == 0 || words[0] is not ("kills" or "decision" or "esrch"))
        {
            return null;
        }

        var options = new BenchmarkOptions { Table = words[0] };
        for (var i = 1; i < words.Length; i += 2)
        {
            if (!options.Take(words[i], words[i + 1]))
            {
                return null;
            }
        }

        return options is { Rounds: > 0, Program: not "" } ? options : null;
    }

    private bool Take(string name, string value)
    {
        switch (name)
        {
            case "--program":
                Program = value;
                return true;
            case "--rounds":
                Rounds = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : 0;
                return true;
            case "--victim":
                Victims.Add(value);
                return true;
            case "--frozen":
                FreezableMount = value;
                return true;
            default:
                return false;
        }
    }
}
