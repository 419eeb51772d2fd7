using System.Text;

namespace NodeReaper.Agent.Kubernetes.Nodes;

/// <summary>
/// A file that is there from before a mark is put on the Node until it is known that there is none, so that the next agent looks, and no other has to.
/// </summary>
/// <param name="file">Where it is; null: nowhere, and each agent has to look.</param>
/// <param name="node">The node's name, for people who find it.</param>
internal sealed class MarkNote(string? file, string node)
{
    private const int MaxBytes = 4 << 10;
    private readonly StateFile? _file = file is null ? null : new StateFile(file, MaxBytes);

    /// <summary>The note beside the history of kills.</summary>
    /// <param name="history">The file of that history; null for none.</param>
    /// <param name="node">The node's name.</param>
    internal static MarkNote Beside(string? history, string node) =>
        new(history is null ? null : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(history))!, "node-marked"), node);

    /// <summary>True when an agent may have left a mark: it said so, or has nowhere to say it.</summary>
    internal bool MayBeMarked => _file is null || _file.Exists;

    /// <summary>True when an agent said that it marks the Node.</summary>
    internal bool IsWritten => _file is { Exists: true };

    /// <summary>Says that the Node is about to be marked.</summary>
    /// <returns>What is wrong with the file; null when nothing is.</returns>
    internal string? Write() => Try(() => _file?.Write(Encoding.UTF8.GetBytes(node + "\n")));

    /// <summary>Says that it is not marked.</summary>
    /// <returns>What is wrong with the file; null when nothing is.</returns>
    internal string? Remove() => Try(() => _file?.Delete());

    private static string? Try(Action change)
    {
        try
        {
            change();
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }
}
