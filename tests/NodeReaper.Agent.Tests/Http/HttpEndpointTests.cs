using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using NodeReaper.Agent.Http;

namespace NodeReaper.Agent.Tests.Http;

public sealed class HttpEndpointTests : IAsyncDisposable
{
    private const int Waiting = 100;
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly HttpEndpoint _endpoint;
    private readonly IPEndPoint _address;

    public HttpEndpointTests()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _address = (IPEndPoint)listener.LocalEndPoint!;
        _endpoint = new HttpEndpoint(listener, Answer, _failures.Enqueue);
    }

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    [Fact]
    public async Task An_ordinary_client_is_answered()
    {
        using var client = new HttpClient();

        var answer = await client.GetAsync(new Uri($"http://{_address}/large?really=yes"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(1 << 20, (await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length);
        Assert.Equal(["/large"], _asked);
    }

    [Fact]
    public async Task Head_gets_the_length_and_no_body()
    {
        var answer = await AskAsync("HEAD /large HTTP/1.1\r\nHost: here\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Length: 1048576\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\n\r\n", "405")]
    [InlineData("GET / HTTP/2\r\n\r\n", "400")]
    [InlineData("GET http://there/ HTTP/1.1\r\n\r\n", "400")]
    [InlineData("GET /\r\n\r\n", "400")]
    [InlineData("\r\n\r\n", "400")]
    [InlineData("\u0016\u0003\u0001 this is TLS \r\n\r\n", "400")]
    public async Task Another_request_is_refused_and_asks_nobody(string request, string status)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", await AskAsync(request), StringComparison.Ordinal);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task A_request_without_an_end_is_refused()
    {
        Assert.StartsWith("HTTP/1.1 431 ", await AskAsync("GET / HTTP/1.1\r\nX: " + new string('x', 8192)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_fails_is_told_of_and_the_next_is_answered()
    {
        Assert.StartsWith("HTTP/1.1 500 ", await AskAsync("GET /failing HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync("GET / HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal("on purpose", Assert.Single(_failures).Message);
    }

    [Fact]
    public async Task Many_who_say_nothing_keep_nobody_out()
    {
        var silent = new List<Socket>();
        for (var i = 0; i < Waiting; i++)
        {
            silent.Add(await ConnectAsync());
        }

        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync("GET / HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
        silent.ForEach(socket => socket.Dispose());
    }

    private ValueTask<HttpAnswer> Answer(HttpRequest request)
    {
        _asked.Enqueue(request.Path);
        return request.Path switch
        {
            "/failing" => throw new InvalidOperationException("on purpose"),
            "/large" => ValueTask.FromResult(new HttpAnswer(HttpAnswer.Ok, "text/plain", new byte[1 << 20])),
            _ => ValueTask.FromResult(HttpAnswer.Text(HttpAnswer.Ok, "ok")),
        };
    }

    private async Task<string> AskAsync(string request)
    {
        using var socket = await ConnectAsync();
        _ = await socket.SendAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        var answer = new byte[4096];
        var length = 0;
        while (length < answer.Length && await socket.ReceiveAsync(answer.AsMemory(length), TestContext.Current.CancellationToken) is > 0 and var read)
        {
            length += read;
        }

        return Encoding.Latin1.GetString(answer, 0, length);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_address, TestContext.Current.CancellationToken);
        return socket;
    }
}
