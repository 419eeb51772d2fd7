namespace NodeReaper.Engine.Policy;

/// <summary>An amount of memory: bytes, or a share of the node's memory: MemTotal without the huge pages that were set aside.</summary>
/// <param name="Bytes">In bytes; counts when <paramref name="PercentOfTotal"/> is 0.</param>
/// <param name="PercentOfTotal">Of the node's memory, above 0 and at most 100; 0 when the amount is in bytes.</param>
public readonly record struct MemoryAmount(long Bytes, double PercentOfTotal)
{
    /// <summary>An amount in bytes.</summary>
    public static MemoryAmount OfBytes(long bytes) => new(bytes, 0);

    /// <summary>A share of the node's memory.</summary>
    public static MemoryAmount OfPercent(double percent) => new(0, percent);

    /// <summary>The amount in bytes on a node of this size.</summary>
    /// <param name="totalBytes">The node's memory in bytes.</param>
    public long On(long totalBytes) => PercentOfTotal > 0 ? (long)(totalBytes * (PercentOfTotal / 100)) : Bytes;
}
