using System.Text.Json.Nodes;
using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Tests.Options;

public sealed class ChartPolicyTests
{
    // What the chart sets by itself.
    private static readonly string[] s_ofTheChart = ["dryRun", "http", "kubelet.root", "events.folder", "afterKill.history"];

    [Fact]
    public void The_schema_of_the_charts_values_knows_the_policy()
    {
        using var schema = new StringWriter();
        PolicySchema.Write(schema);
        var expected = JsonNode.Parse(schema.ToString())!;
        OnlyMaps(expected);
        foreach (var name in s_ofTheChart)
        {
            var path = name.Split('.');
            var section = path[..^1].Aggregate(expected, (node, part) => node["properties"]![part]!);
            Assert.True(section["properties"]!.AsObject().Remove(path[^1]));
        }

        var actual = JsonNode.Parse(File.ReadAllText(Repository.PathOf("charts/nodereaper/values.schema.json")))!["definitions"]!["policy"];
        Assert.True(JsonNode.DeepEquals(expected, actual), "charts/nodereaper/values.schema.json is stale: run tests/chart/policy-schema");
    }

    [Fact]
    public void The_chart_restarts_the_agent_for_what_it_reads_at_its_start_alone() => Assert.Equal(
        PolicyKeys.All.Where(key => !key.IsLive).Select(key => key.Path).Order(),
        File.ReadAllLines(Repository.PathOf("charts/nodereaper/files/policy-keys-at-start.txt")).Order());

    private static void OnlyMaps(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var element in array)
            {
                OnlyMaps(element);
            }
        }
        else if (node is JsonObject map)
        {
            foreach (var (name, value) in map.ToArray())
            {
                if (value is JsonArray types && types.Select(type => type?.ToString()).SequenceEqual(["object", "null"]))
                {
                    map[name] = "object";
                }

                OnlyMaps(map[name]);
            }
        }
    }
}
