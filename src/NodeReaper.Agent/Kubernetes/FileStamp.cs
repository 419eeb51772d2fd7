namespace NodeReaper.Agent.Kubernetes;

/// <summary>What tells, without opening a file, that it is another than before.</summary>
/// <param name="Target">The path behind all symbolic links: in a mounted ConfigMap, it alone may change.</param>
/// <param name="Written">When it was written last.</param>
/// <param name="Length">In bytes.</param>
internal readonly record struct FileStamp(string Target, DateTime Written, long Length)
{
    /// <summary>Takes the stamp of a file.</summary>
    /// <returns>Null when it is not there, or may not be looked at.</returns>
    internal static FileStamp? Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.ResolveLinkTarget(returnFinalTarget: true) is { } target)
            {
                file = new FileInfo(target.FullName);
            }

            return new FileStamp(RealPath(file.FullName), file.LastWriteTimeUtc, file.Length);
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    // In a mounted ConfigMap, pods.yaml is a link to ..data/pods.yaml, and ..data the link that changes.
    private static string RealPath(string file)
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(file)!);
        return Path.Combine((folder.ResolveLinkTarget(returnFinalTarget: true) ?? folder).FullName, Path.GetFileName(file));
    }
}
