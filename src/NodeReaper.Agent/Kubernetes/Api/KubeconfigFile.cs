using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Exceptions;
using YamlDotNet.Core;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>Reads a kubeconfig: its current context.</summary>
internal static class KubeconfigFile
{
    /// <summary>Reads the file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ClusterAccessException">It is not there, malformed, or wants what this agent does not do.</exception>
    internal static ClusterAccess Load(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                throw new ClusterAccessException($"--kubeconfig: there is no file {path}");
            }

            var kubeconfig = KubernetesClientConfiguration.LoadKubeConfig(file);
            var context = KubeconfigContext.Read(kubeconfig, path);
            context.Refuse();
            return ToAccess(KubernetesClientConfiguration.BuildConfigFromConfigFile(file), context);
        }
        catch (YamlException error)
        {
            throw new ClusterAccessException($"{path}:{error.Start.Line}: {error.InnerException?.Message ?? error.Message}", error);
        }
        catch (NullReferenceException error)
        {
            // What the library makes of a document without content.
            throw new ClusterAccessException($"{path}: there is no kubeconfig in it", error);
        }
        catch (KubeConfigException error)
        {
            throw new ClusterAccessException($"{path}: {error.Message}", error);
        }
        catch (FormatException error)
        {
            throw new ClusterAccessException($"{path}: a certificate or key in it is not Base64: {error.Message}", error);
        }
        catch (CryptographicException error)
        {
            throw new ClusterAccessException($"{path}: a certificate or key in it cannot be read: {error.Message}", error);
        }
        catch (IOException error)
        {
            throw new ClusterAccessException($"{path}: {error.Message}", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new ClusterAccessException($"{path} may not be read: {error.Message}", error);
        }
    }

    private static ClusterAccess ToAccess(KubernetesClientConfiguration from, KubeconfigContext context)
    {
        if (!Uri.TryCreate(from.Host.TrimEnd('/') + "/", UriKind.Absolute, out var server) || server.Scheme is not ("https" or "http"))
        {
            throw new ClusterAccessException($"the server '{from.Host}' in the kubeconfig is not a URL; write https://HOST:PORT");
        }

        return new ClusterAccess(server)
        {
            TlsServerName = from.TlsServerName,
            SkipTlsVerify = from.SkipTlsVerify,
            Roots = context.AuthorityFile is { } authority ? TrustedRoots.InFile(authority)
                : from.SslCaCerts is { Count: > 0 } roots ? TrustedRoots.Fixed(roots)
                : null,
            Token = context.TokenFile is { } token ? BearerToken.InFile(token)
                : string.IsNullOrEmpty(from.AccessToken) ? null
                : BearerToken.Fixed(from.AccessToken),
            ClientCertificate = CertificateOf(from),
        };
    }

    private static X509Certificate2? CertificateOf(KubernetesClientConfiguration from)
    {
        var hasData = !string.IsNullOrEmpty(from.ClientCertificateData) && !string.IsNullOrEmpty(from.ClientCertificateKeyData);
        return hasData ? X509Certificate2.CreateFromPem(Pem(from.ClientCertificateData), Pem(from.ClientCertificateKeyData))
            : !string.IsNullOrEmpty(from.ClientCertificateFilePath) && !string.IsNullOrEmpty(from.ClientKeyFilePath)
                ? X509Certificate2.CreateFromPemFile(from.ClientCertificateFilePath, from.ClientKeyFilePath)
            : null;
    }

    private static string Pem(string base64) => System.Text.Encoding.ASCII.GetString(Convert.FromBase64String(base64));
}
