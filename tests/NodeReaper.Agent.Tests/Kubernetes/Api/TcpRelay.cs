using System.Net;
using System.Net.Sockets;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>
/// Passes bytes on between a client and a port of this machine. Connections can be frozen: both ends stay open, and nothing comes
/// through, as after a firewall has forgotten them. Later ones work.
/// </summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<TcpClient> _clients = [];
    private readonly Task _accepting;
    private volatile int _generation;

    internal TcpRelay(int port)
    {
        _listener.Start();
        _accepting = AcceptAsync(port);
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Freezes the connections that there are.</summary>
    internal void Freeze() => _generation++;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _clients.ForEach(client => client.Dispose());
        _end.Dispose();
    }

    private async Task AcceptAsync(int port)
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync(_end.Token);
                var far = new TcpClient();
                await far.ConnectAsync(IPAddress.Loopback, port, _end.Token);
                _clients.AddRange([near, far]);
                _ = PassAsync(near.GetStream(), far.GetStream(), _generation);
                _ = PassAsync(far.GetStream(), near.GetStream(), _generation);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task PassAsync(NetworkStream from, NetworkStream to, int generation)
    {
        var bytes = new byte[64 << 10];
        try
        {
            while (await from.ReadAsync(bytes, _end.Token) is > 0 and var count)
            {
                if (_generation == generation)
                {
                    await to.WriteAsync(bytes.AsMemory(0, count), _end.Token);
                }
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }
}
