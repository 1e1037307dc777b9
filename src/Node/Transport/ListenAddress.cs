using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Omega.P2P.Node.Output;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Node.Transport;

/// <summary>From what the owner wrote to bound sockets, and from these to what peers are told.</summary>
internal static class ListenAddress
{
    public const int DefaultPort = 5311;
    private const int Backlog = 128;

    /// <summary>
    /// Binds each multiaddr; none given: every interface on 5311, by IPv4 and IPv6, or on a free port where that is
    /// taken.
    /// </summary>
    /// <param name="asked">What flag or config say; a taken port among these is an error.</param>
    /// <param name="notice">Told of a fallback.</param>
    public static IReadOnlyList<Socket> Bind(IReadOnlyList<string>? asked, Action<string> notice)
    {
        if (asked is { Count: > 0 }) return [.. asked.Select(BindAsked)];
        try
        {
            return BindBoth(DefaultPort);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            var sockets = BindBothFree();
            notice($"port {DefaultPort} is taken; listening on {((IPEndPoint)sockets[0].LocalEndPoint!).Port}");
            return sockets;
        }
    }

    /// <summary>IPv4 and, where the machine has it, IPv6 on one port.</summary>
    private static List<Socket> BindBoth(int port)
    {
        var sockets = new List<Socket> { BindOne(new IPEndPoint(IPAddress.Any, port)) };
        if (!Socket.OSSupportsIPv6) return sockets;
        try
        {
            sockets.Add(BindOne(new IPEndPoint(IPAddress.IPv6Any, ((IPEndPoint)sockets[0].LocalEndPoint!).Port)));
        }
        catch (SocketException e) when (e.SocketErrorCode
            is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable)
        {
            return sockets; // IPv6 is turned off: peers come by IPv4
        }
        catch
        {
            sockets[0].Dispose();
            throw;
        }

        return sockets;
    }

    /// <summary>A port that is free for one family may be taken for the other: another is asked for.</summary>
    private static List<Socket> BindBothFree()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return BindBoth(0);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && tries < 16)
            {
                continue;
            }
        }
    }

    /// <summary>The addresses behind a bound end point: itself, or those of all interfaces that are up.</summary>
    public static IEnumerable<Multiaddr> Reachable(IPEndPoint bound)
    {
        if (!bound.Address.Equals(IPAddress.Any) && !bound.Address.Equals(IPAddress.IPv6Any))
            return [Multiaddr.FromEndPoint(bound)];
        var family = bound.AddressFamily;
        return NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus != OperationalStatus.Down)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => a.AddressFamily == family && !a.IsIPv6LinkLocal)
            // Peers elsewhere cannot use loopback, but two homes on one machine can.
            .OrderBy(IPAddress.IsLoopback)
            .Select(a => Multiaddr.FromEndPoint(new IPEndPoint(a, bound.Port)));
    }

    private static Socket BindAsked(string text)
    {
        if (!Multiaddr.TryParse(text, out var address, out _) || !address.TryGetTcp(out var host, out var port) ||
            !IPAddress.TryParse(host, out var ip))
            throw OmegaException.Usage($"'{text}' is no address to listen on", "--listen",
                "write /ip4/0.0.0.0/tcp/5311 or /ip6/::/tcp/0");
        try
        {
            return BindOne(new IPEndPoint(ip, port));
        }
        catch (SocketException e)
        {
            throw new OmegaException(ExitCode.Error,
                e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "port_taken" : "cannot_listen",
                $"cannot listen on {text}: {e.Message}")
            {
                Field = "--listen",
                Hint = "choose another port, or 0 for a free one",
            };
        }
    }

    private static Socket BindOne(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
