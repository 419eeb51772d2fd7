using NodeReaper.Agent.Yaml;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>What one file of manifests says.</summary>
/// <param name="Pods">Its Pods that are good.</param>
/// <param name="Problems">What is wrong with the file.</param>
/// <param name="IsGood">False when something in it could not be read.</param>
/// <param name="IsEmpty">True when nothing is in it at all, as in a file that was just truncated.</param>
internal sealed record PodManifestFile(
    IReadOnlyList<LocatedPod> Pods, IReadOnlyList<PodFolderProblem> Problems, bool IsGood, bool IsEmpty)
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
        var isEmpty = true;
        while (reader.TryRead(out var document))
        {
            if (!document.IsNull)
            {
                isEmpty = false;
                ReadDocument(document, pods, findings);
            }
        }

        foreach (var error in reader.Errors)
        {
            findings.Refuse(error.Position.Line, error.Key.Length > 0 ? $"{error.Key} {error.Message}" : error.Message);
        }

        return new PodManifestFile(pods, findings.ToProblems(), !findings.HasErrors, isEmpty && !findings.HasErrors);
    }

    private static void ReadDocument(YamlValue document, List<LocatedPod> pods, ManifestFindings findings)
    {
        if (document is not YamlMapping mapping)
        {
            findings.Refuse(document.Position.Line, $"{document.Noun} stands where a manifest should be");
            return;
        }

        var kind = KindOf(mapping);
        if (kind is "List" or "PodList")
        {
            foreach (var item in new ManifestObject(mapping, "", findings.Refuse).Objects("items"))
            {
                // The items of a PodList need not say what they are.
                ReadManifest(item.Fields, KindOf(item.Fields) ?? (kind == "PodList" ? "Pod" : null), pods, findings);
            }
        }
        else
        {
            ReadManifest(mapping, kind, pods, findings);
        }
    }

    private static void ReadManifest(YamlMapping manifest, string? kind, List<LocatedPod> pods, ManifestFindings findings)
    {
        if (kind is null)
        {
            findings.Refuse(manifest.Position.Line, "the manifest has no kind; write 'kind: Pod'");
        }
        else if (kind != "Pod")
        {
            findings.Skip(manifest.Position.Line, kind);
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
