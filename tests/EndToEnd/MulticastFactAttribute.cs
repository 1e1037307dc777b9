using System.Net;
using System.Net.Sockets;

namespace Omega.P2P.EndToEnd.Tests;

/// <summary>A test that needs multicast DNS on the loopback interface. Where a packet to the group does not come back,
/// it is skipped with the reason.</summary>
public sealed class MulticastFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> Reason = new(FindReason);

    public MulticastFactAttribute() => Skip = Reason.Value;

    /// <summary>A socket in the group on the loopback interface; others may have the port, too.</summary>
    internal static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Any, 5353));
        var membership = new MulticastOption(IPAddress.Parse("224.0.0.251"), IPAddress.Loopback);
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, membership);
        socket.SetSocketOption(
            SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Loopback.GetAddressBytes());
        return socket;
    }

    private static string? FindReason()
    {
        try
        {
            using var socket = Listen();
            socket.ReceiveTimeout = 2000;
            socket.SendTo(new byte[12], new IPEndPoint(IPAddress.Parse("224.0.0.251"), 5353));
            socket.Receive(new byte[9000]);
            return null;
        }
        catch (SocketException e)
        {
            return "no multicast on the loopback interface: " + e.Message;
        }
    }
}
