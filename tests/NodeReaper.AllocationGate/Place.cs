namespace NodeReaper.AllocationGate;

/// <summary>Where the gate finds what it needs.</summary>
internal static class Place
{
    /// <summary>A program that tests/victims/build makes.</summary>
    internal static string Of(string program) => Path.Combine(Repository(), "artifacts", "victims", program);

    /// <summary>This program, as it was started.</summary>
    internal static string Self { get; } = Environment.ProcessPath ?? throw new IOException("the path of this program is not known");

    /// <summary>JIT or NativeAOT: the latter leaves no assembly beside the program.</summary>
    internal static string Compiler { get; } =
        File.Exists(Path.Combine(AppContext.BaseDirectory, "allocation-gate.dll")) ? "JIT" : "NativeAOT";

    /// <summary>Where cgroup v2 is mounted; null when it is not.</summary>
    internal static string? Cgroup2Mount() => File.ReadLines("/proc/mounts")
        .Select(line => line.Split(' '))
        .FirstOrDefault(fields => fields[2] == "cgroup2")?[1];

    private static string Repository()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "NodeReaper.sln")))
            {
                return directory.FullName;
            }
        }

        throw new IOException($"no NodeReaper.sln above {AppContext.BaseDirectory}");
    }
}
