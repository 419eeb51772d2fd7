using System.Globalization;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using NodeReaper.Kernel.Tests;

namespace NodeReaper.Chart.Tests;

public sealed class DriftTests
{
    [Fact]
    public void The_readme_has_the_table_of_values_as_it_is()
    {
        var readme = File.ReadAllText(Chart.At($"{Chart.Folder}/README.md"));
        Assert.True(
            readme.EndsWith(Chart.Ask("readme"), StringComparison.Ordinal),
            $"{Chart.Folder}/README.md is stale: replace its table with what `artifacts/chart/chart readme {Chart.Folder}` prints");
    }

    [Fact]
    public void The_plain_manifests_are_what_the_chart_makes() => Assert.True(
        Tool.Run(Chart.At("deploy/manifests/render"), "It is in the repository.", "--print") == File.ReadAllText(Chart.At("deploy/manifests/nodereaper.yaml")),
        "deploy/manifests/nodereaper.yaml is stale: run deploy/manifests/render");

    [Fact]
    public void The_plain_manifests_know_nothing_of_Helm() =>
        Assert.DoesNotContain("helm", File.ReadAllText(Chart.At("deploy/manifests/nodereaper.yaml")), StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void The_component_for_older_clusters_makes_what_the_chart_makes_for_them()
    {
        var text = File.ReadAllText(Chart.At("deploy/manifests/nodereaper.yaml"));
        var daemonSet = JsonNode.Parse(KubernetesJson.Serialize(ChartObject.All(text).Select(each => each.Object).OfType<V1DaemonSet>().Single()))!;
        var component = KubernetesYaml.Deserialize<Component>(File.ReadAllText(Chart.At("deploy/manifests/before-1.30/kustomization.yaml")));
        foreach (var step in KubernetesYaml.Deserialize<Step[]>(Assert.Single(component.Patches).Patch))
        {
            Take(daemonSet, step);
        }

        var rendered = Chart.The<V1DaemonSet>("-kube-version", "v1.29.0").Spec;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(KubernetesJson.Serialize(rendered)), daemonSet["spec"]), daemonSet.ToJsonString());
    }

    [Theory]
    [InlineData("v1.32.0", true)]
    [InlineData("v1.33.0", false)]
    public void The_notes_warn_of_a_right_that_is_not_what_it_seems(string version, bool warned) => Assert.Equal(
        warned, Chart.Ask("notes", ["-kube-version", version, .. Chart.Set("podSource=kubelet")]).Contains("nodes/proxy", StringComparison.Ordinal));

    [Fact]
    public void The_notes_warn_of_killing_in_the_dark() =>
        Assert.Contains("CoreDNS", Chart.Ask("notes", Chart.Set("podSource=none", "dryRun=false")), StringComparison.Ordinal);

    [Theory]
    [InlineData("dryRun=true", "kills NOBODY", "--set dryRun=false")]
    [InlineData("dryRun=false", "kills who hurts least", "explain")]
    [InlineData("dryRun=false", "No Pods?", "describe daemonset nodereaper")]
    [InlineData("podSource=none", "Pods are known by their cgroups alone", "helm test")]
    public void The_notes_say_what_it_does_and_what_is_next(string value, string what, string next)
    {
        var notes = Chart.Ask("notes", Chart.Set(value));
        Assert.Contains(what, notes, StringComparison.Ordinal);
        Assert.Contains(next, notes, StringComparison.Ordinal);
    }

    // Of RFC 6902, what the component uses.
    private static void Take(JsonNode document, Step step)
    {
        var names = step.Path.Split('/').Skip(1).Select(name => name.Replace("~1", "/", StringComparison.Ordinal)).ToArray();
        var at = names[..^1].Aggregate(document, (node, name) => (node is JsonArray list ? list[int.Parse(name, CultureInfo.InvariantCulture)] : node[name])!).AsObject();
        if (step.Op == "remove")
        {
            Assert.True(at.Remove(names[^1]), step.Path);
        }
        else
        {
            Assert.Equal("add", step.Op);
            at[names[^1]] = step.Value;
        }
    }

    private sealed class Component
    {
        public List<ComponentPatch> Patches { get; set; } = [];
    }

    private sealed class ComponentPatch
    {
        public string Patch { get; set; } = "";
    }

    private sealed class Step
    {
        public string Op { get; set; } = "";

        public string Path { get; set; } = "";

        public string? Value { get; set; }
    }
}
