namespace NodeReaper.Agent.Tests;

/// <summary>Finds the files of this repository from a test.</summary>
internal static class Repository
{
    internal static string PathOf(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "NodeReaper.sln")))
            {
                return Path.Combine(folder.FullName, path);
            }
        }

        throw new InvalidOperationException("NodeReaper.sln is in no folder above the tests");
    }
}
