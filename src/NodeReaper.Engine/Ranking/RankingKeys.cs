namespace NodeReaper.Engine.Ranking;

/// <summary>Every ranking key there is. To add one: a file beside this one, a line here, a row in the table test, a line in docs/policy.md.</summary>
public static class RankingKeys
{
    /// <summary>All keys, in the default order.</summary>
    public static IReadOnlyList<RankingKey> All { get; } =
    [
        new KillPriorityKey(),
        new PodPriorityKey(),
        new CauseKey(),
        new QosClassKey(),
        new OverRequestKey(),
        new GrowthKey(),
        new FreeableKey(),
        new YoungestKey(),
    ];

    /// <summary>Finds a key by its name.</summary>
    /// <param name="name">The name, case and all.</param>
    /// <returns>The key, or null when there is none of that name.</returns>
    public static RankingKey? Find(string name) => All.FirstOrDefault(key => key.Name == name);
}
