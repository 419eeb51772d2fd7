namespace NodeReaper.Agent.Kubernetes;

/// <summary>Writes a file so that there is all of it or what was there before, also when the power fails.</summary>
internal static class WholeFile
{
    /// <summary>What the name of a file ends with that is not whole yet.</summary>
    internal const string Half = ".tmp";

    /// <summary>Writes it.</summary>
    /// <param name="path">Where.</param>
    /// <param name="bytes">All of it.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    internal static void Write(string path, byte[] bytes)
    {
        using (var file = new FileStream(path + Half, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }

        File.Move(path + Half, path, overwrite: true);
    }
}
