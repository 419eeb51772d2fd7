using NodeReaper.Agent.Options;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Agent.Tests.Options;

public sealed class PolicyDocumentTests
{
    private const string Begin = "<!-- This part is what `nodereaper config reference` prints. -->";
    private const string End = "<!-- End of the part. -->";

    [Fact]
    public void The_example_says_the_defaults_and_every_key()
    {
        var path = Repository.PathOf("deploy/policy.yaml");

        var load = PolicyFile.Load(path);

        Assert.Empty(load.Errors);
        Assert.All(PolicyKeys.All, key => Assert.Equal(key.Write(new AgentOptions()), key.Write(load.Options!)));
        var text = File.ReadAllText(path);
        Assert.All(PolicyKeys.All, key => Assert.Matches($"(?m)^ *{key.Path[(key.Path.LastIndexOf('.') + 1)..]}:", text));
    }

    [Fact]
    public void The_page_has_the_reference_as_the_command_prints_it()
    {
        using var reference = new StringWriter();
        PolicyReference.Write(reference);

        Assert.True(
            File.ReadAllText(Repository.PathOf("docs/policy.md")).Contains($"{Begin}\n{reference}{End}\n", StringComparison.Ordinal),
            "docs/policy.md has not what the code says. Run: out/nodereaper config reference | "
            + $"sed -i -e '/^{Begin}/,/^{End}/{{//!d}}' -e '/^{Begin}/r /dev/stdin' docs/policy.md");
    }

    [Fact]
    public void Every_key_and_nothing_else_has_a_meaning() =>
        Assert.Equal(PolicyKeys.All.Select(key => key.Path).Order(), PolicyMeanings.Paths.Order());

    [Fact]
    public void A_range_and_a_meaning_fit_into_a_table() =>
        Assert.All(PolicyKeys.All, key => Assert.DoesNotMatch(@"[|\n]", key.Range + key.Meaning + key.Write(new AgentOptions())));

    [Fact]
    public void The_page_lists_every_ranking_key()
    {
        var page = File.ReadAllText(Repository.PathOf("docs/policy.md"));

        Assert.All(RankingKeys.All, key => Assert.Contains($"- `{key.Name}`:", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_setting_of_the_policy_has_a_key()
    {
        var settings = typeof(ReapPolicy).GetProperties()
            .Where(property => property.PropertyType.Namespace == typeof(ReapPolicy).Namespace)
            .SelectMany(section => section.PropertyType.GetProperties().Select(property => $"{section.Name}.{property.Name}"))
            .Concat(typeof(ReapPolicy).GetProperties().Where(property => property.PropertyType.Namespace != typeof(ReapPolicy).Namespace).Select(property => property.Name))
            .Where(path => !path.EndsWith(".EqualityContract", StringComparison.Ordinal))
            .Select(path => path.Replace("BytesPerSecond", "", StringComparison.Ordinal).Replace("MaxBytes", "MaxSize", StringComparison.Ordinal))
            .Select(path => path.EndsWith("Bytes", StringComparison.Ordinal) ? path[..^"Bytes".Length] : path);

        var keys = PolicyKeys.All.Select(key => key.Path).Where(path => path.Split('.')[0] is not ("log" or "http" or "events" or "kubelet" or "afterKill" or "node"));

        Assert.Equal(keys.Order(StringComparer.OrdinalIgnoreCase), settings.Order(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);
    }
}
