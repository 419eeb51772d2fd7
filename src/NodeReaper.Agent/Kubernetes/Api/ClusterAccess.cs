using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>Where a Kubernetes API is, how it is recognised, and who the agent is to it.</summary>
/// <param name="Server">Its address; the path in front of <c>/api</c>, if any, ends with a slash.</param>
internal sealed record ClusterAccess(Uri Server)
{
    /// <summary>The name that its certificate must have; null for the host in the address.</summary>
    internal string? TlsServerName { get; init; }

    /// <summary>Who its certificate must come from; null for the system's authorities.</summary>
    internal TrustedRoots? Roots { get; init; }

    /// <summary>True when any certificate is good.</summary>
    internal bool SkipTlsVerify { get; init; }

    /// <summary>The agent's token; null for none.</summary>
    internal BearerToken? Token { get; init; }

    /// <summary>The agent's certificate; null for none.</summary>
    internal X509Certificate2? ClientCertificate { get; init; }

    /// <param name="timings">How long is waited for what.</param>
    /// <summary>Makes connections. A proxy is not asked, and a redirect not followed: either would get the token.</summary>
    internal SocketsHttpHandler CreateHandler(ApiTimings timings)
    {
        var tls = new SslClientAuthenticationOptions();
        if (SkipTlsVerify)
        {
#pragma warning disable CA5359 // Asked for by name, on the command line or in the kubeconfig.
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (Roots is { } roots)
        {
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => roots.Validate(certificate, chain, errors);
        }

        if (ClientCertificate is { } certificate)
        {
            tls.ClientCertificates = [certificate];
        }

        return new SocketsHttpHandler
        {
            SslOptions = tls,
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = timings.Connect,
            KeepAlivePingDelay = timings.Ping,
            KeepAlivePingTimeout = timings.PingAnswer,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        };
    }
}
