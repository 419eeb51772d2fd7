using System.Text.RegularExpressions;
using k8s.Models;
using YamlDotNet.Core;

namespace NodeReaper.Chart.Tests;

public sealed partial class ObjectTests
{
    /// <summary>Files of values, and versions of Kubernetes.</summary>
    public static TheoryData<string, string> Clusters
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var file in Directory.GetFiles(Chart.At($"{Chart.Folder}/ci")).Order().Prepend(Chart.At($"{Chart.Folder}/values.yaml")))
            {
                foreach (var version in new[] { "v1.25.0", "v1.29.0", "v1.30.0", "v1.33.0", "v1.34.0-eks-1234" })
                {
                    all.Add(file, version);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Clusters))]
    public void Each_object_is_one_that_the_API_takes(string file, string version)
    {
        var objects = Chart.Render("-f", file, "-kube-version", version);
        Assert.NotEmpty(objects);
        Assert.All(objects.Where(each => each.Object is not null), each =>
        {
            Assert.Matches(Name(), each.Object!.Metadata.Name);
            Assert.All(each.Object.Metadata.Labels ?? new Dictionary<string, string>(), label => Assert.Matches(LabelValue(), label.Value));
        });
        Assert.Equal(objects.Count, objects.Select(each => (each.Kind, each.Object?.Metadata.Name ?? each.Text)).Distinct().Count());
    }

    [Theory]
    [InlineData("metadata: {name: x}\nspec: {template: {spec: {hostPid: true, containers: []}}}")]
    [InlineData("metadata: {name: x}\nspec: {template: {spec: {containers: [{name: x, volumeMount: []}]}}}")]
    public void A_field_that_the_API_does_not_know_is_an_error(string text) =>
        Assert.Throws<YamlException>(() => ChartObject.Parse($"apiVersion: apps/v1\nkind: DaemonSet\n{text}\n"));

    [Fact]
    public void Names_fit_whatever_the_release_is_called()
    {
        var objects = Chart.Render("-name", new string('r', 53), "-f", Chart.At($"{Chart.Folder}/ci/everything-values.yaml"));
        Assert.All(objects.Where(each => each.Object is not null), each =>
        {
            Assert.InRange(each.Object!.Metadata.Name.Length, 1, each.Object is V1ConfigMap ? 253 : 63);
            Assert.All(each.Object.Metadata.Labels ?? new Dictionary<string, string>(), label => Assert.Matches(LabelValue(), label.Value));
        });
    }

    [Fact]
    public void What_is_namespaced_is_in_the_releases_namespace() => Assert.All(
        Chart.Render("-namespace", "elsewhere", "-f", Chart.At($"{Chart.Folder}/ci/everything-values.yaml")).Where(each => each.Object is not null and not V1ClusterRole),
        each => Assert.Equal("elsewhere", each.Object is V1ClusterRoleBinding binding ? Assert.Single(binding.Subjects).NamespaceProperty : each.Object!.Metadata.NamespaceProperty));

    [Fact]
    public void The_tests_Pod_is_none_of_the_DaemonSets()
    {
        var selector = Chart.The<V1DaemonSet>().Spec.Selector.MatchLabels;
        var labels = Chart.The<V1Pod>().Metadata.Labels;
        Assert.Contains(selector, label => !labels.TryGetValue(label.Key, out var value) || value != label.Value);
    }

    [Fact]
    public void A_quota_lets_the_Pods_use_their_PriorityClass()
    {
        var quota = Chart.The<V1ResourceQuota>(Chart.Set("priorityClassName=system-cluster-critical", "resourceQuota.pods=7"));
        Assert.Equal("7", quota.Spec.Hard["pods"].ToString());
        var scope = Assert.Single(quota.Spec.ScopeSelector.MatchExpressions);
        Assert.Equal(("PriorityClass", "In", "system-cluster-critical"), (scope.ScopeName, scope.OperatorProperty, Assert.Single(scope.Values)));
    }

    [Theory]
    [InlineData("nodereaper", "resourceQuota.create=false")]
    [InlineData("nodereaper", "priorityClassName=\"\"")]
    [InlineData("kube-system", "resourceQuota.create=true")]
    public void There_is_none_where_none_is_needed(string space, string value) =>
        Assert.DoesNotContain(Chart.Render(["-namespace", space, .. Chart.Set(value)]), each => each.Object is V1ResourceQuota);

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
    private static partial Regex Name();

    [GeneratedRegex("^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")]
    private static partial Regex LabelValue();
}
