namespace NodeReaper.Benchmarks.Victims;

/// <summary>The victims. To add one: a line here. All but one have small pages, whatever the kernel's default for huge ones.</summary>
internal static class VictimShapes
{
    internal static IReadOnlyList<VictimShape> All { get; } =
    [
        new("16m", "idle, 16 MiB", "--small-pages --mib 16"),
        new("256m", "idle, 256 MiB", "--small-pages --mib 256") { RoundsDivisor = 2 },
        new("512m", "idle, 512 MiB", "--small-pages --mib 512") { RoundsDivisor = 2 },
        new("2g", "idle, 2 GiB", "--small-pages --mib 2048") { RoundsDivisor = 5 },
        new("thp", "idle, 512 MiB in huge pages", "--thp --mib 512") { RoundsDivisor = 2 },
        new("nice", "256 MiB, nice 19, busy node", "--small-pages --mib 256 --spin") { Nice = 19, IsNodeBusy = true, RoundsDivisor = 5 },
        new("quota", "256 MiB, spinning, CPU quota 5 %", "--small-pages --mib 256 --spin") { CpuPercent = 5, RoundsDivisor = 2 },
        new("readers", "256 MiB, read by SCHED_IDLE readers, busy node", "--small-pages --mib 256")
        {
            IsNodeBusy = true, ReadFiles = ["smaps", "cmdline"], RoundsDivisor = 5,
        },
        new("d-state", "256 MiB, in D state", "--small-pages --mib 256")
        {
            IsFrozen = true, RoundsDivisor = 5, Deadline = TimeSpan.FromSeconds(2),
        },
        new("procs-8", "8 processes of 32 MiB", "--small-pages --mib 32 --procs 7"),
        new("procs-64", "64 processes of 4 MiB", "--small-pages --mib 4 --procs 63"),
        new("procs-1000", "1,000 processes of 1 MiB", "--small-pages --mib 1 --procs 999") { RoundsDivisor = 10 },
        new("fork-bomb", "fork bomb, 8 chains, 64 MiB", "--small-pages --mib 64 --fork-bomb 8") { RoundsDivisor = 5, Deadline = TimeSpan.FromSeconds(5) },
        new("swap", "256 MiB, 192 MiB of it in zram", "--small-pages --random --mib 256") { SwappedOutMib = 192, RoundsDivisor = 2 },
    ];
}
