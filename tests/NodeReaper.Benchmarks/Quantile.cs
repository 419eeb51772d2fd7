namespace NodeReaper.Benchmarks;

/// <summary>Quantiles of samples of which some may be infinite.</summary>
internal static class Quantile
{
    /// <summary>The median.</summary>
    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>The 99th percentile by nearest rank: of less than 100 samples, the worst.</summary>
    internal static double P99(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[(int)Math.Ceiling(sorted.Count * 0.99) - 1];
    }
}
