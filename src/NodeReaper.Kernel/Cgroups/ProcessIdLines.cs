using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Cgroups;

/// <summary>
/// Walks the process IDs in the text of cgroup.procs, one a line, in no order and now and then twice
/// (Documentation/admin-guide/cgroup-v2.rst). Allocates nothing.
/// </summary>
public ref struct ProcessIdLines
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts a walk.</summary>
    /// <param name="text">The content, as much of it as there is.</param>
    public ProcessIdLines(ReadOnlySpan<byte> text)
    {
        _rest = text;
        Outcome = text.IsEmpty ? ParseOutcome.Empty : ParseOutcome.Ok;
    }

    /// <summary>
    /// How the walk went, once <see cref="TryNext"/> has said false. <see cref="ParseOutcome.Empty"/> is normal: no
    /// process is left. After <see cref="ParseOutcome.Torn"/> all IDs were given but the last, which was cut.
    /// </summary>
    public ParseOutcome Outcome { get; private set; }

    /// <summary>How many lines were 0: processes that the reader's PID namespace does not show. They were passed over.</summary>
    public int ForeignCount { get; private set; }

    /// <summary>Goes to the next process.</summary>
    /// <param name="processId">Its ID, above 0; 0 at the end.</param>
    /// <returns>False at the end, and after the first line that is no process ID.</returns>
    public bool TryNext(out int processId)
    {
        processId = 0;
        while (Outcome == ParseOutcome.Ok && !_rest.IsEmpty)
        {
            // A number without its newline may be the start of a longer one: killing by it would hit a stranger.
            if (!_rest.Contains((byte)'\n'))
            {
                Outcome = ParseOutcome.Torn;
                break;
            }

            Outcome = DecimalNumber.ParseUnsigned(KernelText.TakeUntil((byte)'\n', ref _rest), out var number);
            if (number > int.MaxValue)
            {
                Outcome = ParseOutcome.OutOfRange;
            }

            if (Outcome != ParseOutcome.Ok)
            {
                break;
            }

            if (number > 0)
            {
                processId = (int)number;
                return true;
            }

            ForeignCount++;
        }

        return false;
    }
}
