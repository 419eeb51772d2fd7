using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace NodeReaper.TestApiServer;

/// <summary>Answers as the API server writes them.</summary>
public static class Answers
{
    private const int GzipThreshold = 128 << 10;

    /// <summary>A Status.</summary>
    public static Task StatusAsync(HttpContext context, int code, string reason, string message) =>
        JsonAsync(context, code, Status(code, reason, message).ToJsonString());

    internal static JsonObject Status(int code, string reason, string message) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["code"] = code,
    };

    /// <summary>What authorization says (pkg/endpoints/handlers/responsewriters/errors.go) of a right such as <c>create events.k8s.io/events</c>.</summary>
    public static string Forbidden(string right)
    {
        var (verb, what) = (right.Split(' ')[0], right.Split(' ')[1]);
        var (group, resource) = what.Split('/') is [var first, var rest] && first.Contains('.', StringComparison.Ordinal) ? (first, rest) : ("", what);
        var name = resource.Split('/')[0] + (group.Length > 0 ? "." + group : "");
        return $"{name} is forbidden: User \"system:serviceaccount:test:agent\" cannot {verb} resource \"{resource}\" in API group \"{group}\" at the cluster scope";
    }

    /// <summary>Any JSON, compressed as the API server does it: what has more than 128 KiB, for who takes gzip.</summary>
    public static async Task JsonAsync(HttpContext context, int code, string json)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        if (json.Length <= GzipThreshold || !context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync(json, context.RequestAborted);
            return;
        }

        context.Response.Headers.ContentEncoding = "gzip";
        await using var compressed = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
        await compressed.WriteAsync(Encoding.UTF8.GetBytes(json), context.RequestAborted);
    }
}
