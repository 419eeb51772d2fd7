using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace NodeReaper.Agent.Http;

/// <summary>One connection: one request, one answer (RFC 9112), and it is closed.</summary>
/// <param name="socket">The connection.</param>
/// <param name="longestBody">The longest body of a POST that is taken, in bytes; 0: none is.</param>
internal sealed class HttpExchange(Socket socket, int longestBody)
{
    private const int LongestHead = 8 << 10;
    private const string Length = "content-length:";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Reads the request and writes what the handler answers to it. Whoever asks is given five seconds for either.</summary>
    /// <param name="handle">Answers a request.</param>
    /// <exception cref="SocketException">The connection is gone.</exception>
    /// <exception cref="OperationCanceledException">The other side took too long.</exception>
    internal async Task RunAsync(Func<HttpRequest, ValueTask<HttpAnswer>> handle)
    {
        using var toAsk = new CancellationTokenSource(s_patience);
        var (answer, isHead) = await AnswerAsync(handle, toAsk.Token).ConfigureAwait(false);

        // The answer may have taken longer than that.
        using var toTake = new CancellationTokenSource(s_patience);
        await WriteAsync(answer, isHead, toTake.Token).ConfigureAwait(false);
    }

    private async ValueTask<(HttpAnswer Answer, bool IsHead)> AnswerAsync(Func<HttpRequest, ValueTask<HttpAnswer>> handle, CancellationToken cancellation)
    {
        var (head, beginning) = await ReadHeadAsync(cancellation).ConfigureAwait(false);
        if (head is null)
        {
            return (HttpAnswer.TooLarge, false);
        }

        // METHOD SP TARGET SP HTTP/1.x
        var words = head.Split('\r', 2)[0].Split(' ');
        if (words.Length != 3 || !words[2].StartsWith("HTTP/1.", StringComparison.Ordinal) || !words[1].StartsWith('/'))
        {
            return (HttpAnswer.BadRequest, false);
        }

        var request = new HttpRequest(words[1].Split('?', 2)[0]);
        return words[0] switch
        {
            "GET" or "HEAD" => (await handle(request).ConfigureAwait(false), words[0] == "HEAD"),
            "POST" when longestBody > 0 => (await AnswerPostAsync(request, head, beginning, handle, cancellation).ConfigureAwait(false), false),
            _ => (HttpAnswer.NotAllowed, false),
        };
    }

    private async ValueTask<HttpAnswer> AnswerPostAsync(
        HttpRequest request, string head, ReadOnlyMemory<byte> beginning, Func<HttpRequest, ValueTask<HttpAnswer>> handle, CancellationToken cancellation)
    {
        if (LengthOf(head) is not { } length)
        {
            return HttpAnswer.LengthRequired;
        }

        if (length > longestBody)
        {
            return HttpAnswer.BodyTooLarge;
        }

        var body = new byte[length];
        var read = Math.Min(beginning.Length, length);
        beginning[..read].CopyTo(body);
        while (read < length)
        {
            var more = await socket.ReceiveAsync(body.AsMemory(read), cancellation).ConfigureAwait(false);
            if (more == 0)
            {
                return HttpAnswer.BadRequest;
            }

            read += more;
        }

        return await handle(request with { Body = body }).ConfigureAwait(false);
    }

    private static int? LengthOf(string head)
    {
        var field = head.Split("\r\n").FirstOrDefault(line => line.StartsWith(Length, StringComparison.OrdinalIgnoreCase));
        return int.TryParse(field?[Length.Length..].Trim(' '), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : null;
    }

    // Up to the empty line, null when that does not come, and what came along of what follows.
    private async Task<(string? Head, ReadOnlyMemory<byte> Beginning)> ReadHeadAsync(CancellationToken cancellation)
    {
        var head = new byte[LongestHead];
        var length = 0;
        while (length < head.Length)
        {
            var read = await socket.ReceiveAsync(head.AsMemory(length), cancellation).ConfigureAwait(false);
            length += read;
            var end = head.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (read == 0 || end >= 0)
            {
                var rest = end < 0 ? length : end + 4;
                return (Encoding.Latin1.GetString(head, 0, rest), head.AsMemory(rest, length - rest));
            }
        }

        return (null, default);
    }

    private async Task WriteAsync(HttpAnswer answer, bool isHead, CancellationToken cancellation)
    {
        var head = $"HTTP/1.1 {answer.Status}\r\nContent-Type: {answer.ContentType}\r\nContent-Length: {answer.Body.Length}\r\n" +
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n";
        await SendAsync(Encoding.ASCII.GetBytes(head), cancellation).ConfigureAwait(false);
        if (!isHead)
        {
            await SendAsync(answer.Body, cancellation).ConfigureAwait(false);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellation).ConfigureAwait(false)..];
        }
    }
}
