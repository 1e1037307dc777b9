using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Identify;
using Omega.P2P.Protocol.Noise;
using Omega.P2P.Protocol.Ping;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Connection;

/// <summary>
/// One libp2p connection over any ordered byte channel, as a state machine: multistream-select to <c>/noise</c>, the
/// Noise handshake, <c>/yamux/1.0.0</c>, and on each stream multistream-select again; identify and ping are spoken
/// inside. Bytes come in by <see cref="Receive"/>, leave by <see cref="PeekOutput"/>, events by
/// <see cref="TryTakeEvent"/>; after any call the driver takes events and output, and calls <see cref="Tick"/> when
/// <see cref="NextDeadlineMs"/> has come. Same inputs, same random source: same outputs. Not thread-safe; but output
/// handed out may be sent while other calls run.
/// </summary>
public sealed partial class Libp2pConnection : IDisposable
{
    private readonly ConnectionSettings _settings;
    private readonly OutputQueue _output = new();
    private readonly Queue<ConnectionEvent> _events = new();
    private readonly Dictionary<uint, ConnectionStream> _streams = [];
    private readonly List<ConnectionStream> _told = [];
    private readonly string[] _spoken;
    private readonly HashSet<string> _accepted;
    private readonly RateBudget _frames;
    private Phase _phase = Phase.Security;
    private YamuxSession? _session;
    private bool _leaving;
    private long? _leaveAtMs;

    /// <summary>Starts the connection: a dialler's first bytes are pending at once.</summary>
    public Libp2pConnection(ConnectionSettings settings, Instant now)
    {
        _settings = settings;
        _spoken =
        [
            .. settings.Protocols, IdentifyMessage.ProtocolName, IdentifyMessage.PushProtocolName, PingProtocol.Name,
        ];
        _accepted = [.. _spoken];
        _pushes = new RateBudget(10 * settings.Limits.IdentifyPushesPerSecond, settings.Limits.IdentifyPushesPerSecond);
        _frames = new RateBudget(2 * settings.Limits.FramesPerSecond, settings.Limits.FramesPerSecond);
        NowMs = now.RunningMs;
        _handshakeDeadlineMs = NowMs + settings.Limits.HandshakeTimeoutMs;
        _heardAtMs = NowMs;
        _noise = new NoiseHandshake(
            IsDialer, settings.Key, settings.ExpectedPeer, Muxers, settings.Random, settings.Limits,
            settings.OffersAes);
        BeginSecurity();
    }

    private enum Phase
    {
        Security,
        Handshake,
        Muxer,
        Open,
        Closed,
    }

    /// <summary>Who is at the other end; default before the handshake completed.</summary>
    public PeerId RemotePeer { get; private set; }

    /// <summary>What the peer last said about itself; null before identify.</summary>
    public IdentifyMessage? RemoteIdentity { get; private set; }

    /// <summary>The connection ended; nothing is read or opened any more.</summary>
    public bool IsClosed => _phase == Phase.Closed;

    /// <summary>The smoothed round trip of yamux pings in milliseconds; null before the first.</summary>
    public long? RoundTripMs => _session?.RoundTripMs;

    /// <summary>Streams open in either direction, those of identify and ping included.</summary>
    public int StreamCount => _session?.StreamCount ?? 0;

    /// <summary>Unread bytes of streams that the peer opened.</summary>
    public long UnreadInboundBytes => _session?.UnreadInboundBytes ?? 0;

    /// <summary>Bytes waiting to be sent.</summary>
    public long PendingOutputBytes => _output.PendingBytes;

    internal YamuxSession Session => _session ?? throw new InvalidOperationException("The muxer is not there yet.");

    internal long NowMs { get; private set; }

    private bool IsDialer => _settings.Role == ConnectionRole.Dialer;

    private Limits Limits => _settings.Limits;

    /// <summary>Takes the oldest event.</summary>
    public bool TryTakeEvent(out ConnectionEvent? taken) => _events.TryDequeue(out taken);

    /// <summary>The next bytes to send, contiguous; empty when there are none. They stay valid and unchanged until
    /// <see cref="ConsumeOutput"/>.</summary>
    public ReadOnlyMemory<byte> PeekOutput() => _output.Peek();

    /// <summary>Adds all pending output to <paramref name="segments"/>, for a gathering send.</summary>
    public void CopyOutputTo(IList<ArraySegment<byte>> segments) => _output.CopySegmentsTo(segments);

    /// <summary>Tells that <paramref name="count"/> bytes from the front of the output were sent.</summary>
    public void ConsumeOutput(int count)
    {
        _output.Consume(count);
        if (_phase == Phase.Open)
        {
            Session.OnOutputDrained();
            DrainSession();
        }
    }

    /// <summary>Takes no new streams and tells the peer so; closes once the last stream ends, or after
    /// <see cref="Limits.GoAwayGraceMs"/>.</summary>
    public void GoAway()
    {
        if (_phase != Phase.Open)
        {
            Close();
            return;
        }

        _leaving = true;
        _leaveAtMs ??= NowMs + Limits.GoAwayGraceMs;
        Session.GoAway(0);
        CloseWhenDone();
    }

    /// <summary>Ends the connection now; streams are dropped, the go-away is pending output.</summary>
    public void Close() => CloseWith(CloseReason.Local, "");

    /// <summary>The driver reached the end of the peer's bytes, or the socket failed.</summary>
    public void EndOfInput() => CloseWith(CloseReason.Remote, "");

    /// <summary>Gives all buffers back and wipes secrets; pending output is lost.</summary>
    public void Dispose()
    {
        _phase = Phase.Closed;
        _output.Dispose();
        _session?.Dispose();
        _transport?.Dispose();
        _noise.Dispose();
    }

    private void CloseWith(CloseReason reason, string detail)
    {
        if (_phase == Phase.Closed)
        {
            return;
        }

        if (_phase == Phase.Open && reason != CloseReason.Remote)
        {
            Session.GoAway(reason == CloseReason.Local ? 0u : 1u);
        }

        _phase = Phase.Closed;
        _session?.Dispose();
        _streams.Clear();
        _events.Enqueue(new ConnectionEvent.Closed(reason, detail));
    }

    private void CloseWhenDone()
    {
        if (_phase == Phase.Open && (_leaving || _peerLeaving) && Session.StreamCount == 0)
        {
            CloseWith(_leaving ? CloseReason.Local : CloseReason.Remote, "");
        }
    }
}
