namespace NodeReaper.Agent.Tests;

/// <summary>Waits for what other threads do.</summary>
internal static class Soon
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    internal static async Task Until(Func<bool> isTrue)
    {
        var end = DateTime.UtcNow + s_limit;
        while (!isTrue())
        {
            Assert.True(DateTime.UtcNow < end, $"not within {s_limit.TotalSeconds} s");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
