using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace NodeReaper.TestApiServer;

/// <summary>Lists and watches of Pods, as the API server's watch cache answers them.</summary>
internal static class PodAnswers
{
    internal static Task ListAsync(Cluster cluster, HttpContext context)
    {
        var query = context.Request.Query;
        var (pods, version) = cluster.Pods.List(SelectorOf(cluster, query));
        var from = query["resourceVersion"].ToString();
        var skipped = 0;
        if (query["continue"].ToString() is { Length: > 0 } token)
        {
            var parts = token.Split('-');
            skipped = int.Parse(parts[1], CultureInfo.InvariantCulture);
            if (cluster.Pods.Since(version = long.Parse(parts[0], CultureInfo.InvariantCulture), null, out _, out _) is null)
            {
                return Answers.StatusAsync(
                    context, 410, "Expired", "The provided continue parameter is too old to display a consistent list result.");
            }
        }
        else if (IsTooLarge(from, version))
        {
            return Answers.StatusAsync(context, 504, "Timeout", $"Too large resource version: {from}, current: {version}");
        }

        // From the cache, a list comes whole, whatever limit was asked for.
        var limit = from == "0" || !int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? int.MaxValue : asked;
        var page = pods.Skip(skipped).Take(limit).ToList();
        var more = skipped + page.Count < pods.Count
            ? string.Create(CultureInfo.InvariantCulture, $",\"continue\":\"{version}-{skipped + page.Count}\",\"remainingItemCount\":{pods.Count - skipped - page.Count}")
            : "";
        return Answers.JsonAsync(context, 200, ListOf(page, $"{{\"resourceVersion\":\"{version}\"{more}}}"));
    }

    // The kubelet lists without a resource version, and without the kind of each.
    internal static Task KubeletAsync(Cluster cluster, HttpContext context) =>
        Answers.JsonAsync(context, 200, ListOf(cluster.Pods.List(null).Pods, "{}"));

    internal static async Task WatchAsync(Cluster cluster, HttpContext context, CancellationToken stopping)
    {
        var query = context.Request.Query;
        var selector = SelectorOf(cluster, query);
        var version = long.Parse(query["resourceVersion"]!, CultureInfo.InvariantCulture);
        var ends = DateTime.UtcNow.AddSeconds(int.Parse(query["timeoutSeconds"]!, CultureInfo.InvariantCulture));
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, cluster.WatchesBroken, stopping);
        context.Response.ContentType = "application/json";
        await context.Response.Body.FlushAsync(broken.Token);
        try
        {
            if (IsTooLarge(query["resourceVersion"], cluster.Pods.Version))
            {
                await SendAsync("ERROR", Answers.Status(504, "Timeout", $"Too large resource version: {version}, current: {cluster.Pods.Version}").ToJsonString());
                return;
            }

            while (DateTime.UtcNow < ends)
            {
                var told = cluster.Pods.Since(version, selector, out var upTo, out var changed);
                if (told is null)
                {
                    await SendAsync("ERROR", Answers.Status(410, "Expired", $"too old resource version: {version} ({upTo})").ToJsonString());
                    return;
                }

                foreach (var (type, pod) in told)
                {
                    await SendAsync(type, pod.Json);
                }

                version = upTo;
                await Task.WhenAny(changed, Task.Delay(cluster.BookmarkEvery, broken.Token));
                broken.Token.ThrowIfCancellationRequested();
                if (!changed.IsCompleted && query["allowWatchBookmarks"] == "true" && cluster.Pods.Since(version, selector, out upTo, out _) is { Count: 0 })
                {
                    version = upTo;
                    await SendAsync("BOOKMARK", $$$"""
                        {"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"{{{version}}}","creationTimestamp":null},"spec":{"containers":null},"status":{}}
                        """);
                }
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }

        async Task SendAsync(string type, string json)
        {
            if (cluster.IsSilent)
            {
                await Task.Delay(Timeout.Infinite, broken.Token);
            }

            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":{json}}}\n"), broken.Token);
            await context.Response.Body.FlushAsync(broken.Token);
        }
    }

    private static string ListOf(IEnumerable<StoredPod> pods, string metadata) =>
        $"{{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{metadata},\"items\":[{string.Join(',', pods.Select(pod => pod.ItemJson))}]}}";

    private static bool IsTooLarge(string? asked, long version) =>
        long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) && wanted > version;

    private static PodSelector? SelectorOf(Cluster cluster, IQueryCollection query) =>
        cluster.IgnoresSelector ? null : PodSelector.Parse(query["fieldSelector"].ToString());
}
