using System.Text.Json;

namespace NodeReaper.Agent.Tests.Metrics;

/// <summary>What Grafana would make of the dashboard's file; there is none here to ask.</summary>
public sealed class DashboardTests : IDisposable
{
    private readonly JsonDocument _dashboard = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("charts/nodereaper/files/dashboard.json")));

    private List<JsonElement> Panels => [.. _dashboard.RootElement.GetProperty("panels").EnumerateArray()];

    public void Dispose() => _dashboard.Dispose();

    [Fact]
    public void Each_panel_has_a_number_of_its_own_and_each_query_of_it_a_letter() => Assert.All(Panels, panel =>
    {
        Assert.Single(Panels, other => other.GetProperty("id").GetInt32() == panel.GetProperty("id").GetInt32());
        var letters = Targets(panel).Select(target => target.GetProperty("refId").GetString()).ToList();
        Assert.Equal(letters.Distinct(), letters);
    });

    [Fact]
    public void Each_panel_is_in_a_unit_that_Grafana_knows()
    {
        var shown = Panels.Where(panel => panel.GetProperty("type").GetString() != "row").ToList();
        Assert.NotEmpty(shown);
        Assert.All(shown, panel => Assert.Contains(
            panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString(), new[] { "short", "bytes", "s", "percentunit" }));
    }

    [Fact]
    public void The_unit_is_that_of_the_metric() => Assert.All(Panels.Where(panel => Targets(panel).Count > 0), panel =>
    {
        var unit = panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString();
        Assert.All(Targets(panel).Select(target => target.GetProperty("expr").GetString()!), query =>
        {
            // A rate of seconds has no unit: it is a part of the time.
            var isRate = query.Contains("rate(", StringComparison.Ordinal);
            Assert.Equal(query.Contains("_bytes", StringComparison.Ordinal), unit == "bytes");
            Assert.Equal(query.Contains("_seconds", StringComparison.Ordinal) && !isRate, unit == "s");
        });
    });

    [Fact]
    public void No_panel_lies_on_another_or_beyond_the_edge()
    {
        var places = Panels.Select(panel => panel.GetProperty("gridPos")).Select(grid => (X: Of(grid, "x"), Y: Of(grid, "y"), W: Of(grid, "w"), H: Of(grid, "h"))).ToList();
        Assert.All(places, place => Assert.True(place is { X: >= 0, Y: >= 0, W: > 0, H: > 0 } && place.X + place.W <= 24, $"{place}"));
        for (var i = 0; i < places.Count; i++)
        {
            Assert.DoesNotContain(places.Skip(i + 1), other => other.X < places[i].X + places[i].W && places[i].X < other.X + other.W
                && other.Y < places[i].Y + places[i].H && places[i].Y < other.Y + other.H);
        }

        static int Of(JsonElement grid, string name) => grid.GetProperty(name).GetInt32();
    }

    private static List<JsonElement> Targets(JsonElement panel) =>
        panel.TryGetProperty("targets", out var targets) ? [.. targets.EnumerateArray()] : [];
}
