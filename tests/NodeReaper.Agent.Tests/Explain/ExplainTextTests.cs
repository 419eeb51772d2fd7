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
        Signals = new ExplainedSignals(0.25, 0.15, 1, 2, 10, 3, true),
        Keys = ["qosClass", "1 x overRequest + 2 x growth", "youngest"],
        Ranking =
        [
            Ranked(1, true, Container("batch", "hog", "BestEffort", 300 * Mib) with { DecidingKey = "qosClass" }, 7),
            Ranked(2, false, Container("shop", "web", "Burstable", 60 * Mib) with { DecidingKey = "1 x overRequest + 2 x growth", OverRequestBytes = 30 * Mib }, 30),
            Ranked(3, false, Container("shop", "db", "Burstable", 50 * Mib), 7),
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
        also kills below 192 MiB when it lasts no longer than 250ms or tasks stall for it for 2s (150ms of 1s); below 384 MiB when all tasks stall at once for 3s
        nobody is killed now; at the threshold, with 96 MiB missing, batch/hog[app] would die, and give back 300 MiB

        ranked by qosClass, 1 x overRequest + 2 x growth, youngest; the first that differs decides
           #  POD        CONTAINER  QOS CLASS   SCORE  YOUNGEST  FREEABLE  BEFORE THE NEXT BY
        *  1  batch/hog  app        BestEffort      7       #11   300 MiB  qosClass
           2  shop/web   app        Burstable      30       #12    60 MiB  1 x overRequest + 2 x growth
           3  shop/db    app        Burstable       7       #13    50 MiB
           (* would die)

        MAY NOT BE KILLED  CONTAINER   HOLDS  WHY
        kube-system/dns    app        40 MiB  protected: namespace kube-system (protect.namespaces)
        and 2, holding 2 MiB: the Pod's sandbox (pause container)

        """,
        ExplainText.Of(s_document));

    [Fact]
    public void With_swap_to_spare_the_threshold_alone_kills_nobody()
    {
        var text = ExplainText.Of(s_document with { Pressure = s_document.Pressure with { UsableSwapBytes = 500 * Mib, HasSwapToSpare = true } });

        Assert.Contains("700 MiB of 1000 MiB available and 500 MiB of usable swap; kills below 96 MiB once swap is spent, recovers to 192 MiB", text, StringComparison.Ordinal);
        Assert.Contains("when it lasts no longer than 250ms once swap is spent or tasks stall for it for 2s (10s with swap to spare)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shortage_is_told_first_of_all()
    {
        var document = s_document with { DryRun = true, Ranking = DryRunOf("batch", "shop"), Pressure = s_document.Pressure with { Signal = "available", AvailableBytes = 90 * Mib } };

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
        Assert.Contains("  before shop/db[app], by 1 x overRequest + 2 x growth: 30 against 7\n", story, StringComparison.Ordinal);
        Assert.Contains("  ranked by qosClass Burstable, 1 x overRequest + 2 x growth 30, youngest #12; request 0 B\n", story, StringComparison.Ordinal);
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

    [Fact]
    public void Where_some_namespaces_are_in_a_dry_run_it_is_told_of_each()
    {
        var document = s_document with { DryRunNamespaces = ["batch"], Ranking = DryRunOf("batch") };
        document = document with { Ranking = [document.Ranking[0], document.Ranking[1] with { WouldDie = true }, document.Ranking[2]] };

        var text = ExplainText.Of(document);

        Assert.Contains("(strategy hold, live, but a dry run in batch and for Pods that are not known)\n", text, StringComparison.Ordinal);
        Assert.Contains("batch/hog[app] would be told of (dry run); shop/web[app] would die, and give back 360 MiB", text, StringComparison.Ordinal);
        Assert.Contains("\no  1  batch/hog ", text, StringComparison.Ordinal);
        Assert.Contains("\n*  2  shop/web ", text, StringComparison.Ordinal);
        Assert.Contains("(o would be told of (dry run), * would die)", text, StringComparison.Ordinal);
        Assert.Contains("the first of 3 to die; it would be told of (dry run) now or", PodStory.Of(document, "hog", []), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_was_told_of_counts_as_dead()
    {
        var document = s_document with
        {
            DryRun = true,
            ToldBytes = 300 * Mib,
            Ranking = [.. s_document.Ranking.Select(each => each with { WouldDie = false })],
            Pressure = s_document.Pressure with { Signal = "available" },
        };

        Assert.Contains("96 MiB missing: nobody else is told of, for those who were would give back 300 MiB (dry run)\n", ExplainText.Of(document), StringComparison.Ordinal);
    }

    [Fact]
    public void Stages_are_told_in_their_order()
    {
        var document = s_document with { Stages = [new("observe", 400 * Mib), new("terminate", 200 * Mib)] };

        Assert.Contains("\nbefore that: observe below 400 MiB, terminate below 200 MiB\n", ExplainText.Of(document), StringComparison.Ordinal);
    }

    [Fact]
    public void That_no_Pods_are_known_is_told_before_anything_else()
    {
        var document = s_document with { Source = ExplainDocuments.OfNode, KnowsPods = false, Config = "other.yaml" };

        Assert.StartsWith(
            "worker-1, 2026-01-02 03:04:05 UTC, straight from the node, under other.yaml, no agent was asked (live)\nNO PODS ARE KNOWN: ",
            ExplainText.Of(document),
            StringComparison.Ordinal);
        Assert.StartsWith("NO PODS ARE KNOWN: ", PodStory.Of(document, "hog", []), StringComparison.Ordinal);
    }

    [Fact]
    public void The_part_about_one_Pod_has_nothing_of_the_others()
    {
        RecentReport[] recent = [new(s_document.Time, "killed", "shop/web", "killed shop/web[app]"), new(s_document.Time, "killed", "shop/db", "killed shop/db[app]")];

        var only = PodStory.Only(s_document, "shop/web", recent)!;

        Assert.Equal([2], only.Ranking.Select(each => each.Rank));
        Assert.Equal("sandbox", Assert.Single(only.Excluded).Container.Exclusion);
        Assert.Equal(recent[..1], only.Recent);
        Assert.Equal(s_document.Pressure, only.Pressure);
        Assert.Null(PodStory.Only(s_document, "nobody", recent));
    }

    private static RankedContainer[] DryRunOf(params string[] spaces) =>
        [.. s_document.Ranking.Select(each => each with { DryRun = spaces.Contains(each.Container.Namespace) })];

    private static RankedContainer Ranked(int rank, bool wouldDie, IncidentCandidate container, long score) =>
        new(rank, wouldDie, container with { CgroupId = 10 + rank }) { Scores = new Dictionary<string, long> { ["1 x overRequest + 2 x growth"] = score } };

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
