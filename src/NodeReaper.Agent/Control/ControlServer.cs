using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Explain;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Http;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Explaining;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Control;

/// <summary>
/// Answers root on a unix socket: /explain, what would be decided now, under the policy in force or the one that is posted; /status, what has been done. That it cannot listen is told, and costs
/// nobody their protection.
/// </summary>
internal sealed partial class ControlServer(
    AgentOptions options, RunSettings settings, PressureService pressure, RecentReports recent, DryRunLedger dryRun, PodBoard pods, PolicyBoard policies, ILogger<ControlServer> logger)
    : IHostedService, IAsyncDisposable
{
    private const string Json = "application/json";

    // Containers that came since the last look at all of them.
    private const int Newcomers = 64;
    private const int MaxToldAMinute = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private readonly TellingRate _failures = new(MaxToldAMinute, TimeProvider.System);
    private HttpEndpoint? _endpoint;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _endpoint = new HttpEndpoint(ControlSocket.Listen(options.Socket!), AnswerAsync, TellOfFailure, PolicyFile.MaxBytes);
        }
        catch (Exception error) when (error is IOException or SocketException or UnauthorizedAccessException)
        {
            NotListening(logger, options.Socket!, error.Message);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync().ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _endpoint, null) is { } endpoint)
        {
            await endpoint.DisposeAsync().ConfigureAwait(false);
            File.Delete(options.Socket!);
        }
    }

    private async ValueTask<HttpAnswer> AnswerAsync(HttpRequest request) => request switch
    {
        { Path: "/explain", Body: null } => await ExplainAsync(null).ConfigureAwait(false),
        { Path: "/explain", Body: { } policy } => await ExplainUnderAsync(policy).ConfigureAwait(false),
        { Path: "/status", Body: null } => Status(),
        _ => HttpAnswer.NotFound,
    };

    private async Task<HttpAnswer> ExplainUnderAsync(ReadOnlyMemory<byte> policy)
    {
        var load = PolicyFile.Parse("policy", policy);
        return load.Options is { } other
            ? await ExplainAsync(other.Policy).ConfigureAwait(false)
            : HttpAnswer.Text(HttpAnswer.Refused, string.Join('\n', load.Errors));
    }

    private async Task<HttpAnswer> ExplainAsync(ReapPolicy? otherPolicy)
    {
        if (pressure.Running is not { } running)
        {
            return NotWatching();
        }

        var explanation = new Explanation(
            Enum.GetValues<Exclusion>().Sum(exclusion => (int)running.Gauges.Candidates(exclusion)) + Newcomers, otherPolicy);
        running.Watch.Ask(explanation);
        try
        {
            await explanation.Filled.WaitAsync(s_patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            explanation.Abandon();
            return HttpAnswer.Text(HttpAnswer.Unavailable, "the pressure thread is busy, as with a kill: ask again");
        }

        var document = ExplainDocuments.Of(explanation, settings.Node, ExplainDocuments.OfAgent, CamelCase.Of(running.Strategy), pods.Age is not null);
        return new HttpAnswer(HttpAnswer.Ok, Json, JsonSerializer.SerializeToUtf8Bytes(document, ExplainJson.Default.ExplainDocument));
    }

    private HttpAnswer Status()
    {
        if (pressure.Running is not { } running)
        {
            return NotWatching();
        }

        var document = StatusDocuments.Of(running, settings.Node, policies.Newest, recent, dryRun.Score, pods.Age);
        return new HttpAnswer(HttpAnswer.Ok, Json, JsonSerializer.SerializeToUtf8Bytes(document, StatusJson.Default.StatusDocument));
    }

    private HttpAnswer NotWatching() => HttpAnswer.Text(HttpAnswer.Unavailable, pressure.Failure ?? "not watching yet");

    // With the stack, which is long: whoever asks may ask again and again.
    private void TellOfFailure(Exception error)
    {
        if (_failures.Line("an answer on the socket failed") is { } line)
        {
            AnswerFailed(logger, line, error);
        }
    }

    [LoggerMessage(EventId = 310, EventName = "ControlNotListening", Level = LogLevel.Warning,
        Message = "nobody can ask this agent on {Path}: {Error}; the node is protected all the same; set http.socket to another path, or to null")]
    private static partial void NotListening(ILogger logger, string path, string error);

    [LoggerMessage(EventId = 311, EventName = "ControlAnswerFailed", Level = LogLevel.Warning, Message = "{Answer}")]
    private static partial void AnswerFailed(ILogger logger, string answer, Exception error);
}
