using Omega.P2P.Federation;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Omega;
using StreamId = Omega.P2P.Federation.StreamId;
using WireStreamId = Omega.P2P.Protocol.Connection.StreamId;

namespace Omega.P2P.Engine.Links;

/// <summary>
/// One link between a byte channel and the node: a libp2p connection whose streams carry frames or bulk. Drivers own
/// one per socket: bytes in by <see cref="Receive"/>, bytes out by <see cref="PeekOutput"/>, the node's effects by
/// <see cref="Apply"/>, and what the node has to hear in the list handed in. Not thread-safe; the memory of
/// <see cref="PeekOutput"/> may be sent while other calls run. Stream ids carry the link's number in their upper half,
/// so a driver finds the session of an effect by <see cref="LinkOf"/>.
/// </summary>
public sealed partial class LinkSession : IDisposable
{
    private const int StreamBits = 32;
    private static readonly string[] Served =
        [.. OmegaProtocols.All, .. GossipProtocol.All, BitswapMessage.ProtocolName];

    private readonly Libp2pConnection _connection;
    private readonly Dictionary<StreamId, LinkStream> _streams = [];
    private readonly Dictionary<WireStreamId, LinkStream> _wires = [];
    private readonly string? _remote;
    private readonly DialId? _dial;
    private bool _up;

    /// <summary>Starts the link; a dialler's first bytes are pending at once.</summary>
    /// <param name="id">Its number, below 2^31.</param>
    /// <param name="settings">Keys, role and bounds.</param>
    /// <param name="remote">The peer's address as a textual multiaddr, when known.</param>
    /// <param name="dial">The dial it came from, which fails when the handshake does; null when accepted.</param>
    /// <param name="now">The present.</param>
    /// <param name="pump">Moves bulk on threads of its own; null: the session does it.</param>
    /// <param name="serves">Protocols that the peer may open streams for; null: Omega's own, gossip and bitswap.
    /// </param>
    public LinkSession(
        LinkId id, ConnectionSettings settings, string? remote, DialId? dial, Instant now,
        IBulkPump? pump = null, IReadOnlyList<string>? serves = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfNegative(id.Value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id.Value, int.MaxValue);
        Id = id;
        _remote = remote;
        _dial = dial;
        _pump = pump;
        _connection = new Libp2pConnection(settings with { Protocols = serves ?? Served }, now);
    }

    /// <summary>Its number.</summary>
    public LinkId Id { get; }

    /// <summary>The peer is authenticated; the node was told.</summary>
    public bool IsUp => _up;

    /// <summary>The link is over: send what output is left, then close the channel.</summary>
    public bool IsClosed => _connection.IsClosed;

    /// <summary>Bytes wait to be sent.</summary>
    public bool HasOutput => OutputBytes > 0;

    /// <summary>How many.</summary>
    public long OutputBytes => _connection.PendingOutputBytes;

    /// <summary>Bytes of memory that the peer makes us hold: what it sent and we did not take, frames it does not end,
    /// answers it does not read. Fetched bulk, which its sink takes, does not count.</summary>
    public long HeldBytes => _connection.PendingOutputBytes + _connection.UnreadInboundBytes + _streams.Values.Sum(
        s => s.Decoder.HeldBytes + (s.Source?.HeldBytes ?? 0) + s.OutgoingBytes);

    /// <summary>Why it is over; empty before.</summary>
    public string CloseReason { get; private set; } = "";

    /// <summary>Who is at the other end; default before the handshake.</summary>
    public PeerId Peer => _connection.RemotePeer;

    /// <summary>When <see cref="Tick"/> has something to do, in running milliseconds; null when never.</summary>
    public long? NextDeadlineMs => _connection.NextDeadlineMs;

    /// <summary>The link a stream belongs to.</summary>
    public static LinkId LinkOf(StreamId stream) => new(stream.Value >> StreamBits);

    /// <summary>The next bytes to send; empty when there are none. Valid until <see cref="ConsumeOutput"/>.</summary>
    public ReadOnlyMemory<byte> PeekOutput() => _connection.PeekOutput();

    /// <summary>Adds all pending output to a list, for a gathering send.</summary>
    public void CopyOutputTo(IList<ArraySegment<byte>> segments) => _connection.CopyOutputTo(segments);

    /// <summary>Tells that bytes from the front of the output were sent; more may become pending.</summary>
    public void ConsumeOutput(int count, Instant now, ICollection<NetworkInput> inputs)
    {
        _connection.ConsumeOutput(count);
        Drain(now, inputs);
    }

    /// <summary>Takes bytes that arrived on the channel.</summary>
    public void Receive(ReadOnlySpan<byte> bytes, Instant now, ICollection<NetworkInput> inputs)
    {
        _connection.Receive(bytes, now);
        Drain(now, inputs);
    }

    /// <summary>The channel ended or failed.</summary>
    public void EndOfInput(Instant now, ICollection<NetworkInput> inputs)
    {
        _connection.EndOfInput();
        Drain(now, inputs);
    }

    /// <summary>Lets time pass.</summary>
    public void Tick(Instant now, ICollection<NetworkInput> inputs)
    {
        _connection.Tick(now);
        Drain(now, inputs);
    }

    /// <summary>Tells the peer where we listen from now on (identify/push).</summary>
    public void PushIdentity(
        IReadOnlyList<Multiaddr> listenAddresses, Instant now, ICollection<NetworkInput> inputs)
    {
        if (_up) _connection.PushIdentity(listenAddresses, now);
        Drain(now, inputs);
    }

    /// <summary>Closes the link at once; the farewell is pending output.</summary>
    public void Close(string reason, Instant now, ICollection<NetworkInput> inputs)
    {
        if (CloseReason.Length == 0) CloseReason = reason;
        _connection.Close();
        Drain(now, inputs);
    }

    /// <summary>Gives buffers and sources back, but those that a pump has; secrets are wiped.</summary>
    public void Dispose()
    {
        foreach (var stream in _streams.Values.Where(stream => !_filled.ContainsKey(stream.Id)))
            stream.Source?.Dispose();
        _streams.Clear();
        _wires.Clear();
        _connection.Dispose();
    }

    private void Drain(Instant now, ICollection<NetworkInput> inputs)
    {
        while (_connection.TryTakeEvent(out var taken)) On(taken!, now, inputs);
    }

    private void On(ConnectionEvent taken, Instant now, ICollection<NetworkInput> inputs)
    {
        switch (taken)
        {
            case ConnectionEvent.HandshakeCompleted completed:
                _up = true;
                inputs.Add(new NetworkInput.LinkUp(Id, completed.Peer, _remote, _dial is not null, _dial));
                break;
            case ConnectionEvent.StreamOpened opened:
                OnOpened(opened, now, inputs);
                break;
            case ConnectionEvent.StreamData data when _wires.TryGetValue(data.Stream, out var stream):
                Read(stream, now, inputs);
                break;
            case ConnectionEvent.StreamWritable writable when _wires.TryGetValue(writable.Stream, out var stream):
                Write(stream, now, inputs);
                break;
            case ConnectionEvent.StreamFinished finished when _wires.TryGetValue(finished.Stream, out var stream):
                stream.ReadFinished = true;
                Read(stream, now, inputs);
                break;
            case ConnectionEvent.StreamReset reset when _wires.TryGetValue(reset.Stream, out var stream):
                End(stream, reset: true, inputs);
                break;
            case ConnectionEvent.OutboundStreamFailed failed when _wires.TryGetValue(failed.Stream, out var stream):
                OnOutboundFailed(stream, failed.Failure, inputs);
                break;
            case ConnectionEvent.Identified identified:
                inputs.Add(new NetworkInput.AddressesLearned(
                    Peer, [.. identified.Message.ListenAddresses.Select(address => address.ToString())]));
                break;
            case ConnectionEvent.Closed closed:
                OnClosed(closed, inputs);
                break;
            default:
                break; // pings and events of streams already given up
        }
    }

    private void OnOpened(ConnectionEvent.StreamOpened opened, Instant now, ICollection<NetworkInput> inputs)
    {
        if (opened.Inbound)
        {
            var isBitswap = opened.Protocol == BitswapMessage.ProtocolName;
            var accepted = Add(
                opened.Stream, inbound: true, isBitswap ? IpfsLimits.MessageBytes : OmegaLimits.FrameBytes);
            inputs.Add(new NetworkInput.StreamOpened(accepted.Id, Id, opened.Protocol));
            Read(accepted, now, inputs);
        }
        else if (_wires.TryGetValue(opened.Stream, out var stream) && stream.Request is { } request)
        {
            stream.Request = null;
            if (GossipProtocol.IsGossip(opened.Protocol)) stream.OutgoingPayloads = new Queue<int>();
            inputs.Add(new NetworkInput.StreamReady(request, stream.Id, opened.Protocol));
        }
    }

    private void OnOutboundFailed(LinkStream stream, OutboundFailure failure, ICollection<NetworkInput> inputs)
    {
        if (stream.Request is { } request)
        {
            Forget(stream);
            inputs.Add(new NetworkInput.StreamFailed(request, failure == OutboundFailure.ProtocolNotSupported
                ? NetworkInput.StreamFailed.NotSpoken
                : failure.ToString()));
        }
        else
        {
            End(stream, reset: true, inputs);
        }
    }

    private void OnClosed(ConnectionEvent.Closed closed, ICollection<NetworkInput> inputs)
    {
        if (CloseReason.Length == 0)
            CloseReason = closed.Detail.Length > 0 ? $"{closed.Reason}: {closed.Detail}" : closed.Reason.ToString();
        foreach (var stream in _streams.Values.OrderBy(s => s.Id.Value).ToList())
        {
            if (stream.Request is { } request) inputs.Add(new NetworkInput.StreamFailed(request, CloseReason));
            if (stream.Sink is not null) EndSink(stream, reset: true, inputs);
            Forget(stream);
        }

        if (_up) TellDown(new NetworkInput.LinkDown(Id, CloseReason), inputs);
        else if (_dial is { } dial) inputs.Add(new NetworkInput.DialFailed(dial, CloseReason));
        _up = false;
    }

    private LinkStream Add(WireStreamId wire, bool inbound, int frameBytesMax = OmegaLimits.FrameBytes)
    {
        var id = new StreamId((Id.Value << StreamBits) | wire.Value);
        var stream = new LinkStream(id, wire, inbound, frameBytesMax);
        _streams.Add(stream.Id, stream);
        _wires.Add(wire, stream);
        return stream;
    }

    private void Forget(LinkStream stream)
    {
        stream.IsSourceLeft = _filled.ContainsKey(stream.Id);
        if (!stream.IsSourceLeft)
        {
            stream.Source?.Dispose();
            stream.Source = null;
        }

        _streams.Remove(stream.Id);
        _wires.Remove(stream.Wire);
    }
}
