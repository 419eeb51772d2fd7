using System.Net.Sockets;
using System.Text;

namespace NodeReaper.Agent.Http;

/// <summary>One connection: one request without a body, one answer (RFC 9112), and it is closed.</summary>
internal sealed class HttpExchange(Socket socket)
{
    private const int LongestHead = 8 << 10;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Reads the request and writes what the handler answers to its path. Whoever asks is given five seconds.</summary>
    /// <param name="handle">Answers a path.</param>
    /// <exception cref="SocketException">The connection is gone.</exception>
    /// <exception cref="OperationCanceledException">The other side took too long.</exception>
    internal async Task RunAsync(Func<string, ValueTask<HttpAnswer>> handle)
    {
        using var patience = new CancellationTokenSource(s_patience);
        var (answer, isHead) = await AnswerAsync(await ReadHeadAsync(patience.Token).ConfigureAwait(false), handle).ConfigureAwait(false);
        patience.CancelAfter(s_patience);
        await WriteAsync(answer, isHead, patience.Token).ConfigureAwait(false);
    }

    private static async ValueTask<(HttpAnswer Answer, bool IsHead)> AnswerAsync(string? head, Func<string, ValueTask<HttpAnswer>> handle)
    {
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

        var isHead = words[0] == "HEAD";
        return isHead || words[0] == "GET" ? (await handle(words[1].Split('?', 2)[0]).ConfigureAwait(false), isHead) : (HttpAnswer.NotAllowed, false);
    }

    // Up to the empty line; null when that does not come.
    private async Task<string?> ReadHeadAsync(CancellationToken cancellation)
    {
        var head = new byte[LongestHead];
        var length = 0;
        while (length < head.Length)
        {
            var read = await socket.ReceiveAsync(head.AsMemory(length), cancellation).ConfigureAwait(false);
            length += read;
            if (read == 0 || head.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
            {
                return Encoding.Latin1.GetString(head, 0, length);
            }
        }

        return null;
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
