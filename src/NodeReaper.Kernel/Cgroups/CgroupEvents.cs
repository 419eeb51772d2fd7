using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Cgroups;

/// <summary>The state of a cgroup (cgroup.events; Documentation/admin-guide/cgroup-v2.rst). The root has no such file.</summary>
/// <param name="Populated">True while it or a cgroup below it has a live process; zombies do not count.</param>
/// <param name="Frozen">True when all its processes are frozen: a frozen victim still dies by SIGKILL.</param>
public readonly record struct CgroupEvents(bool Populated, bool Frozen)
{
    /// <summary>Reads the text of the file. A key that comes twice counts the first time. Allocates nothing.</summary>
    /// <param name="text">The whole content.</param>
    /// <param name="value">
    /// The state; all false unless the outcome is <see cref="ParseOutcome.Ok"/>, so never take it for an empty cgroup
    /// unasked. A number other than 0 and 1 is <see cref="ParseOutcome.OutOfRange"/>.
    /// </param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out CgroupEvents value)
    {
        value = default;
        long populated = KeyedLines.Absent, frozen = populated;
        var lines = new KeyedLines(text, (byte)' ');
        while (lines.MoveNext())
        {
            _ = lines.Take("populated"u8, ref populated) || lines.Take("frozen"u8, ref frozen);
        }

        if (lines.Outcome != ParseOutcome.Ok)
        {
            return lines.Outcome;
        }

        if (populated > 1 || frozen > 1)
        {
            return ParseOutcome.OutOfRange;
        }

        if ((populated | frozen) < 0)
        {
            return ParseOutcome.MissingKey;
        }

        value = new CgroupEvents(populated == 1, frozen == 1);
        return ParseOutcome.Ok;
    }
}
