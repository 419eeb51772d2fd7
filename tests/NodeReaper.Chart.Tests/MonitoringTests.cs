using System.Text.Json;
using k8s;
using k8s.Models;

namespace NodeReaper.Chart.Tests;

public sealed class MonitoringTests
{
    [Fact]
    public void None_of_it_is_made_by_default() =>
        Assert.DoesNotContain(Chart.Render(), each => each.Object is null or V1Service or V1NetworkPolicy || each.Object.Metadata.Name.EndsWith("dashboard", StringComparison.Ordinal));

    [Theory]
    [InlineData("podMonitor", "PodMonitor", "podMetricsEndpoints")]
    [InlineData("serviceMonitor", "ServiceMonitor", "endpoints")]
    public void A_monitor_finds_the_Pods_and_their_port(string value, string kind, string endpoints)
    {
        var objects = Chart.Render(Chart.Set(
            $"{value}.enabled=true", $"{value}.interval=30s", $"{value}.scrapeTimeout=5s", $"{value}.namespace=monitoring", $"{value}.additionalLabels={{team: x}}"));
        var monitor = KubernetesYaml.Deserialize<Monitor>(Assert.Single(objects, each => each.Kind == $"monitoring.coreos.com/v1 {kind}").Text);
        Assert.Equal("x", monitor.Metadata!.Labels["team"]);
        Assert.Equal(["namespaceSelector", "selector", endpoints], monitor.Spec.Keys);
        Assert.Equal("monitoring", monitor.Metadata.NamespaceProperty);
        var text = JsonSerializer.Serialize(monitor.Spec);
        Assert.Contains("\"port\":\"metrics\"", text, StringComparison.Ordinal);
        Assert.Contains("\"interval\":\"30s\"", text, StringComparison.Ordinal);
        Assert.Contains("\"scrapeTimeout\":\"5s\"", text, StringComparison.Ordinal);
        Assert.Contains("{\"matchNames\":[\"nodereaper\"]}", text, StringComparison.Ordinal);

        // A ServiceMonitor goes by the Service's labels, a PodMonitor by the Pods'.
        var labels = kind == "PodMonitor"
            ? objects.Select(each => each.Object).OfType<V1DaemonSet>().Single().Spec.Template.Metadata.Labels
            : objects.Select(each => each.Object).OfType<V1Service>().Single().Metadata.Labels;
        var selector = JsonDocument.Parse(JsonSerializer.Serialize(monitor.Spec["selector"])).RootElement.GetProperty("matchLabels");
        Assert.All(selector.EnumerateObject(), label => Assert.Equal(label.Value.GetString(), labels[label.Name]));
    }

    [Fact]
    public void The_rules_are_the_alerts_but_for_those_that_are_disabled()
    {
        var names = Alerts(File.ReadAllText(Chart.At($"{Chart.Folder}/files/alerts.yaml")));
        Assert.NotEmpty(names);
        Assert.Equal(names, Alerts(Rule(Chart.Set("prometheusRule.enabled=true"))));
        Assert.Equal(
            names.Skip(1), Alerts(Rule(Chart.Set("prometheusRule.enabled=true", $"prometheusRule.defaultRules.disabled=[{names[0]}]"))));
        Assert.Equal(["Mine"], Alerts(Rule(Chart.Set(
            "prometheusRule.enabled=true", "prometheusRule.defaultRules.create=false", "prometheusRule.additionalRules=[{alert: Mine, expr: up}]"))));
        Assert.Contains(
            "runbook_url: https://example.org/docs/runbooks/", Rule(Chart.Set("prometheusRule.enabled=true", "prometheusRule.runbookBaseUrl=https://example.org/")),
            StringComparison.Ordinal);

        // A path alone leads nowhere.
        Assert.DoesNotContain("runbook_url", Rule(Chart.Set("prometheusRule.enabled=true")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_network_policy_is_of_the_agents_and_of_the_test()
    {
        var selector = Chart.The<V1NetworkPolicy>(Chart.Set("networkPolicy.enabled=true")).Spec.PodSelector;
        foreach (var labels in new[] { Chart.The<V1DaemonSet>().Spec.Template.Metadata.Labels, Chart.The<V1Pod>().Metadata.Labels })
        {
            Assert.All(selector.MatchLabels, label => Assert.Equal(label.Value, labels[label.Key]));
            Assert.All(selector.MatchExpressions, each => Assert.Contains(labels[each.Key], each.Values));
        }
    }

    [Fact]
    public void Without_ports_it_lets_out_to_any()
    {
        var policy = Chart.The<V1NetworkPolicy>(Chart.Set("networkPolicy.enabled=true", "networkPolicy.egressPorts=[]", "networkPolicy.egressTo=[{ipBlock: {cidr: 10.0.0.0/8}}]"));
        var rule = Assert.Single(policy.Spec.Egress);
        Assert.Null(rule.Ports);
        Assert.Single(rule.To);
    }

    [Fact]
    public void The_dashboard_is_what_Grafanas_sidecar_looks_for()
    {
        var map = Assert.Single(
            Chart.Render(Chart.Set("dashboard.enabled=true")).Select(each => each.Object).OfType<V1ConfigMap>(), each => each.Metadata.Name.EndsWith("dashboard", StringComparison.Ordinal));
        Assert.Equal("1", map.Metadata.Labels["grafana_dashboard"]);
        Assert.NotEqual(0, JsonDocument.Parse(map.Data["nodereaper.json"]).RootElement.GetProperty("panels").GetArrayLength());
    }

    private static string Rule(params string[] options) =>
        Assert.Single(Chart.Render(options), each => each.Kind == "monitoring.coreos.com/v1 PrometheusRule").Text;

    private static string[] Alerts(string text) => [.. text.Split('\n')
        .Select(line => line.TrimStart(' ', '-'))
        .Where(line => line.StartsWith("alert: ", StringComparison.Ordinal))
        .Select(line => line["alert: ".Length..])];

    private sealed class Monitor
    {
        public V1ObjectMeta? Metadata { get; set; }

        public Dictionary<string, object> Spec { get; set; } = [];
    }
}
