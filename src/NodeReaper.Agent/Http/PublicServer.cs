using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Http;

/// <summary>
/// Serves /metrics, /healthz (the pressure thread goes round) and /readyz (it has begun to). Nothing here reveals or steers a decision. That
/// the port is taken is told, and costs nobody their protection.
/// </summary>
internal sealed partial class PublicServer(
    ListenAddress address,
    AgentMetrics metrics,
    MetricsAtScrape scrape,
    PressureService pressure,
    AgentStates states,
    ILogger<PublicServer> logger)
    : IHostedService, IDisposable
{
    private const int MaxToldAMinute = 3;
    private readonly SemaphoreSlim _scraping = new(1);
    private readonly TellingRate _failures = new(MaxToldAMinute, TimeProvider.System);
    private HttpEndpoint? _endpoint;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var endPoint = address.EndPoint;
        var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                listener.DualMode = true;
            }

            listener.Bind(endPoint);
            listener.Listen();
        }
        catch (SocketException error)
        {
            listener.Dispose();
            NotListening(logger, address.ToString(), error.Message);
            return Task.CompletedTask;
        }

        _endpoint = new HttpEndpoint(listener, AnswerAsync, TellOfFailure);
        Listening(logger, address.ToString());
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_endpoint is not null)
        {
            await _endpoint.DisposeAsync().ConfigureAwait(false);
        }
    }

    public void Dispose() => _scraping.Dispose();

    private async ValueTask<HttpAnswer> AnswerAsync(HttpRequest request) => request.Path switch
    {
        "/metrics" => await MetricsAsync().ConfigureAwait(false),
        "/healthz" => Say(states.HealthProblem),
        "/readyz" => Say(pressure.Running is null ? "not watching yet" : null),
        _ => HttpAnswer.NotFound,
    };

    private async Task<HttpAnswer> MetricsAsync()
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

        return new HttpAnswer(HttpAnswer.Ok, "text/plain; version=0.0.4; charset=utf-8", text.GetBuffer().AsMemory(0, (int)text.Length));
    }

    private static HttpAnswer Say(string? problem) => HttpAnswer.Text(problem is null ? HttpAnswer.Ok : HttpAnswer.Unavailable, problem ?? "ok");

    // With the stack, which is long: whoever asks may ask again and again.
    private void TellOfFailure(Exception error)
    {
        if (_failures.Line("an answer over HTTP failed") is { } line)
        {
            AnswerFailed(logger, line, error);
        }
    }

    [LoggerMessage(EventId = 300, EventName = "Listening", Level = LogLevel.Information, Message = "metrics and health on {Address}")]
    private static partial void Listening(ILogger logger, string address);

    [LoggerMessage(EventId = 301, EventName = "NotListening", Level = LogLevel.Warning,
        Message = "no metrics on {Address}: {Error}; the node is protected all the same; set http.listen to a free port, or to null")]
    private static partial void NotListening(ILogger logger, string address, string error);

    [LoggerMessage(EventId = 302, EventName = "AnswerFailed", Level = LogLevel.Warning, Message = "{Answer}")]
    private static partial void AnswerFailed(ILogger logger, string answer, Exception error);
}
