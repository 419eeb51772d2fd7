using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Kubernetes.Nodes;

/// <summary>Puts the taint and the condition on the Node, and takes them away. What others put there stays.</summary>
internal sealed class NodeMarks(ApiClient client, string node, NodeOptions options)
{
    /// <summary>The key of the taint.</summary>
    internal const string TaintKey = "nodereaper.io/memory-pressure";

    /// <summary>The type of the condition.</summary>
    internal const string ConditionType = "NodeReaperMemoryPressure";

    private static readonly MediaTypeHeaderValue s_mergePatch = new("application/merge-patch+json");
    private static readonly MediaTypeHeaderValue s_strategicPatch = new("application/strategic-merge-patch+json");

    private static readonly JsonElement s_taint =
        JsonElement.Parse($$"""{"key":"{{TaintKey}}","effect":"NoSchedule"}""");

    private readonly string _path = $"api/v1/nodes/{Uri.EscapeDataString(node)}";

    /// <summary>What takes the taint away by hand.</summary>
    internal string ByHand { get; } = $"kubectl taint nodes {node} {TaintKey}-";

    /// <summary>The API server.</summary>
    internal Uri Server => client.Server;

    /// <summary>Puts there what the policy wants.</summary>
    /// <param name="message">Why.</param>
    /// <param name="now">The time.</param>
    /// <param name="before">Is called when the Node could be read, and before anything is written.</param>
    /// <param name="stopping">Gives up.</param>
    /// <returns>True when something was missing.</returns>
    /// <exception cref="ApiException">Not all of it is there; a conflict when somebody else has just written the Node.</exception>
    internal async Task<bool> MarkAsync(string message, DateTimeOffset now, Action before, CancellationToken stopping)
    {
        var read = await ReadAsync(stopping);
        var time = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var (needsTaint, needsCondition) = (options.Taint && !HasTaint(read), options.Condition && ConditionOf(read)?.Status != "True");
        before();
        await BothAsync(
            needsTaint ? () => WriteTaintsAsync(read, [.. Others(read), s_taint], stopping) : null,
            needsCondition
                ? () => WriteConditionAsync(
                    new NodeCondition(ConditionType, "True")
                    {
                        Reason = "SustainedMemoryPressure",
                        Message = message,
                        LastHeartbeatTime = time,
                        LastTransitionTime = time,
                    },
                    stopping)
                : null);
        return needsTaint || needsCondition;
    }

    /// <summary>Takes away what is there, whatever the policy wants now.</summary>
    /// <param name="stopping">Gives up.</param>
    /// <returns>True when something was there.</returns>
    /// <exception cref="ApiException">Something is still there, or it is not known.</exception>
    internal async Task<bool> UnmarkAsync(CancellationToken stopping)
    {
        var read = await ReadAsync(stopping);
        var (hasCondition, hasTaint) = (ConditionOf(read) is not null, HasTaint(read));
        await BothAsync(
            hasTaint ? () => WriteTaintsAsync(read, [.. Others(read)], stopping) : null,
            hasCondition ? () => WriteConditionAsync(new NodeCondition(ConditionType) { Directive = "delete" }, stopping) : null);
        return hasCondition || hasTaint;
    }

    // One that is forbidden does not keep the other from being done. The taints come first: a condition makes a new version of the Node.
    private static async Task BothAsync(Func<Task>? taint, Func<Task>? condition)
    {
        ApiException? failed = null;
        try
        {
            await (taint?.Invoke() ?? Task.CompletedTask);
        }
        catch (ApiException error)
        {
            failed = error;
        }

        await (condition?.Invoke() ?? Task.CompletedTask);
        if (failed is not null)
        {
            throw failed;
        }
    }

    private static NodeCondition? ConditionOf(NodeObject read) => read.Status?.Conditions?.FirstOrDefault(each => each?.Type == ConditionType);

    private static bool HasTaint(NodeObject read) => read.Spec?.Taints?.Any(IsOurs) ?? false;

    private static IEnumerable<JsonElement> Others(NodeObject read) => read.Spec?.Taints?.Where(taint => !IsOurs(taint)) ?? [];

    private static bool IsOurs(JsonElement taint) =>
        taint.ValueKind == JsonValueKind.Object && taint.TryGetProperty("key", out var key) && key.ValueKind == JsonValueKind.String && key.ValueEquals(TaintKey);

    private Task<NodeObject> ReadAsync(CancellationToken stopping) => client.CallAsync(
        HttpMethod.Get,
        _path,
        null,
        async (response, cancellation) =>
        {
            using (response)
            {
                using var body = await response.Content.ReadAsStreamAsync(cancellation);
                var buffer = new JsonBuffer(body);
                while (await buffer.FillAsync(cancellation))
                {
                }

                try
                {
                    return JsonSerializer.Deserialize(buffer.Unused, NodeJson.Default.NodeObject) is { Metadata.ResourceVersion.Length: > 0 } read
                        ? read
                        : throw new ApiException(ApiFailure.Nonsense, $"{client.Server}: the answer is no Node");
                }
                catch (JsonException error)
                {
                    throw new ApiException(ApiFailure.Nonsense, $"{client.Server}: the answer is no Node: {error.Message}", inner: error);
                }
            }
        },
        stopping);

    // The list of taints is written whole, so it must be the one that was read: if the Node has changed since, this is a conflict.
    private Task<bool> WriteTaintsAsync(NodeObject read, IReadOnlyList<JsonElement> taints, CancellationToken stopping) => PatchAsync(
        _path,
        JsonSerializer.SerializeToUtf8Bytes(new TaintPatch(new NodeMetadata(read.Metadata!.ResourceVersion), new NodeSpec(taints)), NodeJson.Default.TaintPatch),
        s_mergePatch,
        stopping);

    private Task<bool> WriteConditionAsync(NodeCondition condition, CancellationToken stopping) => PatchAsync(
        $"{_path}/status",
        JsonSerializer.SerializeToUtf8Bytes(new ConditionPatch(new NodeStatus([condition])), NodeJson.Default.ConditionPatch),
        s_strategicPatch,
        stopping);

    private Task<bool> PatchAsync(string path, byte[] body, MediaTypeHeaderValue type, CancellationToken stopping) => client.CallAsync(
        HttpMethod.Patch,
        path,
        new ApiBody(body, type),
        (response, _) =>
        {
            response.Dispose();
            return Task.FromResult(true);
        },
        stopping);
}
