using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;
using Omega.P2P.Node.Host;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Protocol.Buffers;
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

    /// <summary>Connections at once, both ways: as many as there may be trusted peers, strangers and half-open ones
    /// together.</summary>
    private const int LinksMax = 512;

    /// <summary>Memory that peers together may make us hold; over it the link goes that holds most. A guess at what a
    /// small machine can spare.</summary>
    private const long HeldBytesMax = 128L << 20;

    /// <summary>What may wait for the sockets of all links before each is held to <see cref="OutputBytesOfEach"/>: as
    /// much as the shared pool of arrays keeps. Measured: at 25 links of a megabyte each the arrays were made anew all
    /// the time, and a serving node grew by 110 MiB.</summary>
    private const long OutputBytesMax = 4 << 20;

    /// <summary>Two frames.</summary>
    private const int OutputBytesOfEach = 128 << 10;

    /// <summary>Dials at once; more wait. A guess: far under the descriptors a process may have.</summary>
    private const int DialsMax = 64;

    /// <summary>With them AES-GCM takes about half of ChaCha20-Poly1305's time; without, several times.</summary>
    private static readonly bool HasAesInstructions =
        System.Runtime.Intrinsics.X86.Aes.IsSupported || System.Runtime.Intrinsics.Arm.Aes.IsSupported;

    private readonly ISigner _key;
    private readonly IRandomSource _random;
    private readonly Action<NetworkInput> _tell;
    private readonly UploadBudgets _budgets;
    private readonly IReadOnlyList<string>? _serves;
    private readonly InboundGate _gate = new();
    private readonly OutputShare _share = new(OutputBytesMax, OutputBytesOfEach);
    private readonly SemaphoreSlim _dialling = new(DialsMax);
    private readonly ConcurrentDictionary<DialId, CancellationTokenSource> _dials = new();
    private readonly ConcurrentDictionary<LinkId, LinkPump> _links = new();
    private readonly List<Socket> _listeners = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Timer _ticks;
    private readonly Lock _moving = new();
    private IReadOnlyList<IPEndPoint> _bound = [];
    private IReadOnlyList<Multiaddr> _addresses = [];
    private long _nextLink;
    private int _weighing;

    /// <param name="key">The node key.</param>
    /// <param name="random">Secrets of channels.</param>
    /// <param name="tell">Takes what the node has to hear.</param>
    /// <param name="budgets">What may be sent; null: without limit.</param>
    /// <param name="serves">Protocols that peers may open streams for; null: all of a node.</param>
    public TcpTransport(
        ISigner key, IRandomSource random, Action<NetworkInput> tell, UploadBudgets? budgets = null,
        IReadOnlyList<string>? serves = null)
    {
        _budgets = budgets ?? UploadBudgets.None;
        _serves = serves;
        _key = key;
        _random = random;
        _tell = tell;
        _ticks = new Timer(_ => Tick(), null, TickPeriod, TickPeriod);
    }

    /// <summary>Whether reading has to wait, because the node has more to handle than is good.</summary>
    public Func<bool> IsCrowded { get; init; } = () => false;

    /// <summary>Where peers may reach this node, without /p2p/; known after <see cref="Listen"/>.</summary>
    public IReadOnlyList<Multiaddr> Addresses => _addresses;

    /// <summary>Binds sockets and accepts from now on.</summary>
    public void Listen(IReadOnlyList<Socket> bound)
    {
        _bound = [.. bound.Select(s => (IPEndPoint)s.LocalEndPoint!)]; // bound, so they have one
        _addresses = ReachableNow();
        foreach (var socket in bound)
        {
            _listeners.Add(socket);
            _ = AcceptLoopAsync(socket);
        }

        TellAddresses();
        NetworkChange.NetworkAddressChanged += OnNetworkChanged;
    }

    /// <summary>A tunnel came up, a cable went: tickets name, and peers are told, the addresses of now.</summary>
    internal void OnAddresses(IReadOnlyList<Multiaddr> addresses)
    {
        if (addresses.SequenceEqual(_addresses)) return;
        _addresses = addresses;
        TellAddresses();
        foreach (var link in _links.Values) link.PushIdentity(addresses);
    }

    /// <summary>On a thread of the pool: what is thrown here would end the process.</summary>
    private void OnNetworkChanged(object? sender, EventArgs e)
    {
        try
        {
            lock (_moving) OnAddresses(ReachableNow());
        }
        catch (NetworkInformationException failed)
        {
            // An interface may go while it is looked at. The change that took it is told as well.
            Host.Log.Warn($"addresses stay as they were: interfaces cannot be listed: {failed.Message}");
        }
    }

    private List<Multiaddr> ReachableNow() => [.. _bound.SelectMany(ListenAddress.Reachable).Distinct()];

    private void TellAddresses() =>
        _tell(new NetworkInput.ListenAddressesChanged([.. _addresses.Select(a => a.ToString())]));

    public void Carry(NetworkEffect effect)
    {
        switch (effect)
        {
            case NetworkEffect.Dial dial:
                _ = DialAsync(dial);
                break;
            case NetworkEffect.CancelDial cancel:
                if (_dials.TryGetValue(cancel.Id, out var given)) GiveUp(given);
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
        NetworkChange.NetworkAddressChanged -= OnNetworkChanged;
        _ending.Cancel();
        _ticks.Dispose();
        foreach (var listener in _listeners) listener.Dispose();
        foreach (var link in _links.Values) link.Close("the node stops");
        // Farewells leave on their own loops; none may hold the end up.
        SpinWait.SpinUntil(() => _links.IsEmpty, TimeSpan.FromMilliseconds(500));
        foreach (var link in _links.Values) link.Dispose();
        _ending.Dispose();
    }

    private static void GiveUp(CancellationTokenSource dial)
    {
        try
        {
            dial.Cancel();
        }
        catch (ObjectDisposedException)
        {
            return; // it ended by itself just now
        }
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
                _ = TakeInAsync(socket);
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

    /// <summary>Whoever is too many, or comes too often, is turned away before anything is spent on it.</summary>
    private async Task TakeInAsync(Socket socket)
    {
        var from = (socket.RemoteEndPoint as IPEndPoint)?.Address;
        using var entry = from is null || _links.Count >= LinksMax
            ? null
            : _gate.TryEnter(from, SystemClock.Now().RunningMs);
        if (entry is null) socket.Dispose();
        else await RunAsync(socket, dial: null, onUp: entry.Leave, entry.GivenUp).ConfigureAwait(false);
    }

    private async Task DialAsync(NetworkEffect.Dial dial)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        _dials[dial.Id] = given;
        try
        {
            var socket = await ConnectAsync(dial, given.Token).ConfigureAwait(false);
            if (socket is not null) await RunAsync(socket, dial, onUp: () => { }, given.Token).ConfigureAwait(false);
        }
        finally
        {
            _dials.TryRemove(dial.Id, out _);
        }
    }

    /// <summary>Null where there is none; the reason was told.</summary>
    private async Task<Socket?> ConnectAsync(NetworkEffect.Dial dial, CancellationToken given)
    {
        try
        {
            if (!Multiaddr.TryParse(dial.Address, out var address, out _) ||
                !address.TryGetTcp(out var host, out var port))
                throw new SocketException((int)SocketError.AddressNotAvailable);
            await _dialling.WaitAsync(given).ConfigureAwait(false);
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(given);
                patience.CancelAfter(DialTimeout);
                return await HappyEyeballs.ConnectAsync(host, FamilyOf(address), port, patience.Token)
                    .ConfigureAwait(false);
            }
            finally
            {
                _dialling.Release();
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            var reason = e is not OperationCanceledException ? e.Message
                : given.IsCancellationRequested ? "given up" : "no answer in time";
            _tell(new NetworkInput.DialFailed(dial.Id, reason));
            return null;
        }
    }

    private static AddressFamily? FamilyOf(Multiaddr address) => address.Components[0].Protocol switch
    {
        MultiaddrProtocol.Dns4 => AddressFamily.InterNetwork,
        MultiaddrProtocol.Dns6 => AddressFamily.InterNetworkV6,
        _ => null,
    };

    /// <param name="socket">Connected.</param>
    /// <param name="dial">Where we dialled.</param>
    /// <param name="onUp">Called when the peer has proven who it is.</param>
    /// <param name="givenUp">Ends the link unless it has by then.</param>
    private async Task RunAsync(Socket socket, NetworkEffect.Dial? dial, Action onUp, CancellationToken givenUp)
    {
        var id = new LinkId(Interlocked.Increment(ref _nextLink));
        var remote = socket.RemoteEndPoint as IPEndPoint;
        var observed = remote is null ? null : Multiaddr.FromEndPoint(Unmapped(remote));
        var settings = new ConnectionSettings
        {
            Role = dial is null ? ConnectionRole.Listener : ConnectionRole.Dialer,
            Key = _key,
            Random = _random,
            ExpectedPeer = dial?.Peer,
            ListenAddresses = _addresses,
            ObservedAddress = observed,
            OffersAes = HasAesInstructions,
            OutputShare = _share,
        };
        var address = dial?.Address ?? observed?.ToString();
        var link = new LinkPump(
            socket,
            pump => new LinkSession(id, settings, address, dial?.Id, SystemClock.Now(), pump, _serves),
            input =>
            {
                if (input is NetworkInput.LinkUp) onUp();
                _tell(input);
            },
            _budgets)
        {
            IsCrowded = IsCrowded,
            Weigh = Weigh,
            Share = _share,
        };
        _links[id] = link;
        try
        {
            using var registration = givenUp.Register(link.CloseUnlessUp);
            await link.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // A defect of ours: nobody awaits a link, so it would go unseen. The link has told its end.
            Host.Log.Error($"link {id.Value} to {address}: {e}");
        }
        finally
        {
            _links.TryRemove(id, out _);
            link.Dispose();
        }
    }

    private static IPEndPoint Unmapped(IPEndPoint remote) =>
        remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;

    private void Tick()
    {
        foreach (var link in _links.Values) link.Tick();
        Weigh();
    }

    /// <summary>Ends the link whose peer makes us hold the most, where all together make us hold too much. Whoever
    /// comes while another weighs goes on.</summary>
    private void Weigh()
    {
        if (Interlocked.Exchange(ref _weighing, 1) == 1) return;
        long held = 0;
        var most = (Bytes: 0L, Link: (LinkPump?)null);
        foreach (var link in _links.Values)
        {
            var bytes = link.HeldBytes;
            held += bytes;
            if (bytes > most.Bytes) most = (bytes, link);
        }

        if (held > HeldBytesMax)
        {
            most.Link?.Close("it makes us hold too much");
            // It has only just grown old: by itself the collector would wait for as much again.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        }

        Volatile.Write(ref _weighing, 0);
    }
}
