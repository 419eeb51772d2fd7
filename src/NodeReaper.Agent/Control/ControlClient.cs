using System.Net;
using System.Net.Sockets;

namespace NodeReaper.Agent.Control;

/// <summary>Asks the agent that runs on this node.</summary>
internal static class ControlClient
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks.</summary>
    /// <param name="socketPath">The agent's socket.</param>
    /// <param name="path">What is asked for.</param>
    /// <param name="body">What comes along with the question; null for nothing.</param>
    /// <returns>The answer, or null when no agent listens.</returns>
    /// <exception cref="AgentBusyException">It cannot answer now.</exception>
    /// <exception cref="IOException">The agent does not answer, or not as it should.</exception>
    /// <exception cref="UnauthorizedAccessException">The socket is not for whoever asks.</exception>
    internal static async Task<Stream?> AskAsync(string socketPath, string path, byte[]? body = null)
    {
        if (ControlSocket.Connect(socketPath) is not { } socket)
        {
            return null;
        }

        using var handler = new SocketsHttpHandler { ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(socket, ownsSocket: true)) };
        using var client = new HttpClient(handler) { Timeout = s_patience, MaxResponseContentBufferSize = 64 << 20 };
        try
        {
            var uri = new Uri($"http://agent{path}");
            using var answer = body is null ? await client.GetAsync(uri) : await client.PostAsync(uri, new ByteArrayContent(body));
            var content = new MemoryStream(await answer.Content.ReadAsByteArrayAsync());
            if (answer.IsSuccessStatusCode)
            {
                return content;
            }

            var said = (await new StreamReader(content).ReadToEndAsync()).TrimEnd();
            var text = $"the agent at {socketPath} answers {(int)answer.StatusCode}: {said}";
            throw answer.StatusCode == HttpStatusCode.ServiceUnavailable ? new AgentBusyException(text) : new IOException(text);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            throw new IOException($"the agent at {socketPath} does not answer: {error.Message}", error);
        }
    }
}
