using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Doctor;

/// <summary>How a check came out.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DoctorStatus>))]
internal enum DoctorStatus
{
    /// <summary>As it should be.</summary>
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Protection works, but less well.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Protection would not work.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>One check.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Status">How it came out.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to do about it; null when there is nothing to do.</param>
internal sealed record DoctorCheck(string Name, DoctorStatus Status, string Detail, string? Fix)
{
    internal static DoctorCheck Ok(string name, string detail) => new(name, DoctorStatus.Ok, detail, null);

    internal static DoctorCheck Warning(string name, string detail, string fix) => new(name, DoctorStatus.Warning, detail, fix);

    internal static DoctorCheck Failed(string name, string detail, string fix) => new(name, DoctorStatus.Failed, detail, fix);
}

/// <summary>What <c>nodereaper doctor --output json</c> prints.</summary>
/// <param name="WouldProtect">True when no check failed.</param>
/// <param name="Checks">The checks.</param>
internal sealed record DoctorReport(bool WouldProtect, IReadOnlyList<DoctorCheck> Checks);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;
