using k8s.Models;

namespace NodeReaper.Chart.Tests;

/// <summary>The ClusterRole has what each feature needs (docs/cluster.md, and what doctor asks for) and nothing else.</summary>
public sealed class RightsTests
{
    [Theory]
    [InlineData("list pods, watch pods, create events.k8s.io/events, patch events.k8s.io/events")]
    [InlineData("list pods, watch pods", "policy.events.send=false")]
    [InlineData("list pods, watch pods, create pods/eviction", "policy.events.send=false", "policy.afterKill.evict=true")]
    [InlineData("list pods, watch pods, create pods/eviction", "policy.events.send=false", "policy.afterKill.evictAfter=3")]
    [InlineData("list pods, watch pods, get nodes, patch nodes", "policy.events.send=false", "policy.node.taint=true")]
    [InlineData("list pods, watch pods, get nodes, patch nodes/status", "policy.events.send=false", "policy.node.condition=true")]
    [InlineData("list pods, watch pods, get nodes, patch nodes, patch nodes/status", "policy.events.send=false", "rbac.keepNodes=true")]
    [InlineData("get nodes/pods", "policy.events.send=false", "podSource=kubelet")]
    public void Each_feature_has_its_rights(string expected, params string[] values) =>
        Assert.Equal(expected.Split(", ").Order(), Rights(Chart.The<V1ClusterRole>(Chart.Set(values))).Order());

    [Fact]
    public void Before_1_33_the_kubelet_asks_for_another_right() => Assert.Equal(
        ["get nodes/proxy"], Rights(Chart.The<V1ClusterRole>(["-kube-version", "v1.32.0", .. Chart.Set("policy.events.send=false", "podSource=kubelet")])));

    [Fact]
    public void All_features_together_are_what_the_page_says()
    {
        var page = File.ReadAllText(Chart.At("docs/cluster.md"));
        var rules = page[page.IndexOf("rules:\n", StringComparison.Ordinal)..];
        var role = (V1ClusterRole)ChartObject.Parse(
            $"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: x}}\n{rules[..rules.IndexOf("```", StringComparison.Ordinal)]}").Object!;
        Assert.Equal(
            Rights(role).Order(),
            Rights(Chart.The<V1ClusterRole>(Chart.Set("policy.afterKill.evict=true", "policy.node.taint=true", "policy.node.condition=true"))).Order());
    }

    [Fact]
    public void All_features_together_are_what_doctor_asks_for()
    {
        // They stand there as new("verb", "group", "resource", "subresource").
        var source = File.ReadAllText(Chart.At("src/NodeReaper.Agent/Kubernetes/Api/ClusterChecks.cs"));
        var asked = System.Text.RegularExpressions.Regex.Matches(source, "new\\(\"(\\w+)\", \"([\\w.]*)\", \"(\\w+)\"(?:, \"(\\w+)\")?\\)")
            .Select(match => Right(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value + (match.Groups[4].Success ? $"/{match.Groups[4].Value}" : "")));
        Assert.Equal(
            asked.Order(),
            Rights(Chart.The<V1ClusterRole>(Chart.Set("policy.afterKill.evict=true", "policy.node.taint=true", "policy.node.condition=true"))).Order());
    }

    [Fact]
    public void Without_a_source_there_is_no_right_and_no_token()
    {
        var objects = Chart.Render(Chart.Set("podSource=none", "policy.afterKill.evict=true", "policy.node.taint=true"));
        Assert.DoesNotContain(objects, each => each.Object is V1ClusterRole or V1ClusterRoleBinding);
        Assert.All(
            [objects.Select(each => each.Object).OfType<V1DaemonSet>().Single().Spec.Template.Spec, objects.Select(each => each.Object).OfType<V1Pod>().Single().Spec],
            pod => Assert.False(pod.AutomountServiceAccountToken));
    }

    [Fact]
    public void The_binding_is_of_the_role_and_the_account()
    {
        var objects = Chart.Render(Chart.Set("serviceAccount.name=other")).Select(each => each.Object).ToList();
        var binding = Assert.Single(objects.OfType<V1ClusterRoleBinding>());
        Assert.Equal(Assert.Single(objects.OfType<V1ClusterRole>()).Metadata.Name, binding.RoleRef.Name);
        Assert.Equal("other", Assert.Single(binding.Subjects).Name);
        Assert.Equal("other", Assert.Single(objects.OfType<V1ServiceAccount>()).Metadata.Name);
        Assert.Equal("other", Assert.Single(objects.OfType<V1DaemonSet>()).Spec.Template.Spec.ServiceAccountName);
    }

    private static IEnumerable<string> Rights(V1ClusterRole role) =>
        from rule in role.Rules
        from resource in rule.Resources
        from verb in rule.Verbs
        select Right(verb, Assert.Single(rule.ApiGroups), resource);

    private static string Right(string verb, string group, string resource) => $"{verb} {(group.Length > 0 ? $"{group}/" : "")}{resource}";
}
