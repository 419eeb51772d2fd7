using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NodeReaper.Agent.Http;

/// <summary>Where HTTP is served: a port of all addresses, or of one.</summary>
/// <param name="Host">The address; null for all.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record ListenAddress(IPAddress? Host, int Port)
{
    /// <summary>The port that is promised.</summary>
    internal static readonly ListenAddress Default = new(null, 9977);

    /// <summary>Where to bind. All addresses are those of IPv6 and IPv4, where the node has IPv6.</summary>
    internal IPEndPoint EndPoint => new(Host ?? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any), Port);

    /// <summary>Reads <c>:9977</c>, <c>127.0.0.1:9977</c> or <c>[::1]:9977</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">What it says.</param>
    /// <returns>False when it is something else.</returns>
    internal static bool TryParse(string text, out ListenAddress address)
    {
        address = Default;
        var colon = text.LastIndexOf(':');
        if (colon < 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is < 1 or > 65535)
        {
            return false;
        }

        var host = text[..colon];
        IPAddress? parsed = null;
        var isV6 = host.StartsWith('[') && host.EndsWith(']');
        if (host.Length > 0 && (!IPAddress.TryParse(isV6 ? host[1..^1] : host, out parsed) || (!isV6 && host.Contains(':', StringComparison.Ordinal))))
        {
            return false;
        }

        address = new ListenAddress(parsed, port);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Host is { AddressFamily: AddressFamily.InterNetworkV6 }
        ? $"[{Host}]:{Port}"
        : $"{Host}:{Port}";
}
