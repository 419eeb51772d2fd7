using System.Globalization;

namespace NodeReaper.Kernel.Scheduling;

/// <summary>The CPUs of the machine.</summary>
public static class Cpus
{
    /// <summary>
    /// How many were online when this was first asked, at least 1: of the machine, where <see cref="Environment.ProcessorCount"/> is what a CPU limit
    /// and an affinity leave to this process. From /sys/devices/system/cpu/online; where that does not read, what is left to this process.
    /// </summary>
    public static int Online { get; } = Read();

    /// <summary>Counts what a list of the kernel's names, such as <c>0-3,8</c>.</summary>
    /// <param name="list">The list.</param>
    /// <returns>How many; 0 when it is no such list.</returns>
    public static int Count(string list)
    {
        var count = 0;
        foreach (var range in list.Trim().Split(','))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            if (!int.TryParse(dash < 0 ? range : range[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(range[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                || last < first)
            {
                return 0;
            }

            count += last - first + 1;
        }

        return count;
    }

    private static int Read()
    {
        try
        {
            return Count(File.ReadAllText("/sys/devices/system/cpu/online")) is > 0 and var online ? online : Environment.ProcessorCount;
        }
        catch (IOException)
        {
            return Environment.ProcessorCount;
        }
        catch (UnauthorizedAccessException)
        {
            return Environment.ProcessorCount;
        }
    }
}
