using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace NodeReaper.TestApiServer;

/// <summary>
/// Speaks the part of the Kubernetes API that an agent needs, over TLS and HTTP/2, as a kube-apiserver does. It can be stopped, and
/// another started for the same cluster at the same address.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly Cluster _cluster;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stopping = new();

    private ApiServer(Cluster cluster, WebApplication app)
    {
        _cluster = cluster;
        _app = app;
    }

    /// <summary>Where it is.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Starts it.</summary>
    /// <param name="cluster">Its data.</param>
    /// <param name="port">Where to listen; 0 for any.</param>
    public static async Task<ApiServer> StartAsync(Cluster cluster, int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(https =>
                {
                    https.ServerCertificate = cluster.Certificates.Server;
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.AllowAnyClientCertificate();
                });
            });
        });
        var app = builder.Build();
        var server = new ApiServer(cluster, app);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        server.Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/");
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        using var atOnce = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var verb = VerbOf(context.Request);
        _cluster.Requests.Enqueue((verb, context.Request.Path + context.Request.QueryString));
        if (!_cluster.Compresses)
        {
            context.Request.Headers.Remove("Accept-Encoding");
        }

        if (_cluster.Delay > TimeSpan.Zero)
        {
            await Task.Delay(_cluster.Delay, context.RequestAborted);
        }

        if (_cluster.Token is { } token && context.Request.Headers.Authorization != $"Bearer {token}"
            && (_cluster.ClientName is not { } name || context.Connection.ClientCertificate?.Subject != name))
        {
            await Answers.StatusAsync(context, 401, "Unauthorized", "Unauthorized");
            return;
        }

        if (RightOf(verb) is { } right && _cluster.Denies(right))
        {
            await Answers.StatusAsync(context, 403, "Forbidden", Answers.Forbidden(right));
            return;
        }

        if (_cluster.Script.Take(verb) is { } fault)
        {
            await fault(context);
            return;
        }

        switch (verb)
        {
            case ApiVerb.ListPods:
                await PodAnswers.ListAsync(_cluster, context);
                break;
            case ApiVerb.KubeletPods:
                await PodAnswers.KubeletAsync(_cluster, context);
                break;
            case ApiVerb.WatchPods:
                await PodAnswers.WatchAsync(_cluster, context, _stopping.Token);
                break;
            case ApiVerb.CreateEvent or ApiVerb.PatchEvent:
                await WriteEventAsync(context, verb);
                break;
            case ApiVerb.ReviewAccess:
                await ReviewAsync(context);
                break;
            case ApiVerb.Evict:
                await EvictAsync(context);
                break;
            case ApiVerb.GetNode:
                await Answers.JsonAsync(context, 200, _cluster.Nodes.Node.ToJsonString());
                break;
            case ApiVerb.PatchNode or ApiVerb.PatchNodeStatus:
                await PatchNodeAsync(context, verb == ApiVerb.PatchNodeStatus);
                break;
            default:
                await Answers.StatusAsync(context, 404, "NotFound", "the server could not find the requested resource");
                break;
        }
    }

    private static ApiVerb VerbOf(HttpRequest request) => (request.Method, request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)) switch
    {
        ("GET", ["api", "v1", "pods"]) => request.Query["watch"] == "true" ? ApiVerb.WatchPods : ApiVerb.ListPods,
        ("GET", ["pods"]) => ApiVerb.KubeletPods,
        ("POST", ["apis", "events.k8s.io", "v1", "namespaces", _, "events"]) => ApiVerb.CreateEvent,
        ("PATCH", ["apis", "events.k8s.io", "v1", "namespaces", _, "events", _]) => ApiVerb.PatchEvent,
        ("POST", ["api", "v1", "namespaces", _, "pods", _, "eviction"]) => ApiVerb.Evict,
        ("GET", ["api", "v1", "nodes", _]) => ApiVerb.GetNode,
        ("PATCH", ["api", "v1", "nodes", _]) => ApiVerb.PatchNode,
        ("PATCH", ["api", "v1", "nodes", _, "status"]) => ApiVerb.PatchNodeStatus,
        ("POST", ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"]) => ApiVerb.ReviewAccess,
        _ => ApiVerb.Other,
    };

    /// <summary>The right that RBAC asks for; null where everybody may ask.</summary>
    public static string? RightOf(ApiVerb verb) => verb switch
    {
        ApiVerb.ListPods => "list pods",
        ApiVerb.WatchPods => "watch pods",
        ApiVerb.CreateEvent => "create events.k8s.io/events",
        ApiVerb.PatchEvent => "patch events.k8s.io/events",
        ApiVerb.Evict => "create pods/eviction",
        ApiVerb.GetNode => "get nodes",
        ApiVerb.PatchNode => "patch nodes",
        ApiVerb.PatchNodeStatus => "patch nodes/status",
        _ => null,
    };

    private async Task ReviewAsync(HttpContext context)
    {
        var review = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        var asked = review["spec"]!["resourceAttributes"]!;
        var group = asked["group"]?.ToString() is { Length: > 0 } named ? named + "/" : "";
        var part = asked["subresource"]?.ToString() is { Length: > 0 } sub ? "/" + sub : "";
        review["status"] = new JsonObject { ["allowed"] = !_cluster.Denies($"{asked["verb"]} {group}{asked["resource"]}{part}") };
        await Answers.JsonAsync(context, 201, review.ToJsonString());
    }

    private async Task PatchNodeAsync(HttpContext context, bool isStatus)
    {
        var name = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries)[3];
        var patch = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        var (code, reason, message) = _cluster.Nodes.Patch(name, context.Request.ContentType, isStatus, patch);
        await (code < 300 ? Answers.JsonAsync(context, code, _cluster.Nodes.Node.ToJsonString()) : Answers.StatusAsync(context, code, reason, message));
    }

    private async Task EvictAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (podNamespace, name) = (path[3], path[5]);
        var body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        if ((body["apiVersion"]?.ToString(), body["kind"]?.ToString()) != ("policy/v1", "Eviction")
            || (body["metadata"]?["namespace"]?.ToString(), body["metadata"]?["name"]?.ToString()) != (podNamespace, name))
        {
            await Answers.StatusAsync(context, 400, "BadRequest", "name in URL does not match name in Eviction object");
        }
        else if (_cluster.Pods.Find(podNamespace, name) is not { } pod)
        {
            await Answers.StatusAsync(context, 404, "NotFound", $"pods \"{name}\" not found");
        }
        else if (body["deleteOptions"]?["preconditions"]?["uid"]?.ToString() is { } uid && uid != pod["metadata"]!["uid"]!.ToString())
        {
            await Answers.StatusAsync(
                context,
                409,
                "Conflict",
                $"Operation cannot be fulfilled on Pod \"{name}\": the UID in the precondition ({uid}) does not match the UID in record ({pod["metadata"]!["uid"]}). "
                + "The object might have been deleted and then recreated");
        }
        else if (_cluster.Budgets.Where(budget => budget.Selects(podNamespace, pod["metadata"]!["labels"]?["app"]?.ToString())).ToList() is { Count: > 1 })
        {
            await Answers.StatusAsync(
                context, 500, "InternalError", "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        }
        else if (_cluster.Budgets.FirstOrDefault(budget => budget.Selects(podNamespace, pod["metadata"]!["labels"]?["app"]?.ToString())) is { } budget && !budget.TryTake())
        {
            await Answers.StatusAsync(context, 429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.");
        }
        else
        {
            _cluster.Pods.Delete(podNamespace, name);
            await Answers.JsonAsync(context, 201, """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201}""");
        }
    }

    private async Task WriteEventAsync(HttpContext context, ApiVerb verb)
    {
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var wanted = verb == ApiVerb.CreateEvent ? "application/json" : "application/merge-patch+json";
        if (context.Request.ContentType != wanted)
        {
            await Answers.StatusAsync(context, 415, "UnsupportedMediaType", $"the body of the request was in an unknown format - accepted media types include: {wanted}");
            return;
        }

        JsonObject body;
        try
        {
            body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        }
        catch (JsonException error)
        {
            await Answers.StatusAsync(context, 400, "BadRequest", error.Message);
            return;
        }

        var (code, reason, message) = verb == ApiVerb.CreateEvent ? _cluster.Events.Create(path[4], body) : _cluster.Events.Patch(path[4], path[6], body);
        await (code < 300 ? Answers.JsonAsync(context, code, body.ToJsonString()) : Answers.StatusAsync(context, code, reason, message));
    }
}
