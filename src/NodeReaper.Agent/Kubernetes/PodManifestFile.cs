using NodeReaper.Agent.Yaml;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>What one file of manifests says.</summary>
/// <param name="Pods">Its Pods that are good.</param>
/// <param name="Problems">What is wrong with the file.</param>
/// <param name="IsGood">False when something in it could not be read.</param>
/// <param name="HasList">True when a list is in it, which may well be empty: a file without that and without Pods was truncated.</param>
internal sealed record PodManifestFile(
    IReadOnlyList<LocatedPod> Pods, IReadOnlyList<PodFolderProblem> Problems, bool IsGood, bool HasList)
{
    /// <summary>The longest file that is taken, in bytes.</summary>
    internal const int MaxBytes = 4 << 20;

    private static readonly YamlShape s_shape = PodManifest.Shape.And("items", PodManifest.Shape);

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    internal static PodManifestFile Read(string path)
    {
        var name = Path.GetFileName(path);
        var file = TextFile.Read(path, MaxBytes);
        if (file.Error is { } error)
        {
            return new PodManifestFile([], [new PodFolderProblem(PodProblemSeverity.Error, name, error.Position.Line, error.Message)], false, false);
        }

        using var text = file.Open();
        return Read(name, text);
    }

    private static PodManifestFile Read(string name, TextReader text)
    {
        var findings = new ManifestFindings(name);
        var pods = new List<LocatedPod>();
        var reader = new YamlTreeReader(text, s_shape);
        var hasList = false;
        while (reader.TryRead(out var document))
        {
            if (!document.IsNull)
            {
                hasList |= ReadDocument(document, pods, findings);
            }
        }

        foreach (var error in reader.Errors)
        {
            findings.Refuse(error.Position.Line, error.Key.Length > 0 ? $"{error.Key} {error.Message}" : error.Message);
        }

        return new PodManifestFile(pods, findings.ToProblems(), !findings.HasErrors, hasList);
    }

    /// <returns>True when it is a list.</returns>
    private static bool ReadDocument(YamlValue document, List<LocatedPod> pods, ManifestFindings findings)
    {
        if (document is not YamlMapping mapping)
        {
            findings.Refuse(document.Position.Line, $"{document.Noun} stands where a manifest should be");
            return false;
        }

        var kind = KindOf(mapping);
        if (kind is not ("List" or "PodList"))
        {
            ReadManifest(mapping, kind, pods, findings);
            return false;
        }

        if (mapping.Find("items") is null)
        {
            findings.Refuse(mapping.Position.Line, "the list has no items; write 'items: []' for none");
        }

        foreach (var item in new ManifestObject(mapping, "", findings.Refuse).Objects("items"))
        {
            // The items of a PodList need not say what they are.
            ReadManifest(item.Fields, KindOf(item.Fields) ?? (kind == "PodList" ? "Pod" : null), pods, findings);
        }

        return true;
    }

    private static void ReadManifest(YamlMapping manifest, string? kind, List<LocatedPod> pods, ManifestFindings findings)
    {
        if (kind is null)
        {
            findings.Refuse(manifest.Position.Line, "the manifest has no kind; write 'kind: Pod'");
        }
        else if (kind != "Pod")
        {
            findings.Skip(manifest.Position.Line, ShownText.Of(kind));
        }
        else if (PodManifest.Read(manifest, findings) is { } pod)
        {
            pods.Add(new LocatedPod(pod, manifest.Position.Line));
        }
    }

    private static string? KindOf(YamlMapping manifest) => (manifest.Find("kind") as YamlScalar)?.Text;
}

/// <summary>A Pod, and where it was found.</summary>
/// <param name="Facts">What is known of it.</param>
/// <param name="Line">The line of its manifest, from 1.</param>
internal sealed record LocatedPod(PodFacts Facts, int Line);
