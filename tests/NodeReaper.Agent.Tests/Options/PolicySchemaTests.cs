using System.CommandLine;
using System.Text.Json;
using NodeReaper.Agent.Commands;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Tests.Options;

public sealed class PolicySchemaTests
{
    [Fact]
    public void It_has_every_key_and_nothing_else() => Assert.Equal(
        PolicyKeys.All.Select(key => key.Path).Order(),
        Schema().GetProperty("properties").EnumerateObject()
            .SelectMany(key => key.Value.TryGetProperty("properties", out var below) ? below.EnumerateObject().Select(inner => $"{key.Name}.{inner.Name}") : [key.Name])
            .Order());

    [Fact]
    public void The_example_is_right() => Assert.Empty(Problems(File.ReadAllText(Repository.PathOf("deploy/policy.yaml"))));

    [Theory]
    [InlineData("")]
    [InlineData("pressure:")]
    [InlineData("pressure: {killBelow: 5%, recoverTo: 12.5%, timeLeft: 0, thrash: 0s}")]
    [InlineData("pressure: {killBelow: 128974848, recoverTo: 1.5Gi, fastestFill: 8Gi/s}")]
    [InlineData("stages: {observe: null, throttleGrowth: 1M, grace: 1.5m, maxGrace: 2m}")]
    [InlineData("wishes: {namespaces: ['*']}")]
    [InlineData("ranking: [killPriority, {overRequest: 1, growth: 8}, youngest]")]
    [InlineData("protect: {minPriority: -5, staticPods: false, priorityClasses: [a.b-c]}")]
    [InlineData("http: {listen: null, socket: /run/x.sock}")]
    [InlineData("report: {incidentFile: null}")]
    public void What_the_agent_takes_it_takes(string text)
    {
        Assert.Empty(PolicyFile.Parse("policy.yaml", text).Errors);
        Assert.Empty(Problems(text));
    }

    [Theory]
    [InlineData("dryrun: true")]
    [InlineData("dryRun: yes")]
    [InlineData("dryRun: null")]
    [InlineData("pressure: {killbelow: 5%}")]
    [InlineData("pressure: {killBelow: 500}")]
    [InlineData("pressure: {killBelow: 500m}")]
    [InlineData("pressure: {killBelow: a lot}")]
    [InlineData("pressure: {stall: 150}")]
    [InlineData("pressure: {stall: 0}")]
    [InlineData("pressure: {stall: null}")]
    [InlineData("pressure: [stall]")]
    [InlineData("kill: {strategy: brutal}")]
    [InlineData("kill: {reapers: 17}")]
    [InlineData("kill: {reapers: '3'}")]
    [InlineData("protect: {namespaces: kube-system}")]
    [InlineData("protect: {namespaces: [Kube_System]}")]
    [InlineData("protect: {namespaces: ['*']}")]
    [InlineData("protect: {namespaces: [a, a]}")]
    [InlineData("ranking: []")]
    [InlineData("ranking: [fate]")]
    [InlineData("ranking: [{youngest: 2}]")]
    [InlineData("ranking: [{growth: 0}]")]
    [InlineData("http: {listen: 9977}")]
    [InlineData("record: {directory: /var/}")]
    public void What_it_refuses_the_agent_refuses(string text)
    {
        Assert.NotEmpty(PolicyFile.Parse("policy.yaml", text).Errors);
        Assert.NotEmpty(Problems(text));
    }

    [Fact]
    public void The_command_prints_either()
    {
        Assert.StartsWith("{", Run("-o", "json-schema"), StringComparison.Ordinal);
        Assert.StartsWith("Version 1 of the policy format.", Run(), StringComparison.Ordinal);
    }

    internal static IReadOnlyList<string> Problems(string text)
    {
        using var reader = new StringReader(text);
        return new YamlTreeReader(reader, YamlShape.Everything).TryRead(out var root) ? [.. JsonSchemaCheck.Problems(Schema(), root)] : [];
    }

    private static JsonElement Schema()
    {
        using var schema = new StringWriter();
        PolicySchema.Write(schema);
        return JsonDocument.Parse(schema.ToString()).RootElement;
    }

    private static string Run(params string[] arguments)
    {
        using var output = new StringWriter();
        Assert.Equal(0, ConfigReferenceCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration { Output = output }));
        return output.ToString();
    }
}
