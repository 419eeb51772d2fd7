using System.Net.Sockets;

namespace NodeReaper.Agent.Http;

/// <summary>
/// A listening socket that answers GET and, where it is wanted, POST. A small server of our own: HttpListener listens on IPv4 only, and Kestrel costs more memory than the
/// rest of the agent. Of many connections at once the oldest is dropped, so that whoever opens some and says nothing keeps no probe out.
/// </summary>
internal sealed class HttpEndpoint : IAsyncDisposable
{
    private const int MostAtOnce = 32;
    private readonly Socket _listener;
    private readonly Func<HttpRequest, ValueTask<HttpAnswer>> _handle;
    private readonly Action<Exception> _failed;
    private readonly int _longestBody;
    private readonly Queue<Socket> _open = new();
    private readonly Task _serving;

    /// <param name="listener">Bound and listening; it is closed in the end.</param>
    /// <param name="handle">Answers a request.</param>
    /// <param name="failed">Is told what the handler threw.</param>
    /// <param name="longestBody">The longest body of a POST that is taken, in bytes; 0: none is.</param>
    internal HttpEndpoint(Socket listener, Func<HttpRequest, ValueTask<HttpAnswer>> handle, Action<Exception> failed, int longestBody = 0)
    {
        _longestBody = longestBody;
        _listener = listener;
        _handle = handle;
        _failed = failed;
        _serving = ServeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving.ConfigureAwait(false);
        while (_open.TryDequeue(out var socket))
        {
            socket.Dispose();
        }
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (SocketException error) when (error.SocketErrorCode is not SocketError.OperationAborted and not SocketError.Interrupted)
            {
                // No more descriptors, or a connection that was gone before it was taken.
                await Task.Delay(100).ConfigureAwait(false);
                continue;
            }
            catch (Exception error) when (error is ObjectDisposedException or SocketException)
            {
                return;
            }

            _open.Enqueue(socket);
            if (_open.Count > MostAtOnce)
            {
                _open.Dequeue().Dispose();
            }

            _ = AnswerAsync(socket);
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                await new HttpExchange(socket, _longestBody).RunAsync(GuardedAsync).ConfigureAwait(false);
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // Whoever asked has gone, or was too slow.
            }
        }
    }

    private async ValueTask<HttpAnswer> GuardedAsync(HttpRequest request)
    {
        try
        {
            return await _handle(request).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _failed(error);
            return HttpAnswer.Failed;
        }
    }
}
