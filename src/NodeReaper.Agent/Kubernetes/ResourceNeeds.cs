namespace NodeReaper.Agent.Kubernetes;

/// <summary>What a container, or a Pod as a whole, asks for and is limited to.</summary>
/// <param name="Requests">What it asks for.</param>
/// <param name="Limits">What it is limited to.</param>
internal sealed record ResourceNeeds(ResourceAmounts Requests, ResourceAmounts Limits)
{
    /// <summary>Nothing is said.</summary>
    internal static readonly ResourceNeeds None = new(default, default);

    /// <summary>True when anything is said, be it zero (component-helpers, resource/helpers.go: IsPodLevelResourcesSet).</summary>
    internal bool IsSet => Requests.IsSet || Limits.IsSet;

    /// <summary>Reads the field <c>resources</c>.</summary>
    internal static ResourceNeeds Read(ManifestObject parent) =>
        parent.Object("resources") is { } resources
            ? new ResourceNeeds(ResourceAmounts.Read(resources.Object("requests")), ResourceAmounts.Read(resources.Object("limits")))
            : None;

    /// <summary>What the API server makes of a limit without a request: a request of the same size (core/v1/defaults.go).</summary>
    internal ResourceNeeds WithDefaults() => this with { Requests = Requests.OrElse(Limits) };
}

/// <summary>Amounts of what counts for the QoS class.</summary>
/// <param name="Cpu">In cores; null when not said.</param>
/// <param name="Memory">In bytes, maybe with a fraction; null when not said.</param>
/// <param name="HasHugePages">True when huge pages are among them, which count only as being said.</param>
internal readonly record struct ResourceAmounts(decimal? Cpu, decimal? Memory, bool HasHugePages)
{
    /// <summary>What Kubernetes calls its resources.</summary>
    internal const string CpuKey = "cpu", MemoryKey = "memory", HugePagesPrefix = "hugepages-";

    internal bool IsSet => Cpu is not null || Memory is not null || HasHugePages;

    internal static ResourceAmounts Read(ManifestObject? amounts) =>
        amounts is null
            ? default
            : new ResourceAmounts(
                amounts.QuantityOf(CpuKey),
                amounts.QuantityOf(MemoryKey),
                amounts.Fields.Entries.Any(entry => entry.Key.StartsWith(HugePagesPrefix, StringComparison.Ordinal)));

    /// <summary>These amounts, and others where these are silent.</summary>
    internal ResourceAmounts OrElse(in ResourceAmounts other) => this with { Cpu = Cpu ?? other.Cpu, Memory = Memory ?? other.Memory };

    public static ResourceAmounts operator +(in ResourceAmounts left, in ResourceAmounts right) =>
        left with { Cpu = Sum(left.Cpu, right.Cpu), Memory = Sum(left.Memory, right.Memory) };

    /// <summary>The larger of each.</summary>
    internal static ResourceAmounts Max(in ResourceAmounts left, in ResourceAmounts right) =>
        left with { Cpu = Larger(left.Cpu, right.Cpu), Memory = Larger(left.Memory, right.Memory) };

    private static decimal? Sum(decimal? left, decimal? right) => left is null ? right : right is null ? left : left + right;

    private static decimal? Larger(decimal? left, decimal? right) => left is null || right > left ? right : left;
}
