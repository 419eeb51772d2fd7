using System.Text;

namespace NodeReaper.Agent.Http;

/// <summary>What is answered to a request.</summary>
/// <param name="Status">The status code and its words: <c>200 OK</c>.</param>
/// <param name="ContentType">The media type.</param>
/// <param name="Body">The content.</param>
internal sealed record HttpAnswer(string Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    internal const string Ok = "200 OK";
    internal const string Refused = "400 Bad Request";
    internal const string Unavailable = "503 Service Unavailable";

    internal static readonly HttpAnswer BadRequest = Text(Refused, "this is no HTTP request");
    internal static readonly HttpAnswer NotAllowed = Text("405 Method Not Allowed", "only GET and HEAD are answered");
    internal static readonly HttpAnswer LengthRequired = Text("411 Length Required", "how long is the body? Content-Length does not say");
    internal static readonly HttpAnswer BodyTooLarge = Text("413 Content Too Large", "the body is too large");
    internal static readonly HttpAnswer NotFound = Text("404 Not Found", "there is nothing here");
    internal static readonly HttpAnswer TooLarge = Text("431 Request Header Fields Too Large", "the request is too large");
    internal static readonly HttpAnswer Failed = Text("500 Internal Server Error", "this failed; the agent's log says why");

    internal static HttpAnswer Text(string status, string text) => new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text + "\n"));
}
