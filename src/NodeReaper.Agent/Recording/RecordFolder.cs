using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Recording;

/// <summary>The folder of the records: bounded in files and in bytes, the oldest goes first.</summary>
internal sealed class RecordFolder(RecordPolicy policy)
{
    /// <summary>Makes room.</summary>
    /// <param name="files">For so many more.</param>
    /// <exception cref="IOException">The folder cannot be read, or nothing deleted in it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read, or nothing deleted in it.</exception>
    internal void MakeRoom(int files)
    {
        // Their names begin with the time.
        var records = new DirectoryInfo(policy.Directory!).GetFiles("*Z-*.jsonl");
        Array.Sort(records, (first, second) => string.CompareOrdinal(first.Name, second.Name));
        var bytes = records.Sum(record => record.Length);
        for (var i = 0; i < records.Length && (records.Length - i > policy.MaxFiles - files || bytes > policy.MaxBytes); i++)
        {
            // The newest stays, however large.
            if (files == 0 && i == records.Length - 1)
            {
                return;
            }

            bytes -= records[i].Length;
            records[i].Delete();
        }
    }
}
