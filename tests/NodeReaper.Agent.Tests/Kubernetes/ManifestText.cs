using System.Globalization;
using System.Text;

namespace NodeReaper.Agent.Tests.Kubernetes;

/// <summary>Writes the manifest of a Pod, the way kubectl would.</summary>
internal sealed record ManifestText
{
    internal string Uid { get; init; } = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

    internal string Name { get; init; } = "web";

    /// <summary>"name: value" each.</summary>
    internal string[] Annotations { get; init; } = [];

    /// <summary>See <see cref="QosRulesTests"/>.</summary>
    internal string Resources { get; init; } = "";

    /// <summary>See <see cref="QosRulesTests"/>. Their names are c0, c1, and so on.</summary>
    internal string[] Containers { get; init; } = ["/"];

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {Name}\n  uid: {Uid}\n");
        if (Annotations.Length > 0)
        {
            text.Append("  annotations:\n");
            text.AppendJoin("", Annotations.Select(annotation => $"    {annotation}\n"));
        }

        text.Append(CultureInfo.InvariantCulture, $"spec:\n  resources: {ResourcesOf(Resources)}\n");
        var all = Containers.Select((container, i) => (Text: container, Name: $"c{i}")).ToArray();
        text.Append("  containers:\n");
        foreach (var (container, name) in all.Where(one => !one.Text.Contains(' ', StringComparison.Ordinal)))
        {
            text.Append(CultureInfo.InvariantCulture, $"  - name: {name}\n    image: i\n    resources: {ResourcesOf(container)}\n");
        }

        text.Append("  initContainers:\n");
        foreach (var (container, name) in all.Where(one => one.Text.Contains(' ', StringComparison.Ordinal)))
        {
            var parts = container.Split(' ');
            text.Append(CultureInfo.InvariantCulture, $"  - name: {name}\n    resources: {ResourcesOf(parts[1])}\n");
            if (parts[0] == "sidecar")
            {
                text.Append("    restartPolicy: Always\n");
            }
        }

        return text.ToString();
    }

    private static string ResourcesOf(string amounts)
    {
        var sides = amounts.Split('/');
        return sides.Length < 2 ? "{}" : $"{{requests: {AmountsOf(sides[0])}, limits: {AmountsOf(sides[1])}}}";
    }

    private static string AmountsOf(string amounts)
    {
        string[] names = ["cpu", "memory", "hugepages-2Mi"];
        return $"{{{string.Join(", ", amounts.Split(',').Zip(names).Where(one => one.First.Length > 0).Select(one => $"{one.Second}: {one.First}"))}}}";
    }
}
