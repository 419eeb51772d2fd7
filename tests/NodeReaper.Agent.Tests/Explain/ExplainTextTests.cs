using System.Text.Json;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Explain;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Tests.Explain;

public sealed class ExplainTextTests
{
    private const long Mib = 1 << 20;

    private static readonly ExplainDocument s_document = new()
    {
        Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Node = "worker-1",
        Source = ExplainDocuments.OfAgent,
        Strategy = "hold",
        Pressure = new ExplainedPressure(null, null, 1000 * Mib, 700 * Mib, 0, 96 * Mib, 192 * Mib, 10 * Mib),
        MissingBytes = 96 * Mib,
        Dying = [1],
        Keys = ["qosClass", "overRequest"],
        Ranking =
        [
            new RankedContainer(1, true, Container("batch", "hog", "BestEffort", 300 * Mib) with { DecidingKey = "qosClass" }),
            new RankedContainer(2, false, Container("shop", "web", "Burstable", 60 * Mib) with { DecidingKey = "overRequest", OverRequestBytes = 30 * Mib }),
            new RankedContainer(3, false, Container("shop", "db", "Burstable", 50 * Mib)),
        ],
        Excluded =
        [
            new SparedContainer("protected: namespace kube-system (protect.namespaces)", Container("kube-system", "dns", "Burstable", 40 * Mib) with { Exclusion = "protected" }),
            new SparedContainer("the Pod's sandbox (pause container)", Container("shop", "web", "Burstable", Mib) with { Exclusion = "sandbox", Container = null }),
            new SparedContainer("the Pod's sandbox (pause container)", Container("shop", "db", "Burstable", Mib) with { Exclusion = "sandbox", Container = null }),
        ],
        Total = 6,
    };

    [Fact]
    public void The_table_says_who_dies_and_why_in_which_order() => Assert.Equal(
        """
        worker-1, 2026-01-02 03:04:05 UTC, as the agent sees it (strategy hold, live)
        700 MiB of 1000 MiB available; kills below 96 MiB, recovers to 192 MiB; falling by 10 MiB/s, 60 s to the threshold
        nobody is killed now; at the threshold, with 96 MiB missing, batch/hog[app] would die, and give back 300 MiB

           #  POD        CONTAINER  KILL PRIORITY  PRIORITY  QOS CLASS   OVER REQUEST  GROWTH  FREEABLE  BEFORE THE NEXT BY
        *  1  batch/hog  app                    0         0  BestEffort           0 B   0 B/s   300 MiB  qosClass
           2  shop/web   app                    0         0  Burstable         30 MiB   0 B/s    60 MiB  overRequest
           3  shop/db    app                    0         0  Burstable            0 B   0 B/s    50 MiB
           (* would die)

        MAY NOT BE KILLED  CONTAINER   HOLDS  WHY
        kube-system/dns    app        40 MiB  protected: namespace kube-system (protect.namespaces)
        and 2, holding 2 MiB: the Pod's sandbox (pause container)

        """,
        ExplainText.Of(s_document));

    [Fact]
    public void A_shortage_is_told_first_of_all()
    {
        var document = s_document with { DryRun = true, Pressure = s_document.Pressure with { Signal = "available", AvailableBytes = 90 * Mib } };

        Assert.Contains(
            "SHORT OF MEMORY (available), 96 MiB missing: batch/hog[app] would be told of (dry run), and give back 300 MiB",
            ExplainText.Of(document),
            StringComparison.Ordinal);
    }

    [Fact]
    public void That_nobody_dies_in_vain_is_told()
    {
        var document = s_document with { IsInVain = true, Dying = [], Pressure = s_document.Pressure with { Signal = "available" } };

        Assert.Contains("nobody dies yet, for the deaths of all would give back no more than 410 MiB", ExplainText.Of(document), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_long_ranking_the_first_are_shown_and_the_rest_is_counted() =>
        Assert.Contains("and 2 more", ExplainText.Of(s_document, most: 1), StringComparison.Ordinal);

    [Theory]
    [InlineData("shop/web")]
    [InlineData("web")]
    [InlineData("uid-web")]
    public void The_story_of_a_Pod_compares_it_with_its_neighbours(string name)
    {
        var story = PodStory.Of(s_document, name, []);

        Assert.Contains("shop/web[app]: number 2 of 3 to die\n", story, StringComparison.Ordinal);
        Assert.Contains("  after  batch/hog[app], by qosClass: BestEffort against Burstable\n", story, StringComparison.Ordinal);
        Assert.Contains("  before shop/db[app], by overRequest: 30 MiB against 0 B\n", story, StringComparison.Ordinal);
    }

    [Fact]
    public void The_story_tells_what_was_told_of_the_Pod_and_of_no_other()
    {
        RecentReport[] recent =
        [
            new(s_document.Time, "killed", "batch/gone", "killed batch/gone[app]"),
            new(s_document.Time, "killed", "batch/other", "killed batch/other[app]"),
        ];

        Assert.EndsWith("\n\n2026-01-02 03:04:05  killed batch/gone[app]\n", PodStory.Of(s_document, "gone", recent), StringComparison.Ordinal);
        Assert.Null(PodStory.Of(s_document, "one", recent));
    }

    [Fact]
    public void A_document_survives_the_way_over_the_socket()
    {
        var text = JsonSerializer.Serialize(s_document, ExplainJson.Default.ExplainDocument);

        Assert.Equal(ExplainText.Of(s_document), ExplainText.Of(JsonSerializer.Deserialize(text, ExplainJson.Default.ExplainDocument)!));
    }

    private static IncidentCandidate Container(string space, string pod, string qosClass, long bytes) => new()
    {
        Namespace = space,
        Pod = pod,
        PodUid = $"uid-{pod}",
        Container = "app",
        ContainerId = new string('a', 64),
        QosClass = qosClass,
        AnonBytes = bytes,
        FreeableBytes = bytes,
    };
}
