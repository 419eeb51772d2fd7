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

    [Theory]
    [InlineData("dryRun=true", "kills NOBODY", "--set dryRun=false")]
    [InlineData("dryRun=false", "kills who hurts least", "explain")]
    [InlineData("podSource=none", "Pods are known by their cgroups alone", "helm test")]
    public void The_notes_say_what_it_does_and_what_is_next(string value, string what, string next)
    {
        var notes = Chart.Ask("notes", Chart.Set(value));
        Assert.Contains(what, notes, StringComparison.Ordinal);
        Assert.Contains(next, notes, StringComparison.Ordinal);
    }
}
