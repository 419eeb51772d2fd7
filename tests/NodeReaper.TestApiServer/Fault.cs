using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace NodeReaper.TestApiServer;

/// <summary>What a request asks for.</summary>
public enum ApiVerb
{
    /// <summary>Anything else.</summary>
    Other,

    /// <summary>The Pods, once.</summary>
    ListPods,

    /// <summary>The Pods, and what becomes of them.</summary>
    WatchPods,

    /// <summary>The kubelet's Pods.</summary>
    KubeletPods,

    /// <summary>A new Event.</summary>
    CreateEvent,

    /// <summary>A change of an Event.</summary>
    PatchEvent,

    /// <summary>A Pod is to go.</summary>
    Evict,

    /// <summary>The Node.</summary>
    GetNode,

    /// <summary>A change of the Node.</summary>
    PatchNode,

    /// <summary>A change of the Node's status.</summary>
    PatchNodeStatus,

    /// <summary>What the agent may do.</summary>
    ReviewAccess,
}

/// <summary>Answers a request in place of the server.</summary>
public delegate Task Fault(HttpContext context);

/// <summary>What servers do when they are not well.</summary>
public static class Faults
{
    /// <summary>Closes the connection.</summary>
    public static Fault Reset { get; } = context =>
    {
        context.Abort();
        return Task.CompletedTask;
    };

    /// <summary>Says nothing.</summary>
    public static Fault Hang { get; } = context =>
        Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);

    /// <summary>Answers with a Status.</summary>
    public static Fault Status(int code, string reason, string message, int? retryAfterSeconds = null) => context =>
    {
        if (retryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return Answers.StatusAsync(context, code, reason, message);
    };

    /// <summary>Answers with anything, and maybe breaks the connection then.</summary>
    public static Fault Body(int code, string body, bool isCut = false) => async context =>
    {
        context.Response.StatusCode = code;
        await context.Response.WriteAsync(body);
        await context.Response.Body.FlushAsync();
        if (isCut)
        {
            context.Abort();
        }
    };
}

/// <summary>What the server is to do in place of the next answers.</summary>
public sealed class FaultScript
{
    private readonly ConcurrentDictionary<ApiVerb, ConcurrentQueue<Fault>> _next = new();
    private readonly ConcurrentDictionary<ApiVerb, Fault> _always = new();

    /// <summary>For the next requests of a kind, one each.</summary>
    public void Next(ApiVerb verb, params Fault[] faults)
    {
        foreach (var fault in faults)
        {
            _next.GetOrAdd(verb, _ => new()).Enqueue(fault);
        }
    }

    /// <summary>For all requests of a kind, until <see cref="End"/>.</summary>
    public void Always(ApiVerb verb, Fault fault) => _always[verb] = fault;

    /// <summary>No more faults of a kind.</summary>
    public void End(ApiVerb verb)
    {
        _always.TryRemove(verb, out _);
        _next.TryRemove(verb, out _);
    }

    internal Fault? Take(ApiVerb verb) =>
        _next.TryGetValue(verb, out var queue) && queue.TryDequeue(out var fault) ? fault : _always.GetValueOrDefault(verb);
}
