using System.Net.Sockets;

namespace NodeReaper.Agent.Control;

/// <summary>Asks the agent that runs on this node.</summary>
internal static class ControlClient
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks.</summary>
    /// <param name="socketPath">The agent's socket.</param>
    /// <param name="path">What is asked for.</param>
    /// <returns>The answer, or null when no agent listens.</returns>
    /// <exception cref="IOException">The agent does not answer, or not as it should.</exception>
    internal static async Task<Stream?> AskAsync(string socketPath, string path)
    {
        if (ControlSocket.Connect(socketPath) is not { } socket)
        {
            return null;
        }

        using var handler = new SocketsHttpHandler { ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(socket, ownsSocket: true)) };
        using var client = new HttpClient(handler) { Timeout = s_patience, MaxResponseContentBufferSize = 64 << 20 };
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://agent{path}"));
            var content = new MemoryStream(await answer.Content.ReadAsByteArrayAsync());
            return answer.IsSuccessStatusCode
                ? content
                : throw new IOException($"the agent at {socketPath} answers {(int)answer.StatusCode}: {await new StreamReader(content).ReadToEndAsync()}");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            throw new IOException($"the agent at {socketPath} does not answer: {error.Message}", error);
        }
    }
}
