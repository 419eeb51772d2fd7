using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace NodeReaper.TestApiServer;

/// <summary>Answers as the API server writes them.</summary>
public static class Answers
{
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

    /// <summary>Any JSON.</summary>
    public static Task JsonAsync(HttpContext context, int code, string json)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json, context.RequestAborted);
    }
}
