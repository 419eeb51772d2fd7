using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Assessment;

/// <summary>One way to tell that the node is short of memory.</summary>
public abstract class ShortageSignal
{
    /// <summary>Its name in reports and metrics.</summary>
    public abstract string Name { get; }

    /// <summary>Tells whether the node is short. A pure function; allocates nothing.</summary>
    /// <param name="reading">The node's signals.</param>
    /// <param name="limits">The thresholds.</param>
    public abstract bool IsShort(in PressureReading reading, in PressureLimits limits);

    /// <summary>How many bytes are missing when the node is short, above 0. Allocates nothing.</summary>
    /// <param name="reading">The node's signals.</param>
    /// <param name="limits">The thresholds.</param>
    public virtual long MissingBytes(in PressureReading reading, in PressureLimits limits) =>
        Math.Max(1, limits.RecoverToBytes - reading.Memory.AvailableBytes);
}
