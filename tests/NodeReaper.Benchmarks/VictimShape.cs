namespace NodeReaper.Benchmarks;

/// <summary>A victim to kill again and again.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Arguments">What the victim program is told.</param>
/// <param name="CpuHogs">How many spinning processes keep the CPUs busy meanwhile.</param>
/// <param name="RoundsDivisor">Victims that take seconds to die are killed less often.</param>
internal sealed record VictimShape(string Name, string Arguments, int CpuHogs = 0, int RoundsDivisor = 1)
{
    internal static IReadOnlyList<VictimShape> All { get; } =
    [
        new("idle 1 MiB", "--mib 1"),
        new("idle 16 MiB", "--mib 16"),
        new("idle 256 MiB", "--mib 256"),
        new("idle 64 MiB, 16 threads", "--mib 64 --threads 16"),
        new("spinning 64 MiB, 4 threads", "--mib 64 --threads 4 --spin"),
        new("8 processes of 16 MiB", "--mib 16 --procs 7"),
        new("256 MiB, nice 19, busy CPUs", "--mib 256 --nice 19 --spin", 2, 10),
    ];
}
