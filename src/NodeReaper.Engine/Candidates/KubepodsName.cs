using System.Buffers;

namespace NodeReaper.Engine.Candidates;

/// <summary>What a cgroup directory is to Kubernetes, told from its name alone.</summary>
public enum KubepodsLevel
{
    /// <summary>Nothing that Kubernetes made, or something that is never a victim (conmon).</summary>
    Other,

    /// <summary>The kubelet's tree: <c>kubepods</c>, <c>kubepods.slice</c>, <c>kubelet-kubepods.slice</c>.</summary>
    Root,

    /// <summary>The Burstable Pods.</summary>
    Burstable,

    /// <summary>The BestEffort Pods.</summary>
    BestEffort,

    /// <summary>One Pod.</summary>
    Pod,
}

/// <summary>
/// Reads the names that the kubelet and the container runtimes give to cgroups, under both cgroup drivers (systemd:
/// <c>kubepods-burstable-pod1_2.slice</c>; cgroupfs: <c>burstable/pod1-2</c>) and under a nested root (kind, k3s).
/// </summary>
public static class KubepodsName
{
    private static readonly SearchValues<byte> UidBytes =
        SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"u8);

    private static readonly SearchValues<byte> HexBytes = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>The longest UID that is taken, in characters.</summary>
    public const int MaxUidLength = 64;

    // A bare hexadecimal name must look like an ID: runtimes use 64 digits, tools that shorten them 12.
    private const int MinBareIdLength = 12;

    /// <summary>Tells what a directory is.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="uid">For a Pod: its UID as it stands in the name (see <see cref="WriteUid"/>); else empty.</param>
    public static KubepodsLevel Classify(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> uid)
    {
        uid = default;
        if (name.EndsWith(".slice"u8))
        {
            var stem = name[..^".slice".Length];
            var start = stem.LastIndexOf("kubepods"u8);
            if (start < 0 || (start > 0 && stem[start - 1] != (byte)'-'))
            {
                return KubepodsLevel.Other;
            }

            var rest = stem[(start + "kubepods".Length)..];
            if (rest.IsEmpty)
            {
                return KubepodsLevel.Root;
            }

            if (rest.SequenceEqual("-burstable"u8))
            {
                return KubepodsLevel.Burstable;
            }

            if (rest.SequenceEqual("-besteffort"u8))
            {
                return KubepodsLevel.BestEffort;
            }

            var pod = rest.IndexOf("-pod"u8);
            return pod >= 0 && IsQos(rest[..pod]) ? PodOf(rest[(pod + "-pod".Length)..], out uid) : KubepodsLevel.Other;
        }

        if (name.SequenceEqual("kubepods"u8))
        {
            return KubepodsLevel.Root;
        }

        if (name.SequenceEqual("burstable"u8))
        {
            return KubepodsLevel.Burstable;
        }

        if (name.SequenceEqual("besteffort"u8))
        {
            return KubepodsLevel.BestEffort;
        }

        return name.StartsWith("pod"u8) ? PodOf(name["pod".Length..], out uid) : KubepodsLevel.Other;
    }

    /// <summary>Finds the runtime's container ID in the name of a directory below a Pod's.</summary>
    /// <param name="name">Its name: <c>cri-containerd-ID.scope</c>, <c>crio-ID.scope</c>, <c>docker-ID.scope</c>, or <c>ID</c>.</param>
    /// <returns>The ID; empty when this is no container, as for <c>crio-conmon-ID.scope</c>.</returns>
    public static ReadOnlySpan<byte> ContainerId(ReadOnlySpan<byte> name)
    {
        var isScope = name.EndsWith(".scope"u8);
        var stem = isScope ? name[..^".scope".Length] : name;
        foreach (var prefix in Prefixes)
        {
            if (stem.StartsWith(prefix))
            {
                var id = stem[prefix.Length..];
                return !id.IsEmpty && !id.StartsWith("conmon-"u8) && !id.ContainsAnyExcept(UidBytes) ? id : default;
            }
        }

        return !isScope && stem.Length >= MinBareIdLength && !stem.ContainsAnyExcept(HexBytes) ? stem : default;
    }

    /// <summary>Writes a UID as the API knows it: systemd's slices have underscores where the UID has dashes.</summary>
    /// <param name="inName">The UID as it stands in the name.</param>
    /// <param name="uid">Where it goes; at least <see cref="MaxUidLength"/> characters.</param>
    /// <returns>Its length.</returns>
    public static int WriteUid(ReadOnlySpan<byte> inName, Span<char> uid)
    {
        for (var i = 0; i < inName.Length; i++)
        {
            uid[i] = inName[i] == (byte)'_' ? '-' : (char)inName[i];
        }

        return inName.Length;
    }

    private static ReadOnlySpan<byte[]> Prefixes => s_prefixes;

    private static readonly byte[][] s_prefixes =
        ["cri-containerd-"u8.ToArray(), "crio-"u8.ToArray(), "docker-"u8.ToArray(), "libpod-"u8.ToArray()];

    private static bool IsQos(ReadOnlySpan<byte> rest) =>
        rest.IsEmpty || rest.SequenceEqual("-burstable"u8) || rest.SequenceEqual("-besteffort"u8);

    private static KubepodsLevel PodOf(ReadOnlySpan<byte> inName, out ReadOnlySpan<byte> uid)
    {
        var valid = inName.Length is > 0 and <= MaxUidLength && !inName.ContainsAnyExcept(UidBytes);
        uid = valid ? inName : default;
        return valid ? KubepodsLevel.Pod : KubepodsLevel.Other;
    }
}
