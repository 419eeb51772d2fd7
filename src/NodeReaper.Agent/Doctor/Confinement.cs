using System.Globalization;
using System.Text;

namespace NodeReaper.Agent.Doctor;

/// <summary>
/// What besides capabilities may keep this process from its work: a seccomp filter (proc(5), <c>Seccomp</c>), the label of an LSM
/// (AppArmor or SELinux), and Yama (Documentation/admin-guide/LSM/Yama.rst).
/// </summary>
/// <param name="HasSeccompFilter">True when a filter judges its system calls.</param>
/// <param name="Label">What the LSM calls it, such as <c>unconfined</c> or <c>docker-default (enforce)</c>; null without one.</param>
/// <param name="PtraceScope">Yama's kernel.yama.ptrace_scope, 0 to 3; 0 without Yama.</param>
internal sealed record Confinement(bool HasSeccompFilter, string? Label, int PtraceScope)
{
    private const int FilterMode = 2;
    private const int NobodyTraces = 3;

    // Types that SELinux's policies let act on other containers, or do not judge.
    private static readonly string[] s_freeTypes = ["spc_t", "unconfined_t", "unconfined_service_t", "init_t", "initrc_t", "kernel_t", "control_t"];

    /// <summary>True when Yama lets nobody trace, whatever capabilities it has.</summary>
    internal bool ForbidsTracing => PtraceScope == NobodyTraces;

    /// <summary>True when the label is one of SELinux: user:role:type:level.</summary>
    internal bool IsSelinux => Label?.Split(':') is { Length: >= 3 };

    /// <summary>True when the LSM judges what it does to other containers.</summary>
    internal bool IsConfined => Label is not null
        && (IsSelinux ? !s_freeTypes.Contains(Label.Split(':')[2]) : Label.EndsWith(')') && !Label.EndsWith("(unconfined)", StringComparison.Ordinal));

    /// <summary>Reads that of this process.</summary>
    /// <param name="procRoot">Where proc is mounted.</param>
    internal static Confinement Read(string procRoot)
    {
        var status = ReadText(Path.Combine(procRoot, "self/status")) ?? "";
        var mode = status.Split('\n').FirstOrDefault(line => line.StartsWith("Seccomp:", StringComparison.Ordinal));
        var scope = ReadText(Path.Combine(procRoot, "sys/kernel/yama/ptrace_scope"));
        return new Confinement(
            Number(mode?["Seccomp:".Length..]) == FilterMode,
            LabelOf(ReadText(Path.Combine(procRoot, "self/attr/apparmor/current")) ?? ReadText(Path.Combine(procRoot, "self/attr/current"))),
            Number(scope));
    }

    /// <summary>What to do about a call that was refused with EPERM or EACCES: name who confines this process, if anybody does.</summary>
    /// <param name="otherwise">What to do when nobody does.</param>
    internal string AdviceOr(string otherwise) => Culprits() is { Length: > 0 } culprits ? culprits : otherwise;

    private string Culprits()
    {
        var found = new List<string>();
        if (IsConfined)
        {
            found.Add(IsSelinux
                ? $"SELinux runs it as {Label}: set seLinuxOptions.type to spc_t"
                : $"AppArmor confines it by {Label}: set appArmorProfile.type to Unconfined");
        }

        if (HasSeccompFilter)
        {
            found.Add("a seccomp filter judges its calls: set seccompProfile.type to Unconfined");
        }

        return string.Join("; ", found);
    }

    // AppArmor says "unconfined" or "profile (mode)", SELinux "user:role:type:level", and "kernel" as long as it has no policy.
    private static string? LabelOf(string? text) => text == "unconfined" || text?.EndsWith(')') == true || text?.Contains(':') == true ? text : null;

    private static int Number(string? text) =>
        int.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string? ReadText(string path)
    {
        try
        {
            var text = Encoding.UTF8.GetString(File.ReadAllBytes(path)).Trim('\0', '\n', ' ');
            return text.Length > 0 ? text : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without an LSM, the kernel says EINVAL, or the file is not there.
            return null;
        }
    }
}
