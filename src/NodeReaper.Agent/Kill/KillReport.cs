using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Kill;

/// <summary>What <c>nodereaper kill --output json</c> prints.</summary>
internal sealed record KillReport
{
    public required string Target { get; init; }

    public required string Strategy { get; init; }

    /// <summary>freed, incomplete, refused or failed.</summary>
    public required string Outcome { get; init; }

    /// <summary>Why it was refused or failed, or what is left and why; null when there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>cgroup, cgroupGone or process.</summary>
    public string? Proof { get; init; }

    public long BytesBefore { get; init; }

    public long BytesFreed { get; init; }

    public KillReportBytes BytesLeft { get; init; } = new();

    public double? SignalMicroseconds { get; init; }

    public double? ReleasedMicroseconds { get; init; }

    public double? FreedMicroseconds { get; init; }

    public double? DeadMicroseconds { get; init; }

    public int ProcessCount { get; init; }

    /// <summary>A process outside that shares the victim's address space, and keeps it; null for none.</summary>
    public int? SharerPid { get; init; }

    /// <summary>Every error of the kill path, also those that were repaired, by call and errno name: how often.</summary>
    public IReadOnlyDictionary<string, long> Errors { get; init; } = new Dictionary<string, long>();

    public IReadOnlyList<KillReportProcess> Processes { get; init; } = [];
}

/// <summary>Bytes by kind.</summary>
internal sealed record KillReportBytes
{
    public long Anon { get; init; }

    public long Shmem { get; init; }

    public long File { get; init; }

    public long Kernel { get; init; }

    public long Swap { get; init; }

    /// <summary>The part of the others that is mlocked, or in ramfs.</summary>
    public long Unevictable { get; init; }

    public long Hugetlb { get; init; }
}

/// <summary>What became of one process.</summary>
internal sealed record KillReportProcess
{
    public int Pid { get; init; }

    public required string Name { get; init; }

    public bool Held { get; init; }

    /// <summary>What seizing said, by errno name; null when it was not tried; EBUSY when nobody was free for it.</summary>
    public string? Hold { get; init; }

    /// <summary>What the signal said, by errno name; null for one that had left the cgroup before it, and lives on.</summary>
    public string? Signal { get; init; }

    /// <summary>What the last process_mrelease said, by errno name; null when it was not called.</summary>
    public string? Release { get; init; }

    public int Attempts { get; init; }

    public double? DeadMicroseconds { get; init; }
}

/// <summary>The generated (de)serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(KillReport))]
internal sealed partial class KillReportJson : JsonSerializerContext;
