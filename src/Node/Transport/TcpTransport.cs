using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;
using Omega.P2P.Node.Host;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Protocol.Multiaddrs;
using StreamId = Omega.P2P.Federation.StreamId;

namespace Omega.P2P.Node.Transport;

/// <summary>
/// TCP below the links: listens, dials, keeps one <see cref="LinkPump"/> per connection and hands it the node's
/// effects.
/// </summary>
internal sealed class TcpTransport : INetworkDriver, IDisposable
{
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>Connections at once, both ways; a guess at what a small machine carries.</summary>
    private const int LinksMax = 256;

    /// <summary>With them AES-GCM takes about half of ChaCha20-Poly1305's time; without, several times.</summary>
    private static readonly bool HasAesInstructions =
        System.Runtime.Intrinsics.X86.Aes.IsSupported || System.Runtime.Intrinsics.Arm.Aes.IsSupported;

    private readonly ISigner _key;
    private readonly IRandomSource _random;
    private readonly Action<NetworkInput> _tell;
    private readonly UploadBudget? _budget;
    private readonly ConcurrentDictionary<LinkId, LinkPump> _links = new();
    private readonly List<Socket> _listeners = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Timer _ticks;
    private IReadOnlyList<Multiaddr> _addresses = [];
    private long _nextLink;

    public TcpTransport(ISigner key, IRandomSource random, Action<NetworkInput> tell, UploadBudget? budget = null)
    {
        _budget = budget;
        _key = key;
        _random = random;
        _tell = tell;
        _ticks = new Timer(_ => Tick(), null, TickPeriod, TickPeriod);
    }

    /// <summary>Where peers may reach this node, without /p2p/; known after <see cref="Listen"/>.</summary>
    public IReadOnlyList<Multiaddr> Addresses => _addresses;

    /// <summary>Binds sockets and accepts from now on.</summary>
    public void Listen(IReadOnlyList<Socket> bound)
    {
        _addresses = [.. bound.SelectMany(s => ListenAddress.Reachable((IPEndPoint)s.LocalEndPoint!)).Distinct()];
        foreach (var socket in bound)
        {
            _listeners.Add(socket);
            _ = AcceptLoopAsync(socket);
        }

        _tell(new NetworkInput.ListenAddressesChanged([.. _addresses.Select(a => a.ToString())]));
    }

    public void Carry(NetworkEffect effect)
    {
        switch (effect)
        {
            case NetworkEffect.Dial dial:
                _ = DialAsync(dial);
                break;
            case NetworkEffect.OpenStream open:
                if (_links.TryGetValue(open.Link, out var opening)) opening.Apply(open);
                else _tell(new NetworkInput.StreamFailed(open.Request, "the link is gone"));
                break;
            case NetworkEffect.DropLink drop:
                if (_links.TryGetValue(drop.Link, out var dropped)) dropped.Apply(drop);
                break;
            case NetworkEffect.SendBulk bulk when !_links.ContainsKey(LinkSession.LinkOf(bulk.Stream)):
                bulk.Source.Dispose();
                _tell(new NetworkInput.BulkSent(bulk.Stream));
                break;
            default:
                if (StreamOf(effect) is { } stream && _links.TryGetValue(LinkSession.LinkOf(stream), out var pump))
                    pump.Apply(effect);
                break;
        }
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ticks.Dispose();
        foreach (var listener in _listeners) listener.Dispose();
        foreach (var link in _links.Values) link.Close("the node stops");
        // Farewells leave on their own loops; none may hold the end up.
        SpinWait.SpinUntil(() => _links.IsEmpty, TimeSpan.FromMilliseconds(500));
        foreach (var link in _links.Values) link.Dispose();
        _ending.Dispose();
    }

    private static StreamId? StreamOf(NetworkEffect effect) => effect switch
    {
        NetworkEffect.SendFrame e => e.Stream,
        NetworkEffect.ReadFrames e => e.Stream,
        NetworkEffect.SendBulk e => e.Stream,
        NetworkEffect.ReceiveBulk e => e.Stream,
        NetworkEffect.CloseStream e => e.Stream,
        NetworkEffect.ResetStream e => e.Stream,
        _ => null,
    };

    private async Task AcceptLoopAsync(Socket listener)
    {
        while (!_ending.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(_ending.Token).ConfigureAwait(false);
                if (_links.Count >= LinksMax) socket.Dispose();
                else _ = RunAsync(socket, peer: null, dial: null);
            }
            catch (SocketException e) when (!_ending.IsCancellationRequested)
            {
                // Out of descriptors, or a caller that went away: others may still get through.
                Host.Log.Warn($"accept: {e.Message}");
                await Task.Delay(TickPeriod).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task DialAsync(NetworkEffect.Dial dial)
    {
        Socket? socket = null;
        try
        {
            if (!Multiaddr.TryParse(dial.Address, out var address, out _) ||
                !address.TryGetTcp(out var host, out var port))
                throw new SocketException((int)SocketError.AddressNotAvailable);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            patience.CancelAfter(DialTimeout);
            EndPoint target = IPAddress.TryParse(host, out var ip)
                ? new IPEndPoint(ip, port)
                : new DnsEndPoint(host, port);
            socket = ip is null
                ? new Socket(SocketType.Stream, ProtocolType.Tcp)
                : new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(target, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            socket?.Dispose();
            var reason = e is OperationCanceledException ? "no answer in time" : e.Message;
            _tell(new NetworkInput.DialFailed(dial.Id, reason));
            return;
        }

        await RunAsync(socket, dial.Peer, dial).ConfigureAwait(false);
    }

    private async Task RunAsync(Socket socket, PeerId? peer, NetworkEffect.Dial? dial)
    {
        var id = new LinkId(Interlocked.Increment(ref _nextLink));
        var remote = socket.RemoteEndPoint as IPEndPoint;
        var observed = remote is null ? null : Multiaddr.FromEndPoint(Unmapped(remote));
        var settings = new ConnectionSettings
        {
            Role = dial is null ? ConnectionRole.Listener : ConnectionRole.Dialer,
            Key = _key,
            Random = _random,
            ExpectedPeer = peer,
            ListenAddresses = _addresses,
            ObservedAddress = observed,
            OffersAes = HasAesInstructions,
        };
        var address = dial?.Address ?? observed?.ToString();
        var pump = new LinkPump(
            socket,
            bulkWaits => new LinkSession(id, settings, address, dial?.Id, SystemClock.Now(), bulkWaits),
            _tell,
            _budget);
        _links[id] = pump;
        try
        {
            await pump.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _links.TryRemove(id, out _);
            pump.Dispose();
        }
    }

    private static IPEndPoint Unmapped(IPEndPoint remote) =>
        remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;

    private void Tick()
    {
        foreach (var link in _links.Values) link.Tick();
    }
}
