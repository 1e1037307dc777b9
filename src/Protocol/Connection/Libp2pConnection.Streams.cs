using System.Buffers;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Multistream;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Connection;

/// <summary>The application's side of streams.</summary>
public sealed partial class Libp2pConnection
{
    /// <summary>
    /// Opens a stream for the first of <paramref name="protocols"/> that the peer speaks. When there is one protocol
    /// and identify said that the peer speaks it, the stream is open at once (0-RTT).
    /// </summary>
    /// <param name="protocols">At least one, in order of preference.</param>
    /// <param name="now">The present.</param>
    /// <param name="id">The stream, when <see cref="OpenStreamStatus.Opening"/>.</param>
    public OpenStreamStatus OpenStream(IReadOnlyList<string> protocols, Instant now, out StreamId id)
    {
        NowMs = now.RunningMs;
        return OpenStream(protocols, handler: null, out id);
    }

    /// <summary>Writes from the front of <paramref name="data"/> what the peer's window and
    /// <see cref="Limits.OutputBytesSoft"/> allow.</summary>
    /// <returns>Bytes taken. When fewer than given, <see cref="ConnectionEvent.StreamWritable"/> follows; 0 also when
    /// the stream is gone, not open yet, or closed for writing.</returns>
    public int Write(StreamId id, ReadOnlySpan<byte> data) =>
        FindWritable(id) is { } stream ? Session.Write(stream.Id, data) : 0;

    /// <summary>Room inside the stream's next frame, to produce content in place: fill its front and
    /// <see cref="CommitWrite"/> before any other call. Empty when nothing can be taken now (see <see cref="Write"/>).
    /// </summary>
    public Span<byte> ReserveWrite(StreamId id, int wanted) =>
        FindWritable(id) is { } stream ? Session.Reserve(stream.Id, wanted) : default;

    /// <summary>Sends the first <paramref name="count"/> bytes of the room reserved last.</summary>
    public void CommitWrite(StreamId id, int count)
    {
        if (FindOpen(id) is { } stream)
        {
            Session.Commit(stream.Id, count);
        }
    }

    /// <summary>A frame of the stream to be filled on another thread; end it by <see cref="EndFrame"/>. False when
    /// nothing can be taken now (see <see cref="Write"/>).</summary>
    public bool TryBeginFrame(StreamId id, out OutboundFrame frame)
    {
        frame = default;
        return FindWritable(id) is { } stream && Session.TryBeginFrame(stream.Id, out frame);
    }

    /// <summary>Sends the first <paramref name="count"/> bytes of a frame's room; 0 gives it back unused.</summary>
    public void EndFrame(StreamId id, OutboundFrame frame, int count)
    {
        if (FindOpen(id) is { } stream)
        {
            Session.EndFrame(stream.Id, frame, count);
        }
        else
        {
            frame.Return();
        }
    }

    /// <summary>Unread bytes of a stream; 0 when it is gone.</summary>
    public long Readable(StreamId id) => FindReadable(id) is { } stream ? Session.Readable(stream.Id) : 0;

    /// <summary>The first contiguous unread bytes; empty when there are none. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Peek(StreamId id) =>
        FindReadable(id) is { } stream ? Session.Peek(stream.Id) : default;

    /// <summary>Marks bytes as read, which lets the peer send more.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than is unread.</exception>
    public void Consume(StreamId id, int count, Instant now)
    {
        NowMs = now.RunningMs;
        if (FindReadable(id) is { } stream)
        {
            Session.Consume(stream.Id, count, NowMs);
            Forget(stream);
        }
    }

    /// <summary>Takes the first contiguous unread bytes out without copying them, and lets the peer send more. The
    /// caller owns the array and gives it back to <see cref="ArrayPool{T}.Shared"/>. False when nothing waits.
    /// </summary>
    public bool TryTake(StreamId id, Instant now, out ArraySegment<byte> chunk)
    {
        NowMs = now.RunningMs;
        chunk = default;
        if (FindReadable(id) is not { } stream || !Session.TryTake(stream.Id, NowMs, out chunk))
        {
            return false;
        }

        Forget(stream);
        return true;
    }

    /// <summary>Ends our direction after all data written; the peer's goes on.</summary>
    public void CloseWrite(StreamId id)
    {
        if (FindOpen(id) is { } stream)
        {
            CloseAfterPending(stream);
            Forget(stream);
        }
    }

    /// <summary>Drops a stream in both directions, open or still opening; no event follows.</summary>
    public void Reset(StreamId id)
    {
        if (_phase == Phase.Open && _streams.TryGetValue(id.Value, out var stream) && stream.Handler is null)
        {
            Session.Reset(id.Value);
            Forget(stream);
        }
    }

    internal void WriteAll(ConnectionStream stream, ReadOnlySpan<byte> data)
    {
        var taken = stream.Pending.Length > 0 ? 0 : Session.Write(stream.Id, data);
        if (taken < data.Length)
        {
            stream.Pending = [.. stream.Pending, .. data[taken..]];
        }
    }

    internal void CloseAfterPending(ConnectionStream stream)
    {
        stream.CloseAfterPending = stream.Pending.Length > 0;
        if (!stream.CloseAfterPending)
        {
            Session.CloseWrite(stream.Id);
        }
    }

    private OpenStreamStatus OpenStream(IReadOnlyList<string> protocols, IStreamHandler? handler, out StreamId id)
    {
        id = default;
        if (_phase != Phase.Open)
        {
            return _phase == Phase.Closed ? OpenStreamStatus.GoingAway : OpenStreamStatus.NotReady;
        }

        var status = Session.TryOpen(out var number);
        if (status != YamuxOpenStatus.Opened)
        {
            return status is YamuxOpenStatus.TooManyStreams or YamuxOpenStatus.TooManyUnacknowledged
                ? OpenStreamStatus.TooManyStreams
                : OpenStreamStatus.GoingAway;
        }

        id = new StreamId(number);
        var stream = new ConnectionStream(number, inbound: false)
        {
            Handler = handler,
            Dialer = new MultistreamDialer(protocols, Limits),
        };
        _streams.Add(number, stream);
        Watch(_negotiations, number, Limits.StreamNegotiationTimeoutMs, negotiating: true);
        var proposal = new ArrayBufferWriter<byte>();
        stream.Dialer.Start(proposal);
        WriteAll(stream, proposal.WrittenSpan);
        if (protocols.Count == 1 && RemoteIdentity is { } remote && remote.Protocols.Contains(protocols[0]))
        {
            OnOpened(stream, protocols[0]);
        }

        return OpenStreamStatus.Opening;
    }

    private ConnectionStream? FindOpen(StreamId id) =>
        _phase == Phase.Open && _streams.TryGetValue(id.Value, out var stream)
            && stream is { Handler: null, Opened: true }
            ? stream
            : null;

    private ConnectionStream? FindReadable(StreamId id) =>
        FindOpen(id) is { Negotiating: false } stream ? stream : null;

    private ConnectionStream? FindWritable(StreamId id)
    {
        if (FindOpen(id) is not { } stream)
        {
            return null;
        }

        stream.WriteBlocked = stream.Pending.Length > 0;
        return stream.WriteBlocked ? null : stream;
    }

    private void Forget(ConnectionStream stream)
    {
        if (_phase == Phase.Open && !Session.IsOpen(stream.Id))
        {
            _streams.Remove(stream.Id);
            CloseWhenDone();
        }
    }
}
