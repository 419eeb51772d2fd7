namespace NodeReaper.Chart.Tests;

public sealed class SchemaTests
{
    [Theory]
    [InlineData("dryrun=false", "dryrun")]
    [InlineData("image.repo=x", "repo")]
    [InlineData("policy.presure.killBelow=5%", "presure")]
    [InlineData("policy.pressure.kilBelow=5%", "kilBelow")]
    [InlineData("policy.dryRun=false", "dryRun")]
    [InlineData("policy.http.listen=:1", "http")]
    [InlineData("policy.kubelet.root=/x", "root")]
    [InlineData("policy.events.folder=/x", "folder")]
    [InlineData("policy.afterKill.history=/x", "history")]
    [InlineData("podMonitor.enable=true", "enable")]
    [InlineData("prometheusRule.defaultRules.disable=[]", "disable")]
    [InlineData("seccompProfile.typ=Unconfined", "typ")]
    [InlineData("livenessProbe.period=3", "period")]
    public void A_typo_is_refused_by_name(string value, string named) => Assert.Contains(named, Chart.Refusal(Chart.Set(value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("dryRun=perhaps", "dryRun")]
    [InlineData("podSource=apis", "podSource")]
    [InlineData("image.pullPolicy=Sometimes", "pullPolicy")]
    [InlineData("image.digest=1234", "digest")]
    [InlineData("seccompProfile.type=Confined", "type")]
    [InlineData("seccompProfile={type: Localhost}", "localhostProfile")]
    [InlineData("appArmorProfile={type: Localhost}", "localhostProfile")]
    [InlineData("kubelet.ca.hostPath=relative", "hostPath")]
    [InlineData("port=0", "port")]
    [InlineData("port=http", "port")]
    [InlineData("hostPaths.state=relative", "state")]
    [InlineData("policy.pressure.killBelow=a lot", "killBelow")]
    [InlineData("policy.kill.strategy=gently", "strategy")]
    public void A_wrong_value_is_refused_by_name(string value, string named) => Assert.Contains(named, Chart.Refusal(Chart.Set(value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("policy.pressure.killBelow=null", "killBelow: null")]
    [InlineData("policy.log.format=null", "log: {}")]
    public void Null_takes_a_default_of_the_chart_away_and_else_is_null(string value, string expected) =>
        Assert.Contains(expected, Chart.The<k8s.Models.V1ConfigMap>(Chart.Set(value)).Data["policy.yaml"], StringComparison.Ordinal);

    [Fact]
    public void A_part_of_the_policy_is_no_null_as_templates_look_into_it() =>
        Assert.Contains("pressure", Chart.Refusal(Chart.Set("policy.pressure=null")), StringComparison.Ordinal);

    [Theory]
    [InlineData("enabled=true")]
    [InlineData("global={imageRegistry: x}")]
    [InlineData("seccompProfile={type: Localhost, localhostProfile: nodereaper.json}")]
    public void What_a_parent_chart_or_a_node_may_ask_for_is_taken(string value) => Assert.NotEmpty(Chart.Render(Chart.Set(value)));

    [Fact]
    public void Every_recipe_is_a_policy_of_the_chart()
    {
        foreach (var recipe in Directory.GetFiles(Chart.At("docs/recipes"), "*.yaml"))
        {
            var values = Path.GetTempFileName();
            File.WriteAllLines(
                values, File.ReadLines(recipe).Where(line => !line.StartsWith("dryRun:", StringComparison.Ordinal)).Select(line => $"  {line}").Prepend("policy:"));
            Assert.NotEmpty(Chart.Render("-f", values));
            File.Delete(values);
        }
    }
}
