using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Protocol.Buffers;

namespace Omega.P2P.Protocol.Yamux;

/// <summary>
/// One yamux 1.0.0 session as a state machine: bytes of the secured channel in, frames out into an
/// <see cref="OutputQueue"/>, events to be taken by the owner. Unread data is kept per stream and bounded by the
/// stream's receive window, which is credited only when the application reads: a slow reader slows its peer.
/// Not thread-safe. After a violation (<see cref="Error"/>) nothing is read any more.
/// Source: libp2p specs, yamux/README.md.
/// </summary>
public sealed partial class YamuxSession : IDisposable
{
    private readonly OutputQueue _output;
    private readonly Limits _limits;
    private readonly OutputShare? _share;
    private readonly Dictionary<uint, YamuxStream> _streams = [];
    private readonly List<YamuxStream> _blocked = [];
    private readonly Queue<YamuxEvent> _events = new();
    private readonly byte[] _header = new byte[YamuxHeader.Bytes];
    private readonly uint _ownParity;
    private uint _nextId;
    private uint _highestPeerId;
    private int _inbound;
    private int _outbound;
    private int _unacknowledged;
    private long _grownBytes;
    private bool _goAwaySent;
    private bool _goAwayReceived;

    /// <summary>Starts a session; the dialer's streams have odd ids, the listener's even ones.</summary>
    /// <param name="dialer">Whether we dialled.</param>
    /// <param name="output">Where frames go; stays the caller's.</param>
    /// <param name="limits">Bounds of windows, streams and output.</param>
    /// <param name="share">What all sessions may have waiting together; null: no bound but each one's own.</param>
    public YamuxSession(bool dialer, OutputQueue output, Limits limits, OutputShare? share = null)
    {
        _output = output;
        _share = share;
        _limits = limits;
        _nextId = dialer ? 1u : 2u;
        _ownParity = _nextId & 1;
        _frames = new RateBudget(2 * limits.FramesPerSecond, limits.FramesPerSecond);
        _streamFrames = new RateBudget(2 * limits.StreamFramesPerSecond, limits.StreamFramesPerSecond);
        _idleFrames = new RateBudget(10 * limits.IdleFramesPerSecond, limits.IdleFramesPerSecond);
    }

    private int OutputBytesSoft => Math.Min(_limits.OutputBytesSoft, _share?.Bytes ?? int.MaxValue);

    /// <summary>The violation that ended the session, or <see cref="YamuxError.None"/>.</summary>
    public YamuxError Error { get; private set; }

    /// <summary>The smoothed round trip in milliseconds; null before the first pong.</summary>
    public long? RoundTripMs { get; private set; }

    /// <summary>Streams open in either direction.</summary>
    public int StreamCount => _streams.Count;

    /// <summary>Unread bytes of streams that the peer opened.</summary>
    public long UnreadInboundBytes => _streams.Values.Where(s => !s.Outbound).Sum(s => s.Received.Length);

    /// <summary>Either side has said go-away: no stream can be opened.</summary>
    public bool GoingAway => _goAwaySent || _goAwayReceived;

    /// <summary>Takes the oldest event.</summary>
    public bool TryTakeEvent(out YamuxEvent taken) => _events.TryDequeue(out taken);

    /// <summary>Opens a stream. Its SYN leaves with the first data, window update or FIN.</summary>
    public YamuxOpenStatus TryOpen(out uint id)
    {
        id = 0;
        if (GoingAway || Error != YamuxError.None)
        {
            return YamuxOpenStatus.GoingAway;
        }

        if (_outbound >= _limits.StreamsOutboundMax)
        {
            return YamuxOpenStatus.TooManyStreams;
        }

        if (_unacknowledged >= _limits.StreamsUnacknowledgedMax)
        {
            return YamuxOpenStatus.TooManyUnacknowledged;
        }

        if (_nextId >= uint.MaxValue - 1)
        {
            return YamuxOpenStatus.IdsExhausted;
        }

        id = _nextId;
        _nextId += 2;
        _outbound++;
        _unacknowledged++;
        _streams.Add(id, new YamuxStream(id, outbound: true, _limits.YamuxWindowBytesInitial));
        return YamuxOpenStatus.Opened;
    }

    /// <summary>Whether the stream exists: not reset, and not both finished and read empty.</summary>
    public bool IsOpen(uint id) => _streams.ContainsKey(id);

    /// <summary>Unread bytes of a stream; 0 when it is gone.</summary>
    public long Readable(uint id) => Find(id, out var stream) ? stream.Received.Length : 0;

    /// <summary>The first contiguous unread bytes, valid until the next call on this session.</summary>
    public ReadOnlySpan<byte> Peek(uint id) => Find(id, out var stream) ? stream.Received.First : default;

    /// <summary>Marks <paramref name="count"/> bytes as read and credits them to the peer, in one window update per
    /// half window.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than is unread.</exception>
    public void Consume(uint id, int count, long nowMs)
    {
        if (!Find(id, out var stream))
        {
            return;
        }

        stream.Received.Consume(count);
        OnTaken(stream, count, nowMs);
    }

    /// <summary>Takes the first contiguous unread bytes out of the session without copying them, and credits them. The
    /// caller owns the array and gives it back to <see cref="System.Buffers.ArrayPool{T}.Shared"/>.</summary>
    public bool TryTake(uint id, long nowMs, out ArraySegment<byte> chunk)
    {
        chunk = default;
        if (!Find(id, out var stream) || !stream.Received.TryTake(out chunk))
        {
            return false;
        }

        OnTaken(stream, chunk.Count, nowMs);
        return true;
    }

    private void OnTaken(YamuxStream stream, int count, long nowMs)
    {
        stream.Uncredited += count;
        if (stream.Received.Length == 0)
        {
            stream.ReadableTold = false;
        }

        if (!stream.FinishedByPeer)
        {
            Credit(stream, nowMs);
        }

        RemoveWhenDone(stream);
    }

    /// <summary>Ends our direction: FIN after all data written. Data of the peer still arrives.</summary>
    public void CloseWrite(uint id)
    {
        if (!Find(id, out var stream) || stream.FinishedByUs)
        {
            return;
        }

        stream.FinishedByUs = true;
        WriteFrame(YamuxFrameKind.Data, TakeFlags(stream) | YamuxFlags.Fin, id, 0);
        RemoveWhenDone(stream);
    }

    /// <summary>Drops the stream in both directions, unread data with it, and tells the peer.</summary>
    public void Reset(uint id)
    {
        if (!Find(id, out var stream))
        {
            return;
        }

        WriteFrame(YamuxFrameKind.Data, TakeFlags(stream) | YamuxFlags.Rst, id, 0);
        Remove(stream);
    }

    /// <summary>Tells the peer that no more streams are opened or accepted; open ones go on.</summary>
    /// <param name="code">0 normal, 1 protocol error, 2 internal error.</param>
    public void GoAway(uint code)
    {
        if (_goAwaySent)
        {
            return;
        }

        _goAwaySent = true;
        WriteFrame(YamuxFrameKind.GoAway, YamuxFlags.None, 0, code);
    }

    /// <summary>Gives unread data back to the pool; no stream exists afterwards.</summary>
    public void Dispose()
    {
        foreach (var stream in _streams.Values)
        {
            stream.Gone = true;
            stream.Received.Dispose();
        }

        _streams.Clear();
        _blocked.Clear();
    }

    private bool Find(uint id, [NotNullWhen(true)] out YamuxStream? stream) => _streams.TryGetValue(id, out stream);

    private void RemoveWhenDone(YamuxStream stream)
    {
        if (stream is { FinishedByUs: true, FinishedByPeer: true, Gone: false } && stream.Received.Length == 0)
        {
            Remove(stream);
        }
    }

    private void Remove(YamuxStream stream)
    {
        stream.Gone = true;
        stream.Received.Dispose();
        _streams.Remove(stream.Id);
        _grownBytes -= stream.ReceiveWindowSize - _limits.YamuxWindowBytesInitial;
        Acknowledge(stream);
        if (stream.WriteBlocked)
        {
            _blocked.Remove(stream);
        }

        if (stream.Outbound)
        {
            _outbound--;
        }
        else
        {
            _inbound--;
        }
    }

    private void Acknowledge(YamuxStream stream)
    {
        if (!stream.Acknowledged)
        {
            stream.Acknowledged = true;
            _unacknowledged--;
        }
    }
}
