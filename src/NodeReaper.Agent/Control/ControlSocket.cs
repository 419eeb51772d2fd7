using System.Net.Sockets;

namespace NodeReaper.Agent.Control;

/// <summary>The unix socket on which root asks the agent what it would decide. Nothing that reveals decisions is anywhere else.</summary>
internal static class ControlSocket
{
    internal const string DefaultPath = "/run/nodereaper/nodereaper.sock";

    /// <summary>Listens; a socket that an agent before this one has left behind is taken over.</summary>
    /// <param name="path">The socket's path; its folder is made.</param>
    /// <exception cref="IOException">The folder cannot be made, or another agent listens.</exception>
    /// <exception cref="SocketException">The socket cannot be bound.</exception>
    internal static Socket Listen(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (File.Exists(path))
        {
            if (IsAnswered(path))
            {
                throw new IOException("another agent listens there");
            }

            File.Delete(path);
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects; null when nobody listens there.</summary>
    /// <param name="path">The socket's path.</param>
    /// <exception cref="UnauthorizedAccessException">It is not for whoever asks.</exception>
    internal static Socket? Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return socket;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            return error.SocketErrorCode == SocketError.AccessDenied
                ? throw new UnauthorizedAccessException($"{path} is for root alone ({error.Message}); ask as root", error)
                : null;
        }
    }

    private static bool IsAnswered(string path)
    {
        using var socket = Connect(path);
        return socket is not null;
    }
}
