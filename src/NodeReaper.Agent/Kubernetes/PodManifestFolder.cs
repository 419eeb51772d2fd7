using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>
/// Knows the Pods from a folder of manifests. Each file stands for itself: when one turns bad, what was last good in it
/// stays, and the news of the others is taken.
/// </summary>
/// <param name="directory">The folder. Hidden files and folders in it are not looked at.</param>
/// <param name="time">The clock that tells how old a file is.</param>
internal sealed class PodManifestFolder(string directory, TimeProvider time)
{
    /// <summary>So many Pods are taken; a node runs a few hundred.</summary>
    internal const int MaxPods = 10_000;

    /// <summary>So many containers are taken.</summary>
    internal const int MaxContainers = 20_000;

    /// <summary>So many files are looked at.</summary>
    internal const int MaxFiles = 10_000;

    /// <summary>A file that replaces good Pods is taken once it was left alone for this long: before, it may be half written.</summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    private static readonly EnumerationOptions s_allFiles = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    private readonly SortedDictionary<string, ManifestFileState> _files = new(StringComparer.Ordinal);
    private PodFolderReading _last = new(PodSnapshot.Empty, [], true);

    /// <summary>Reads what changed since the last time. Never throws for what is in the folder; not for several threads.</summary>
    internal PodFolderReading Read()
    {
        if (ListFiles(out var names) is { } trouble)
        {
            return _last with { Problems = [trouble, .. _last.Problems] };
        }

        var hasChanged = false;
        foreach (var gone in _files.Keys.Except(names, StringComparer.Ordinal).ToArray())
        {
            _files.Remove(gone);
            hasChanged = true;
        }

        if (hasChanged)
        {
            RetryWhereRoomWasMissing();
        }

        var isSettled = true;
        foreach (var name in names)
        {
            if (!_files.TryGetValue(name, out var file))
            {
                _files[name] = file = new ManifestFileState(name);
            }

            hasChanged |= Refresh(file, ref isSettled);
        }

        _last = hasChanged ? Join(isSettled) : _last with { IsSettled = isSettled };
        return _last;
    }

    private PodFolderProblem? ListFiles(out SortedSet<string> names)
    {
        names = new SortedSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var path in Directory.EnumerateFiles(directory, "*", s_allFiles))
            {
                var name = Path.GetFileName(path);
                if (!IsManifest(name))
                {
                    continue;
                }

                if (!names.Add(name) || names.Count > MaxFiles)
                {
                    return Trouble($"has more than {MaxFiles} manifests; what was last good stays");
                }
            }

            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return Trouble("there is no such folder; what was last good stays");
        }
        catch (UnauthorizedAccessException)
        {
            return Trouble("may not be read; run as root, or let it be read (chmod a+rx); what was last good stays");
        }
        catch (IOException error)
        {
            return Trouble($"cannot be read: {error.Message}; what was last good stays");
        }
    }

    private PodFolderProblem Trouble(string message) => new(PodProblemSeverity.Error, directory, 0, message);

    private static bool IsManifest(string name) => name[0] != '.' && Path.GetExtension(name) is ".yaml" or ".yml" or ".json";

    private bool Refresh(ManifestFileState file, ref bool isSettled)
    {
        var path = Path.Combine(directory, file.Name);
        if (FileStamp.Of(path) is not { } stamp)
        {
            return file.Refuse(null, "cannot be opened, maybe a link that leads nowhere");
        }

        if (file.Stamp == stamp)
        {
            return false;
        }

        if (file.Pods.Count > 0 && IsFresh(stamp))
        {
            isSettled = false;
            return false;
        }

        // What has no length is not opened: it may be a pipe, which would make us wait.
        PodManifestFile read;
        try
        {
            read = stamp.Length == 0 ? new PodManifestFile([], [], IsGood: true, HasList: false) : PodManifestFile.Read(path);
        }
        catch (OutOfMemoryException)
        {
            // The heap has a hard limit. What was read until then is garbage by now, and the agent is needed.
            return file.Refuse(stamp, "does not fit into the agent's memory; split it");
        }

        if (FileStamp.Of(path) != stamp)
        {
            isSettled = false;
            return false;
        }

        if (TooMany(file, read.Pods) is { } limit)
        {
            return file.Refuse(stamp, $"with its {read.Pods.Count} Pods there would be more than {limit}", isForRoom: true);
        }

        if (read is { IsGood: true, Pods.Count: 0, HasList: false } && file.Pods.Count > 0)
        {
            return file.Refuse(stamp, "has no Pods any more; delete it if they are gone");
        }

        if (read.Pods.Count < file.Pods.Count)
        {
            RetryWhereRoomWasMissing();
        }

        return file.Take(stamp, read);
    }

    private void RetryWhereRoomWasMissing()
    {
        foreach (var file in _files.Values)
        {
            file.RetryIfRoomWasMissing();
        }
    }

    private string? TooMany(ManifestFileState file, IReadOnlyList<LocatedPod> news)
    {
        var (pods, containers) = Count(news);
        foreach (var other in _files.Values.Where(other => other != file))
        {
            var (otherPods, otherContainers) = Count(other.Pods);
            (pods, containers) = (pods + otherPods, containers + otherContainers);
        }

        return pods > MaxPods ? $"{MaxPods} Pods" : containers > MaxContainers ? $"{MaxContainers} containers" : null;

        static (int Pods, int Containers) Count(IReadOnlyList<LocatedPod> pods) => (pods.Count, pods.Sum(pod => pod.Facts.Containers.Count));
    }

    // A time in the future is a clock that was set, not a file that is being written.
    private bool IsFresh(in FileStamp stamp) => time.GetUtcNow().UtcDateTime - stamp.Written is var age && age >= TimeSpan.Zero && age < Settling;

    private PodFolderReading Join(bool isSettled)
    {
        var pods = new List<PodFacts>();
        var problems = new List<PodFolderProblem>();
        var places = new Dictionary<string, (string File, int Line)>(StringComparer.Ordinal);
        foreach (var file in _files.Values)
        {
            problems.AddRange(file.Problems);
            foreach (var pod in file.Pods)
            {
                if (places.TryAdd(pod.Facts.Uid, (file.Name, pod.Line)))
                {
                    pods.Add(pod.Facts);
                }
                else
                {
                    var (first, line) = places[pod.Facts.Uid];
                    problems.Add(new PodFolderProblem(
                        PodProblemSeverity.Warning,
                        file.Name,
                        pod.Line,
                        $"Pod {pod.Facts.Namespace}/{pod.Facts.Name} has the UID {pod.Facts.Uid} of the one at {first}:{line}, and is ignored"));
                }
            }
        }

        return new PodFolderReading(new PodSnapshot(pods), problems, isSettled);
    }
}
