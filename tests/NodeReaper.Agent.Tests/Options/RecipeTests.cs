using NodeReaper.Agent.Options;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Tests.Options;

/// <summary>The recipes of docs/operating.md: whole policy files, to copy.</summary>
public sealed class RecipeTests
{
    public static TheoryData<string> Recipes =>
        [.. Directory.GetFiles(Repository.PathOf("docs/recipes")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void A_recipe_is_a_good_policy(string name)
    {
        Assert.Empty(PolicyFile.Load(PathOf(name)).Errors);
        Assert.Empty(PolicySchemaTests.Problems(File.ReadAllText(PathOf(name))));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void A_recipe_says_nothing_that_is_the_default(string name)
    {
        var options = PolicyFile.Load(PathOf(name)).Options!;
        using var reader = new StreamReader(PathOf(name));
        Assert.True(new YamlTreeReader(reader, YamlShape.Everything).TryRead(out var root));
        string[] given = [.. ((YamlMapping)root).Entries.SelectMany(entry => entry.Value is YamlMapping section
            ? section.Entries.Select(below => $"{entry.Key}.{below.Key}")
            : [entry.Key])];

        var changed = PolicyKeys.All.Where(key => key.Write(options) != key.Write(new AgentOptions())).Select(key => key.Path);

        Assert.Equal(changed.Order(StringComparer.Ordinal), given.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void A_recipe_is_in_the_cookbook(string name) =>
        Assert.Contains($"](recipes/{name})", File.ReadAllText(Repository.PathOf("docs/operating.md")), StringComparison.Ordinal);

    private static string PathOf(string name) => Repository.PathOf($"docs/recipes/{name}");
}
