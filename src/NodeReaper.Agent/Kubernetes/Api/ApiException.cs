namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>What kind of answer a request did not want.</summary>
internal enum ApiFailure
{
    /// <summary>No answer: no connection, a connection that broke, or silence.</summary>
    Unreachable,

    /// <summary>401: the token has expired, or is of another cluster.</summary>
    Unauthorized,

    /// <summary>403: RBAC does not grant it.</summary>
    Forbidden,

    /// <summary>404: there is no such object, or none any more.</summary>
    NotFound,

    /// <summary>409, AlreadyExists: it is there already.</summary>
    Exists,

    /// <summary>Any other 409: it has changed meanwhile, or is not what the request takes it for.</summary>
    Conflict,

    /// <summary>410, or a resource version that the server does not have: list again.</summary>
    Gone,

    /// <summary>429.</summary>
    Throttled,

    /// <summary>5xx.</summary>
    ServerError,

    /// <summary>Another 4xx, or a redirect: the same request will not do better.</summary>
    Rejected,

    /// <summary>200, with something that is not what was asked for.</summary>
    Nonsense,
}

/// <summary>A request to a Kubernetes API that did not get what it asked for.</summary>
/// <param name="failure">The kind.</param>
/// <param name="message">What was asked, and what came; of one line, and never long.</param>
/// <param name="retryAfter">How long the server wants to be left alone; null when it did not say.</param>
/// <param name="inner">What came from below.</param>
/// <param name="said">What the server said, without what was put in front of it.</param>
internal sealed class ApiException(
    ApiFailure failure, string message, TimeSpan? retryAfter = null, Exception? inner = null, string? said = null)
    : IOException(message, inner)
{
    internal string Said { get; } = said ?? "";

    internal ApiFailure Failure { get; } = failure;

    /// <summary>What nobody thought of must not end the agent: it is tried again like anything else.</summary>
    /// <param name="server">Who was asked.</param>
    /// <param name="error">What came.</param>
    internal static ApiException Unexpected(Uri server, Exception error) =>
        new(ApiFailure.Nonsense, $"{server}: {error.GetType().Name}: {Yaml.ShownText.Of(error.Message)}", inner: error);

    internal TimeSpan? RetryAfter { get; } = retryAfter;
}
