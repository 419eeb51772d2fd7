using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>How requests are kept from hurting: the agent, which must not hang, and the server, which has 10,000 agents.</summary>
internal static class ApiPipelines
{
    private const int FailuresToOpen = 5;
    private static readonly TimeSpan s_sampling = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_open = TimeSpan.FromSeconds(15);

    /// <summary>Around a single request: a circuit breaker, and a timeout.</summary>
    internal static ResiliencePipeline Calls(ApiTimings timings) => new ResiliencePipelineBuilder()
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = 0.9,
            MinimumThroughput = FailuresToOpen,
            SamplingDuration = s_sampling,
            BreakDuration = s_open < timings.LongestDelay ? s_open : timings.LongestDelay,

            // What the server decides about one request says nothing about the next.
            ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception
                is TimeoutRejectedException or ApiException { Failure: ApiFailure.Unreachable or ApiFailure.ServerError }),
        })
        .AddTimeout(timings.Request)
        .Build();

    /// <summary>Around what must succeed in the end: tried again for ever, more and more slowly, never in step with others.</summary>
    /// <param name="timings">The delays.</param>
    /// <param name="failed">Is told each failure, and when it is tried again.</param>
    internal static ResiliencePipeline Persistent(ApiTimings timings, Action<ApiException, TimeSpan> failed) => new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            ShouldHandle = new PredicateBuilder().Handle<ApiException>(),
            DelayGenerator = arguments =>
                ValueTask.FromResult<TimeSpan?>(DelayAfter(timings, arguments.AttemptNumber, (ApiException)arguments.Outcome.Exception!)),
            OnRetry = arguments =>
            {
                failed((ApiException)arguments.Outcome.Exception!, arguments.RetryDelay);
                return ValueTask.CompletedTask;
            },
        })
        .Build();

    /// <summary>How long to wait after a failure.</summary>
    /// <param name="timings">The delays.</param>
    /// <param name="attempt">How many failures came before this one.</param>
    /// <param name="failure">The failure: a server that asks for time gets it, and rights do not come within seconds.</param>
    internal static TimeSpan DelayAfter(ApiTimings timings, int attempt, ApiException failure)
    {
        var doubling = Math.Pow(2, Math.Min(attempt, 30));
        if (failure is { Failure: ApiFailure.Gone, RetryAfter: null })
        {
            // Once is no trouble. A server that says so again and again is not to be listed all day.
            var relist = timings.Relist * doubling;
            return (relist > timings.LongestDelay ? timings.LongestDelay : relist) * Chance();
        }

        var doubled = timings.FirstDelay * doubling;
        var longest = failure.Failure == ApiFailure.Forbidden || doubled > timings.LongestDelay ? timings.LongestDelay : doubled;
        var delay = longest * (0.5 + (Chance() / 2));
        if (failure.RetryAfter is not { } asked)
        {
            return delay;
        }

        // Not before, and not all at once then.
        var wait = (asked < timings.LongestRetryAfter ? asked : timings.LongestRetryAfter) + (timings.FirstDelay * Chance());
        return wait > delay ? wait : delay;
    }

    /// <summary>From 0 to 1.</summary>
#pragma warning disable CA5394 // It only has to differ from node to node.
    internal static double Chance() => Random.Shared.NextDouble();
#pragma warning restore CA5394
}
