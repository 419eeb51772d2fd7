namespace NodeReaper.Kernel.Tests;

/// <summary>Where the sources are, from where the tests run.</summary>
internal static class RepositoryRoot
{
    internal static string Path { get; } = Find();

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "NodeReaper.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"no NodeReaper.sln above {AppContext.BaseDirectory}");
    }
}
