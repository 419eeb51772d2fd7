namespace NodeReaper.Agent.Kubernetes;

/// <summary>A small file in which one agent leaves something for the next: whole, or as it was before.</summary>
/// <param name="path">Where it is.</param>
/// <param name="maxBytes">What is longer was not written by an agent, and is not read.</param>
internal sealed class StateFile(string path, int maxBytes)
{
    /// <summary>True when it is there.</summary>
    internal bool Exists => File.Exists(path);

    /// <summary>Reads it.</summary>
    /// <returns>Null when it is not there, cannot be read, or is too long.</returns>
    internal byte[]? Read()
    {
        try
        {
            return new FileInfo(path) is { Exists: true } file && file.Length <= maxBytes ? File.ReadAllBytes(path) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes it.</summary>
    /// <param name="bytes">All of it.</param>
    /// <exception cref="IOException">It cannot be written, and is as it was.</exception>
    internal void Write(byte[] bytes)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            WholeFile.Write(path, bytes);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Takes it away, if it is there.</summary>
    /// <exception cref="IOException">It stays.</exception>
    internal void Delete()
    {
        try
        {
            if (Exists)
            {
                File.Delete(path);
            }
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(error.Message, error);
        }
    }
}
