namespace NodeReaper.Agent.Kubernetes;

/// <summary>What someone should know about one file of manifests, collected while it is read.</summary>
internal sealed class ManifestFindings(string file)
{
    /// <summary>So many problems are told of one file; the rest are counted.</summary>
    internal const int MaxTold = 50;

    private readonly List<PodFolderProblem> _problems = [];
    private readonly SortedSet<string> _skippedKinds = new(StringComparer.Ordinal);
    private int _untold;
    private int _skipped;
    private int _firstSkippedLine;

    /// <summary>True when the file is not to be taken as it is.</summary>
    internal bool HasErrors { get; private set; }

    /// <summary>Notes something that makes a manifest useless.</summary>
    internal void Refuse(int line, string message)
    {
        HasErrors = true;
        Add(PodProblemSeverity.Error, line, message);
    }

    /// <summary>Notes something that is ignored.</summary>
    internal void Warn(int line, string message) => Add(PodProblemSeverity.Warning, line, message);

    /// <summary>Notes a manifest that is not of a Pod.</summary>
    internal void Skip(int line, string kind)
    {
        _firstSkippedLine = _skipped++ == 0 ? line : _firstSkippedLine;
        if (_skippedKinds.Count < MaxTold)
        {
            _skippedKinds.Add(kind);
        }
    }

    /// <summary>All that was noted, in the order of the file; what is not wrong comes last.</summary>
    internal IReadOnlyList<PodFolderProblem> ToProblems()
    {
        var all = new List<PodFolderProblem>(_problems);
        if (_untold > 0)
        {
            all.Add(new PodFolderProblem(PodProblemSeverity.Warning, file, 0, $"{_untold} more problems are not shown"));
        }

        if (_skipped > 0)
        {
            Note(_firstSkippedLine, $"{_skipped} manifests are not of Pods and skipped: {string.Join(", ", _skippedKinds)}");
        }

        return all;

        void Note(int line, string message) => all.Add(new PodFolderProblem(PodProblemSeverity.Notice, file, line, message));
    }

    private void Add(PodProblemSeverity severity, int line, string message)
    {
        if (_problems.Count < MaxTold)
        {
            _problems.Add(new PodFolderProblem(severity, file, line, message));
        }
        else
        {
            _untold++;
        }
    }
}
