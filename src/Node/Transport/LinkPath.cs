using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Node.Transport;

/// <summary>What a link runs over, for its owner to read: `loopback`, `tailscale`, `netbird`, `wireguard`, `overlay`
/// (100.64.0.0/10, which several of these use, by an interface of another name), `lan`, `internet`; and the interface
/// that the machine reaches the address by.</summary>
/// <param name="Name">One of these.</param>
/// <param name="Interface">Null where there is none.</param>
internal sealed record LinkPath(string Name, string? Interface)
{
    public const string Loopback = "loopback";

    /// <summary>Null for an address that names no IP.</summary>
    public static LinkPath? Of(string? address)
    {
        if (address is null || !Multiaddr.TryParse(address, out var parsed, out _) ||
            !parsed.TryGetTcp(out var host, out _) || !IPAddress.TryParse(host, out var ip))
            return null;
        var by = InterfaceTo(ip);
        return new LinkPath(Classify(ip, by, by is not null && IsWireGuard(by)), by);
    }

    /// <summary>The interface says more than the address: all of these give out addresses of private ranges.</summary>
    internal static string Classify(IPAddress ip, string? by, bool isWireGuard)
    {
        if (IPAddress.IsLoopback(ip)) return Loopback;
        if (by is not null && by.StartsWith("tailscale", StringComparison.Ordinal)) return "tailscale";
        if (by is not null && (by.StartsWith("wt", StringComparison.Ordinal) ||
            by.StartsWith("netbird", StringComparison.Ordinal))) return "netbird";
        if (isWireGuard || (by is not null && by.StartsWith("wg", StringComparison.Ordinal))) return "wireguard";
        var bytes = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4().GetAddressBytes() : ip.GetAddressBytes();
        return bytes.Length == 4 ? OfIPv4(bytes) : OfIPv6(ip, bytes);
    }

    private static string OfIPv4(byte[] ip) => ip switch
    {
        [100, >= 64 and <= 127, ..] => "overlay",
        [10, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [169, 254, ..] => "lan",
        _ => "internet",
    };

    private static string OfIPv6(IPAddress ip, byte[] bytes) => bytes switch
    {
        [0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0, ..] => "tailscale",
        _ => ip.IsIPv6LinkLocal || (bytes[0] & 0xfe) == 0xfc ? "lan" : "internet",
    };

    /// <summary>Asks the routing table: nothing is sent.</summary>
    private static string? InterfaceTo(IPAddress ip)
    {
        try
        {
            using var socket = new Socket(ip.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(ip, ListenAddress.DefaultPort);
            var own = ((IPEndPoint)socket.LocalEndPoint!).Address; // known: it is connected
            return NetworkInterface.GetAllNetworkInterfaces()
                .FirstOrDefault(i => i.GetIPProperties().UnicastAddresses.Any(a => a.Address.Equals(own)))?.Name;
        }
        catch (Exception e) when (e is SocketException or NetworkInformationException)
        {
            return null; // no way there any more
        }
    }

    private static bool IsWireGuard(string by)
    {
        try
        {
            return File.ReadLines($"/sys/class/net/{by}/uevent").Contains("DEVTYPE=wireguard");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
