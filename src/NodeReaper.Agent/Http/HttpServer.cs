using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Metrics;

namespace NodeReaper.Agent.Http;

/// <summary>
/// Serves /metrics, /healthz (the pressure thread goes round) and /readyz (it has begun to). Nothing here reveals or steers a decision. That
/// the port is taken is told, and costs nobody their protection.
/// </summary>
internal sealed partial class HttpServer(
    ListenAddress address,
    AgentMetrics metrics,
    MetricsAtScrape scrape,
    PressureService pressure,
    PolicyBoard policies,
    ILogger<HttpServer> logger)
    : IHostedService, IDisposable
{
    private const string MetricsType = "text/plain; version=0.0.4; charset=utf-8";
    private const int MostAtOnce = 4;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _free = new(MostAtOnce);
    private readonly SemaphoreSlim _scraping = new(1);
    private HttpListener? _listener;
    private Task _serving = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener = Listen(address.Prefixes) ?? Listen(address.Prefixes.Take(1));
        if (_listener is not null)
        {
            Listening(logger, address.ToString());
            _serving = ServeAsync(_listener);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _listener?.Close();
        await _serving.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _free.Dispose();
        _scraping.Dispose();
    }

    private HttpListener? Listen(IEnumerable<string> prefixes)
    {
        var listener = new HttpListener();
        foreach (var prefix in prefixes)
        {
            listener.Prefixes.Add(prefix);
        }

        try
        {
            listener.Start();
            return listener;
        }
        catch (Exception error) when (error is HttpListenerException or System.Net.Sockets.SocketException)
        {
            NotListening(logger, address.ToString(), error.Message);
            return null;
        }
    }

    private async Task ServeAsync(HttpListener listener)
    {
        while (listener.IsListening)
        {
            await _free.WaitAsync().ConfigureAwait(false);
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            await RespondAsync(context.Request, context.Response).ConfigureAwait(false);
            context.Response.Close();
        }
        catch (Exception error) when (error is HttpListenerException or IOException or ObjectDisposedException)
        {
            // Whoever asked has gone.
            context.Response.Abort();
        }
        finally
        {
            _ = _free.Release();
        }
    }

    private Task RespondAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        if (request.HttpMethod is not ("GET" or "HEAD"))
        {
            response.StatusCode = (int)HttpStatusCode.MethodNotAllowed;
            return Task.CompletedTask;
        }

        return request.Url?.AbsolutePath switch
        {
            "/metrics" => MetricsAsync(response),
            "/healthz" => SayAsync(response, Health()),
            "/readyz" => SayAsync(response, pressure.Running is null ? "not watching yet" : null),
            _ => NotFound(response),
        };
    }

    private async Task MetricsAsync(HttpListenerResponse response)
    {
        using var text = new MemoryStream(64 << 10);
        await _scraping.WaitAsync().ConfigureAwait(false);
        try
        {
            scrape.Update();
            await metrics.Registry.CollectAndExportAsTextAsync(text).ConfigureAwait(false);
        }
        finally
        {
            _ = _scraping.Release();
        }

        response.ContentType = MetricsType;
        response.ContentLength64 = text.Length;
        text.Position = 0;
        await text.CopyToAsync(response.OutputStream).ConfigureAwait(false);
    }

    // Null when all is well. Before the watch begins there is nothing wrong yet.
    private string? Health()
    {
        if (pressure.Failure is { } failure)
        {
            return failure;
        }

        var silence = pressure.Running is { } running ? Stopwatch.GetElapsedTime(running.Watch.Heartbeat) : TimeSpan.Zero;
        var policy = policies.Newest;
        var longest = s_patience + policy.Pressure.SlowestSample + (policy.Plan.MaxVictims * policy.Kill.Deadline);
        return silence > longest ? $"the pressure thread has not gone round for {silence.TotalSeconds:0} s" : null;
    }

    private static Task SayAsync(HttpListenerResponse response, string? problem)
    {
        response.StatusCode = (int)(problem is null ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable);
        response.ContentType = "text/plain";
        var text = System.Text.Encoding.UTF8.GetBytes((problem ?? "ok") + "\n");
        response.ContentLength64 = text.Length;
        return response.OutputStream.WriteAsync(text, 0, text.Length);
    }

    private static Task NotFound(HttpListenerResponse response)
    {
        response.StatusCode = (int)HttpStatusCode.NotFound;
        return Task.CompletedTask;
    }

    [LoggerMessage(EventId = 300, EventName = "Listening", Level = LogLevel.Information, Message = "metrics and health on {Address}")]
    private static partial void Listening(ILogger logger, string address);

    [LoggerMessage(EventId = 301, EventName = "NotListening", Level = LogLevel.Warning,
        Message = "no metrics on {Address}: {Error}; the node is protected all the same; set http.listen to a free port, or to null")]
    private static partial void NotListening(ILogger logger, string address, string error);
}
