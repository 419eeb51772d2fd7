using System.Text;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Agent.Kill;

/// <summary>The cgroups that a process is in (/proc/PID/cgroup, cgroups(7)).</summary>
/// <param name="All">Its path in each hierarchy.</param>
/// <param name="Unified">Its path in cgroup v2; null when it is in none.</param>
internal sealed record ProcessCgroups(IReadOnlyList<string> All, string? Unified)
{
    private const string UnifiedHierarchy = "0";

    internal static ProcessCgroups Of(ProcessFiles proc, int processId)
    {
        var buffer = new byte[8192];
        var read = proc.Read(processId, "/cgroup\0"u8, buffer);
        return Parse(read.Succeeded ? Encoding.UTF8.GetString(buffer, 0, (int)read.Value) : "");
    }

    internal static ProcessCgroups Parse(string text)
    {
        string[][] lines = [.. text.Split('\n').Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3)];
        return new ProcessCgroups([.. lines.Select(parts => parts[2])], lines.FirstOrDefault(parts => parts[0] == UnifiedHierarchy)?[2]);
    }
}
