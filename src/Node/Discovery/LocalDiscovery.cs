using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Omega.P2P.Federation;
using Omega.P2P.Node.Host;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Discovery;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Node.Discovery;

/// <summary>
/// mDNS on UDP port 5353 of every local interface: packets to the state machine and back. What it finds goes to the
/// node as hints; nothing is dialled that is not trusted. A node that listens on loopback only speaks there only.
/// </summary>
internal sealed class LocalDiscovery : IDisposable
{
    private const int Port = 5353;
    private static readonly IPAddress Group = IPAddress.Parse("224.0.0.251");
    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ErrorPause = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly int[] _interfaces;
    private readonly IReadOnlyList<IPNetwork> _networks;
    private readonly MdnsDiscovery _discovery;
    private readonly Action<NetworkInput> _tell;
    private readonly Lock _gate = new();
    private readonly List<MdnsEffect> _effects = [];
    private readonly HashSet<int> _failing = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Timer _ticks;

    private LocalDiscovery(
        Socket socket, int[] interfaces, IReadOnlyList<IPNetwork> networks, MdnsDiscovery discovery,
        Action<NetworkInput> tell)
    {
        (_socket, _interfaces, _networks) = (socket, interfaces, networks);
        (_discovery, _tell) = (discovery, tell);
        _ = ReceiveLoopAsync();
        _ticks = new Timer(_ => Tick(), null, TickPeriod, TickPeriod);
    }

    /// <summary>Null, with a line in the log, where there is no interface for it or the port is not to be
    /// had.</summary>
    public static LocalDiscovery? TryStart(string peer, IReadOnlyList<Multiaddr> listen, Action<NetworkInput> tell)
    {
        var local = listen.Where(MdnsDiscovery.IsLocal).ToList();
        var beyond = local.Where(a => !IsLoopback(a)).ToList();
        return local.Count == 0 || !PeerId.TryParse(peer, out var self)
            ? null
            : TryStart(self, beyond.Count > 0 ? beyond : local, isLoopback: beyond.Count == 0, tell);
    }

    /// <summary>Asks who is there, and tells nobody anything: on the network, or on loopback where there is none. Null
    /// as of <see cref="TryStart(string, IReadOnlyList{Multiaddr}, Action{NetworkInput})"/>.</summary>
    public static LocalDiscovery? TryLook(Action<NetworkInput> tell)
    {
        using var nobody = Ed25519PrivateKey.Generate(SystemRandom.Instance);
        var isAlone = !Interfaces(isLoopback: false).Any();
        return TryStart(PeerId.From(nobody.PublicKey), [], isAlone, tell);
    }

    private static LocalDiscovery? TryStart(
        PeerId self, IReadOnlyList<Multiaddr> told, bool isLoopback, Action<NetworkInput> tell)
    {
        Dictionary<int, IReadOnlyList<Multiaddr>> interfaces;
        Socket? socket = null;
        try
        {
            socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastTimeToLive, 255);
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            interfaces = Interfaces(isLoopback).Where(i => IsJoined(socket, IndexOf(i)))
                .ToDictionary(IndexOf, i => (IReadOnlyList<Multiaddr>)[.. told.Where(a => IsOf(a, i))]);
        }
        catch (Exception e) when (e is SocketException or NetworkInformationException)
        {
            socket?.Dispose();
            Log.Warn($"no discovery on the local network: {e.Message}");
            return null;
        }

        if (interfaces.Count == 0)
        {
            socket.Dispose();
            Log.Warn("no discovery on the local network: no interface takes part in multicast");
            return null;
        }

        var options = new MdnsOptions { Self = self, Random = SystemRandom.Instance };
        var discovery = new MdnsDiscovery(options, interfaces, SystemClock.Now());
        return new LocalDiscovery(socket, [.. interfaces.Keys.Order()], Networks(), discovery, tell);
    }

    /// <summary>Whether a packet is of a network this machine is in: sent to the group, which no router passes on, or
    /// by a neighbour (RFC 6762 section 11). Else somebody far away could ask us who we are, and have our answers sent
    /// to third parties.</summary>
    internal static bool IsOfThisNetwork(
        IPAddress destination, IPAddress source, IReadOnlyList<IPNetwork> networks) =>
        destination.Equals(Group) || IPAddress.IsLoopback(source) || networks.Any(n => n.Contains(source));

    private static List<IPNetwork> Networks() =>
    [
        .. from one in NetworkInterface.GetAllNetworkInterfaces()
           from own in one.GetIPProperties().UnicastAddresses
           where own.Address.AddressFamily == AddressFamily.InterNetwork && own.PrefixLength > 0
           select new IPNetwork(Masked(own.Address, own.PrefixLength), own.PrefixLength),
    ];

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        var mask = uint.MaxValue << (32 - prefix);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, BinaryPrimitives.ReadUInt32BigEndian(bytes) & mask);
        return new IPAddress(bytes);
    }

    public void Dispose()
    {
        _ticks.Dispose();
        lock (_gate)
        {
            _discovery.Stop(SystemClock.Now(), _effects);
            CarryAll();
        }

        _ending.Cancel();
        _socket.Dispose();
        _ending.Dispose();
    }

    private static bool IsLoopback(Multiaddr address) =>
        address.TryGetTcp(out var host, out _) && IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip);

    private static int IndexOf(NetworkInterface one) => one.GetIPProperties().GetIPv4Properties().Index;

    /// <summary>Whether an address is one of an interface's own.</summary>
    private static bool IsOf(Multiaddr address, NetworkInterface one) =>
        address.TryGetTcp(out var host, out _) && IPAddress.TryParse(host, out var ip)
        && one.GetIPProperties().UnicastAddresses.Any(a => a.Address.Equals(ip));

    private static IEnumerable<NetworkInterface> Interfaces(bool isLoopback) =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .Where(i => isLoopback == (i.NetworkInterfaceType == NetworkInterfaceType.Loopback))
            .Where(i => isLoopback || i.SupportsMulticast)
            .Where(i => i.GetIPProperties().UnicastAddresses.Any(
                a => a.Address.AddressFamily == AddressFamily.InterNetwork));

    /// <summary>An interface that refuses, or went meanwhile, does not keep the others from it.</summary>
    private static bool IsJoined(Socket socket, int on)
    {
        try
        {
            var membership = new MulticastOption(Group, on);
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, membership);
            return true;
        }
        catch (SocketException e)
        {
            Log.Warn($"no discovery on interface {on}: {e.Message}");
            return false;
        }
    }

    private async Task ReceiveLoopAsync()
    {
        var buffer = new byte[DnsMessage.SizeBytesMax + 1];
        var anybody = new IPEndPoint(IPAddress.Any, 0);
        var isFailing = false;
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var got = await _socket.ReceiveMessageFromAsync(buffer, SocketFlags.None, anybody, _ending.Token)
                    .ConfigureAwait(false);
                isFailing = false;
                var from = (IPEndPoint)got.RemoteEndPoint;
                var source = new MdnsSource(
                    got.PacketInformation.Interface, from.Address.ToString(), from.Port);
                if (!_interfaces.Contains(source.Interface)
                    || !IsOfThisNetwork(got.PacketInformation.Address, from.Address, _networks)) continue;
                lock (_gate)
                {
                    _discovery.Receive(buffer.AsSpan(0, got.ReceivedBytes), source, SystemClock.Now(), _effects);
                    CarryAll();
                }
            }
            catch (SocketException e) when (!_ending.IsCancellationRequested)
            {
                if (!isFailing) Log.Warn($"discovery hears nothing: {e.Message}");
                isFailing = true;
                await Task.Delay(ErrorPause).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private void Tick()
    {
        lock (_gate)
        {
            if (_ending.IsCancellationRequested || _discovery.NextDeadlineMs is not { } due
                || due > SystemClock.Now().RunningMs)
                return;
            _discovery.Tick(SystemClock.Now(), _effects);
            CarryAll();
        }
    }

    private void CarryAll()
    {
        foreach (var effect in _effects)
        {
            switch (effect)
            {
                case MdnsEffect.Multicast multicast:
                    foreach (var on in multicast.Interface is { } one ? [one] : _interfaces)
                        Send(on, multicast.Packet, new IPEndPoint(Group, Port));
                    break;
                case MdnsEffect.Unicast unicast:
                    Send(
                        unicast.Source.Interface, unicast.Packet,
                        new IPEndPoint(IPAddress.Parse(unicast.Source.Address), unicast.Source.Port));
                    break;
                case MdnsEffect.Found found:
                    _tell(new NetworkInput.AddressesLearned(
                        found.Peer, [.. found.Addresses.Select(a => a.ToString())], IsHearsay: true));
                    break;
                default:
                    break; // who left is noticed by the link
            }
        }

        _effects.Clear();
    }

    private void Send(int on, ReadOnlyMemory<byte> packet, IPEndPoint to)
    {
        try
        {
            _socket.SetSocketOption(
                SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.HostToNetworkOrder(on));
            _socket.SendTo(packet.Span, SocketFlags.None, to);
            _failing.Remove(on);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // An interface may go at any time: said once, until it is back.
            if (_failing.Add(on)) Log.Warn($"discovery is mute on interface {on}: {e.Message}");
        }
    }
}
