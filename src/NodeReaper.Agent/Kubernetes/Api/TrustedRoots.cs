using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>The certificate authorities that a server's certificate must come from. A file of them is read again when it has changed.</summary>
internal sealed class TrustedRoots
{
    private readonly string? _file;
    private X509Certificate2Collection _roots;
    private FileStamp? _stamp;

    private TrustedRoots(string? file, X509Certificate2Collection roots)
    {
        _file = file;
        _roots = roots;
    }

    /// <summary>Roots that stay as they are.</summary>
    internal static TrustedRoots Fixed(X509Certificate2Collection roots) => new(null, roots);

    /// <summary>The roots in a PEM file, which may come later.</summary>
    internal static TrustedRoots InFile(string path) => new(path, []);

    /// <summary>Tells whether a server is who it should be.</summary>
    /// <param name="certificate">What it showed.</param>
    /// <param name="sent">The chain that came along.</param>
    /// <param name="errors">What the platform, which does not know these roots, found: only its verdict on the name counts.</param>
    internal bool Validate(X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 shown || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        Refresh();
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.CustomTrustStore.AddRange(_roots);

        // serverAuth
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(shown);
    }

    private void Refresh()
    {
        if (_file is null || FileStamp.Of(_file) is not { } stamp || stamp == _stamp)
        {
            return;
        }

        try
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(_file);
            if (roots.Count > 0)
            {
                _roots = roots;
                _stamp = stamp;
            }
        }
        catch (CryptographicException)
        {
            // Half written: the last ones hold, and the next connection looks again.
        }
        catch (IOException)
        {
        }
        catch (UnauthorizedAccessException)
        {
        }
    }
}
