using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Yaml;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Agent.Options;

/// <summary>Reads the keys of one policy file, and goes on after an error to find the others.</summary>
internal sealed class PolicyReader
{
    private const string KillBelow = "pressure.killBelow";

    // On no node is the default less than on a small one.
    private static readonly MemoryAmount s_leastByDefault = MemoryAmount.OfBytes(PressureLimits.Of(new PressurePolicy(), 1L << 30).KillBelowBytes);
    private static readonly Dictionary<string, PolicyKey> s_keys = PolicyKeys.All.ToDictionary(key => key.Path, StringComparer.Ordinal);
    private static readonly ILookup<string, string> s_sections = PolicyKeys.All
        .Where(key => key.Path.Contains('.', StringComparison.Ordinal))
        .ToLookup(key => key.Path[..key.Path.IndexOf('.', StringComparison.Ordinal)], key => NameOf(key.Path));

    /// <summary>So many errors are told; more are of no help.</summary>
    internal const int MaxErrors = 100;

    private readonly List<YamlError> _errors = [];
    private readonly Dictionary<string, YamlPosition> _given = new(StringComparer.Ordinal);
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    /// <summary>What was read; of no use when there are errors.</summary>
    internal AgentOptions Options { get; private set; } = new();

    /// <summary>What is wrong.</summary>
    internal IReadOnlyList<YamlError> Errors => _errors;

    /// <summary>True when it gives a key that there is.</summary>
    internal bool HasKeys => _given.Count > 0;

    /// <summary>Reads the document.</summary>
    internal void Read(YamlValue root)
    {
        if (root.IsNull)
        {
            return;
        }

        if (root is not YamlMapping mapping)
        {
            Refuse(root.Position, "", $"the file is {root.Noun}; a policy file is a mapping of keys, such as 'dryRun: true'");
            return;
        }

        foreach (var entry in mapping.Entries)
        {
            if (s_sections.Contains(entry.Key))
            {
                ReadSection(entry);
            }
            else
            {
                ReadKey("", entry);
            }
        }

        CheckTogether();
    }

    /// <summary>Notes an error; the last one says that there are more.</summary>
    internal void Refuse(YamlPosition position, string key, string message)
    {
        if (_errors.Count < MaxErrors)
        {
            _errors.Add(new YamlError(position, ShownText.Of(key), message));
        }
        else if (_errors.Count == MaxErrors)
        {
            _errors.Add(new YamlError(position, "", "there are more errors from here on; fix those above first"));
        }
    }

    private void ReadSection(in YamlEntry section)
    {
        // A section whose keys are all commented out is empty.
        if (section.Value.IsNull)
        {
            return;
        }

        if (section.Value is not YamlMapping mapping)
        {
            Refuse(
                section.Value.Position,
                section.Key,
                $"is {section.Value.Noun}; give a mapping of these keys: {string.Join(", ", s_sections[section.Key])}");
            return;
        }

        foreach (var entry in mapping.Entries)
        {
            ReadKey(section.Key, entry);
        }
    }

    private void ReadKey(string section, YamlEntry entry)
    {
        if (_errors.Count > MaxErrors)
        {
            return;
        }

        var path = section.Length > 0 ? $"{section}.{entry.Key}" : entry.Key;
        if ((section.Length == 0 && entry.Key.Contains('.', StringComparison.Ordinal)) || !s_keys.TryGetValue(path, out var key))
        {
            Refuse(entry.KeyPosition, path, Unknown(section, entry.Key));
            return;
        }

        _given[path] = entry.Value.Position;
        Options = key.Read(Options, entry.Value, (position, message) =>
        {
            _refused.Add(path);
            Refuse(position, path, message);
        });
    }

    private static string Unknown(string section, string name)
    {
        if (section.Length == 0 && s_keys.ContainsKey(name))
        {
            var parts = name.Split('.');
            return $"keys nest; write '{parts[0]}:', and '{parts[1]}:' indented below it";
        }

        string[] here = section.Length > 0
            ? [.. s_sections[section]]
            : [.. s_sections.Select(known => known.Key), .. s_keys.Keys.Where(path => !path.Contains('.', StringComparison.Ordinal))];
        var meant = NearMiss.Of(name, here)
            ?? s_keys.Keys.FirstOrDefault(path => string.Equals(NameOf(path), name, StringComparison.OrdinalIgnoreCase));
        return meant is not null
            ? $"is not a key; did you mean {meant}?"
            : $"is not a key; the keys here are {string.Join(", ", here)}";
    }

    private void CheckTogether()
    {
        var (pressure, stages) = (Options.Policy.Pressure, Options.Policy.Stages);
        Check("pressure.stall", "more", "pressure.stallWindow", pressure.Stall <= pressure.StallWindow);
        Check("pressure.fullStall", "more", "pressure.stallWindow", pressure.FullStall <= pressure.StallWindow);
        Check("pressure.fastestSample", "more", "pressure.slowestSample", pressure.FastestSample <= pressure.SlowestSample);
        CheckRanking();

        // A stage that begins after the kill would never be seen.
        CheckMark("pressure.recoverTo", pressure.RecoverTo);
        CheckMark("stages.observe", stages.Observe);
        if (pressure.KillBelow is not null)
        {
            // With swap to spare, there is no kill before it.
            CheckMark("stages.reclaim", stages.Reclaim);
        }

        CheckMark("stages.throttle", stages.Throttle);
        CheckMark("stages.terminate", stages.Terminate);
    }

    // Which of bytes and a percentage is more depends on the node.
    private void CheckMark(string path, MemoryAmount? mark)
    {
        var killBelow = Options.Policy.Pressure.KillBelow ?? s_leastByDefault;
        if (mark is { } above && above.PercentOfTotal > 0 == killBelow.PercentOfTotal > 0)
        {
            Check(path, "less", KillBelow, above.PercentOfTotal >= killBelow.PercentOfTotal && above.Bytes >= killBelow.Bytes);
        }
    }

    private void CheckRanking()
    {
        var names = Options.Policy.Ranking
            .SelectMany(key => key is WeightedKey weighted ? weighted.Parts.Select(part => part.Key.Name) : [key.Name])
            .ToList();
        if (names.Distinct().Count() < names.Count && !_refused.Contains("ranking"))
        {
            var twice = names.GroupBy(name => name).First(group => group.Count() > 1).Key;
            Refuse(_given["ranking"], "ranking", $"has {twice} twice, by itself or within weights; remove one");
        }
    }

    // The error stands at the key that it is about, or at the other one when the file has only that.
    private void Check(string path, string relation, string otherPath, bool isRight)
    {
        if (isRight || _refused.Contains(path) || _refused.Contains(otherPath))
        {
            return;
        }

        var (key, not, other) = _given.ContainsKey(path) ? (path, relation, otherPath) : (otherPath, relation == "more" ? "less" : "more", path);
        Refuse(_given[key], key, $"{Written(key)} must not be {not} than {other} ({Written(other)}); change one of them");
    }

    private string Written(string path) => path == KillBelow && Options.Policy.Pressure.KillBelow is null
        ? $"by default, at least {Quantity.Write(s_leastByDefault.Bytes)}"
        : s_keys[path].Write(Options);

    private static string NameOf(string path) => path[(path.LastIndexOf('.') + 1)..];
}
