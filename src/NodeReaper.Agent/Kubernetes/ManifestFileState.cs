namespace NodeReaper.Agent.Kubernetes;

/// <summary>What is remembered of one file of manifests from one reading to the next.</summary>
internal sealed class ManifestFileState(string name)
{
    private bool _wasGood;
    private bool _lacksRoom;

    /// <summary>The file's name.</summary>
    internal string Name { get; } = name;

    /// <summary>What the file looked like when it was read last; null when it could not be.</summary>
    internal FileStamp? Stamp { get; private set; }

    /// <summary>Its Pods as they were last good.</summary>
    internal IReadOnlyList<LocatedPod> Pods { get; private set; } = [];

    /// <summary>What is wrong with it at present.</summary>
    internal IReadOnlyList<PodFolderProblem> Problems { get; private set; } = [];

    /// <summary>
    /// Takes what was read. Of a bad file that was never good, the Pods that could be read count: to know half of the
    /// protected Pods is better than to know none.
    /// </summary>
    /// <returns>True: something may have changed.</returns>
    internal bool Take(FileStamp stamp, PodManifestFile read)
    {
        Stamp = stamp;
        _lacksRoom = false;
        if (read.IsGood || !_wasGood)
        {
            Pods = read.Pods;
            _wasGood = read.IsGood;
        }

        Problems = read.IsGood ? read.Problems : [.. read.Problems, Note()];
        return true;
    }

    /// <summary>Takes nothing; the Pods stay.</summary>
    /// <param name="stamp">What the file looks like; null when that is not known.</param>
    /// <param name="reason">Why.</param>
    /// <param name="isForRoom">True when it is the other files that leave no room for it.</param>
    /// <returns>True when that is news.</returns>
    internal bool Refuse(FileStamp? stamp, string reason, bool isForRoom = false)
    {
        _lacksRoom = isForRoom;
        var problem = new PodFolderProblem(PodProblemSeverity.Error, Name, 0, $"{reason}; {Pods.Count} Pods last good in it stay");
        var isNews = Problems is not [var known] || known != problem;
        Stamp = stamp;
        Problems = [problem];
        return isNews;
    }

    /// <summary>Has the file read again, though it did not change, if it was the others that left no room for it.</summary>
    internal void RetryIfRoomWasMissing() => Stamp = _lacksRoom ? null : Stamp;

    private PodFolderProblem Note() => new(
        PodProblemSeverity.Notice,
        Name,
        0,
        _wasGood ? $"{Pods.Count} Pods last good in it stay, until all of it is good"
            : Pods.Count > 0 ? $"{Pods.Count} Pods in it that are good are taken"
            : "nothing in it is taken");
}
