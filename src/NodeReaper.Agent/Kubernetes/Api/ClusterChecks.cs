using System.Text.Json;
using System.Text.Json.Serialization;
using NodeReaper.Agent.Doctor;
using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// Asks the API server what the agent may do there of what it wants to, and the kubelet for Pods. Protection works without, so nothing here fails it.
/// </summary>
internal static class ClusterChecks
{
    private static readonly (string Name, ResourceAttributes Right, Func<AgentOptions, bool> IsWanted, string Without)[] s_rights =
    [
        ("create Events", new("create", "events.k8s.io", "events"), o => o.Events.Send, "nobody is told of kills in the cluster"),
        ("patch Events", new("patch", "events.k8s.io", "events"), o => o.Events.Send, "an Event does not say how often it happened again"),
        ("evict Pods", new("create", "", "pods", "eviction"), o => o.AfterKill.Evict || o.AfterKill.EvictAfter > 0, "nobody is evicted after a kill"),
        ("get Nodes", new("get", "", "nodes"), o => o.Node.Marks, "node.taint and node.condition do nothing"),
        ("patch Nodes", new("patch", "", "nodes"), o => o.Node.Taint, "node.taint does nothing"),
        ("patch Nodes' status", new("patch", "", "nodes", "status"), o => o.Node.Condition, "node.condition does nothing"),
    ];

    private static readonly (string Name, ResourceAttributes Right, Func<AgentOptions, bool> IsWanted, string Without)[] s_rightsToPods =
    [
        ("list Pods", new("list", "", "pods"), _ => true, "Pods are known by their cgroup paths alone, without priorities and annotations"),
        ("watch Pods", new("watch", "", "pods"), _ => true, "the Pods stay as they were at the start"),
    ];

    /// <summary>Makes the checks of the API server.</summary>
    /// <param name="access">How the API server is reached.</param>
    /// <param name="options">What the policy wants of it.</param>
    /// <param name="knowsPods">True when it is where Pods are known from.</param>
    /// <param name="timings">How long is waited for what.</param>
    /// <param name="cancellation">Gives up.</param>
    internal static async Task<IReadOnlyList<DoctorCheck>> AllAsync(
        ClusterAccess access, AgentOptions options, bool knowsPods, ApiTimings timings, CancellationToken cancellation)
    {
        using var client = new ApiClient(access, timings);
        var checks = new List<DoctorCheck>();
        try
        {
            foreach (var (name, right, _, without) in (knowsPods ? s_rightsToPods : []).Concat(s_rights.Where(each => each.IsWanted(options))))
            {
                checks.Add(await MayAsync(client, right, cancellation)
                    ? DoctorCheck.Ok(name, "granted")
                    : DoctorCheck.Warning(name, $"forbidden: {without}", "grant it to the agent's service account (docs/cluster.md#rights)"));
            }

            checks.Insert(0, DoctorCheck.Ok("API server", access.Server.ToString()));
        }
        catch (ApiException error)
        {
            checks.Insert(0, DoctorCheck.Warning(
                "API server", error.Message, "see to the address, the authorities and the token (docs/cluster.md); until then, the agent goes by what it knows"));
        }

        return checks;
    }

    /// <summary>Asks the kubelet for its Pods, as the agent would.</summary>
    /// <param name="access">How the kubelet is reached.</param>
    /// <param name="timings">How long is waited for what.</param>
    /// <param name="cancellation">Gives up.</param>
    internal static async Task<DoctorCheck> KubeletAsync(ClusterAccess access, ApiTimings timings, CancellationToken cancellation)
    {
        using var client = new ApiClient(access, timings);
        var pods = 0;
        try
        {
            _ = await client.ReadPodsAsync("pods", _ => pods++, cancellation);
            return DoctorCheck.Ok("kubelet", $"{access.Server} tells of {pods} Pod(s)");
        }
        catch (ApiException error)
        {
            return DoctorCheck.Warning("kubelet", error.Message, "see docs/cluster.md; until then, Pods are known by their cgroup paths alone");
        }
    }

    private static Task<bool> MayAsync(ApiClient client, ResourceAttributes right, CancellationToken cancellation) => client.CallAsync(
        HttpMethod.Post,
        "apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        new ApiBody(
            JsonSerializer.SerializeToUtf8Bytes(new AccessReview { Spec = new AccessReviewSpec(right) }, AccessReviewJson.Default.AccessReview), ApiClient.Json),
        async (response, reading) =>
        {
            using (response)
            {
                try
                {
                    using var body = await response.Content.ReadAsStreamAsync(reading);
                    var review = await JsonSerializer.DeserializeAsync(body, AccessReviewJson.Default.AccessReview, reading);
                    return review?.Status?.Allowed ?? false;
                }
                catch (JsonException error)
                {
                    throw new ApiException(ApiFailure.Nonsense, $"{client.Server}: the answer is no SelfSubjectAccessReview: {error.Message}", inner: error);
                }
            }
        },
        cancellation);
}

/// <summary>A SelfSubjectAccessReview of authorization.k8s.io/v1.</summary>
internal sealed record AccessReview
{
    public string ApiVersion { get; init; } = "authorization.k8s.io/v1";

    public string Kind { get; init; } = "SelfSubjectAccessReview";

    public AccessReviewSpec? Spec { get; init; }

    public AccessReviewStatus? Status { get; init; }
}

/// <summary>spec.</summary>
internal sealed record AccessReviewSpec(ResourceAttributes ResourceAttributes);

/// <summary>What is to be done, in all namespaces.</summary>
internal sealed record ResourceAttributes(string Verb, string Group, string Resource, string? Subresource = null);

/// <summary>status.</summary>
internal sealed record AccessReviewStatus(bool Allowed);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AccessReview))]
internal sealed partial class AccessReviewJson : JsonSerializerContext;
