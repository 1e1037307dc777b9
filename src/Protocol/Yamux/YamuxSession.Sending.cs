namespace Omega.P2P.Protocol.Yamux;

/// <summary>What leaves: data within the peer's window, credits, pings.</summary>
public sealed partial class YamuxSession
{
    /// <summary>A fresh segment is begun rather than a data frame shorter than this.</summary>
    private const int FrameBytesMin = 4096;

    private uint _pingValue;
    private long _pingSentAtMs = -1;

    /// <summary>
    /// Writes as much of <paramref name="data"/> as the peer's window and <see cref="Limits.OutputBytesSoft"/> allow.
    /// </summary>
    /// <returns>Bytes taken, from the front. When fewer than given, <see cref="YamuxEventKind.Writable"/> follows once
    /// more can be taken; 0 also when the stream is gone or its sending side closed.</returns>
    public int Write(uint id, ReadOnlySpan<byte> data)
    {
        var taken = 0;
        while (taken < data.Length)
        {
            var room = Reserve(id, data.Length - taken);
            if (room.IsEmpty)
            {
                break;
            }

            var count = Math.Min(room.Length, data.Length - taken);
            data.Slice(taken, count).CopyTo(room);
            Commit(id, count);
            taken += count;
        }

        return taken;
    }

    /// <summary>
    /// Room inside the next data frame of a stream, so that content can be produced in place; fill its front, then
    /// <see cref="Commit"/> before any other call. Empty when the stream can take nothing now (see
    /// <see cref="Write"/>).
    /// </summary>
    /// <param name="id">The stream.</param>
    /// <param name="wanted">Bytes the caller would like to write; the room may be smaller or larger.</param>
    public Span<byte> Reserve(uint id, int wanted)
    {
        if (wanted <= 0 || Error != YamuxError.None || !Find(id, out var stream) || stream.FinishedByUs)
        {
            return default;
        }

        if (stream.SendWindow == 0 || _output.PendingBytes >= OutputBytesSoft)
        {
            Block(stream);
            return default;
        }

        var least = (int)Math.Min(Math.Min(wanted, FrameBytesMin), stream.SendWindow);
        var frame = _output.GetSpan(YamuxHeader.Bytes + least);
        return frame.Slice(
            YamuxHeader.Bytes, (int)Math.Min(frame.Length - YamuxHeader.Bytes, stream.SendWindow));
    }

    /// <summary>Sends the first <paramref name="count"/> bytes of the room last reserved for this stream.</summary>
    public void Commit(uint id, int count)
    {
        if (count <= 0 || !Find(id, out var stream))
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, stream.SendWindow);
        stream.SendWindow -= count;
        new YamuxHeader(YamuxFrameKind.Data, TakeFlags(stream), id, (uint)count)
            .Write(_output.GetSpan(YamuxHeader.Bytes + count));
        _output.Advance(YamuxHeader.Bytes + count);
    }

    /// <summary>
    /// A data frame that its content's source fills beside the session, on another thread: end it by
    /// <see cref="EndFrame"/> before the next is begun for the stream. False when the stream can take nothing now (see
    /// <see cref="Write"/>).
    /// </summary>
    public bool TryBeginFrame(uint id, out OutboundFrame frame)
    {
        frame = default;
        if (Error != YamuxError.None || !Find(id, out var stream) || stream.FinishedByUs)
        {
            return false;
        }

        if (stream.SendWindow == 0 || _output.PendingBytes >= OutputBytesSoft)
        {
            Block(stream);
            return false;
        }

        var rented = _output.RentFrame(out var plaintext);
        var start = plaintext.Start.Value + YamuxHeader.Bytes;
        frame = new OutboundFrame(rented, start, (int)Math.Min(plaintext.End.Value - start, stream.SendWindow));
        return true;
    }

    /// <summary>Sends the first <paramref name="count"/> bytes of a frame's room; none gives it back unused, as does a
    /// stream that went away meanwhile.</summary>
    public void EndFrame(uint id, OutboundFrame frame, int count)
    {
        if (count <= 0 || Error != YamuxError.None || !Find(id, out var stream) || stream.FinishedByUs)
        {
            frame.Return();
            return;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, stream.SendWindow);
        stream.SendWindow -= count;
        new YamuxHeader(YamuxFrameKind.Data, TakeFlags(stream), id, (uint)count).Write(frame.Header);
        if (count > FrameBytesMin)
        {
            _output.Append(frame.Array, YamuxHeader.Bytes + count);
            return;
        }

        // Little in a segment of its own would hold far more memory than is counted as pending.
        var length = YamuxHeader.Bytes + count;
        frame.Whole(length).CopyTo(_output.GetSpan(length));
        _output.Advance(length);
        frame.Return();
    }

    /// <summary>Sends a ping unless one is under way; its answer is a <see cref="YamuxEventKind.Pong"/>.</summary>
    public void Ping(long nowMs)
    {
        if (_pingSentAtMs >= 0)
        {
            return;
        }

        _pingSentAtMs = nowMs;
        _pingValue = unchecked(_pingValue + 1);
        WriteFrame(YamuxFrameKind.Ping, YamuxFlags.Syn, 0, _pingValue);
    }

    /// <summary>Tells streams whose write was cut short by full output that it has drained. The owner calls it after
    /// output was taken.</summary>
    public void OnOutputDrained()
    {
        if (_blocked.Count == 0 || _output.PendingBytes >= OutputBytesSoft)
        {
            return;
        }

        foreach (var stream in _blocked)
        {
            TellWritable(stream);
        }

        _blocked.RemoveAll(stream => stream.Gone || !stream.WriteBlocked);
    }

    private void Block(YamuxStream stream)
    {
        if (!stream.WriteBlocked)
        {
            stream.WriteBlocked = true;
            _blocked.Add(stream);
        }
    }

    private void TellWritable(YamuxStream stream)
    {
        if (stream is { Gone: false, WriteBlocked: true, SendWindow: > 0 })
        {
            stream.WriteBlocked = false;
            _events.Enqueue(new YamuxEvent(YamuxEventKind.Writable, stream.Id));
        }
    }

    private static YamuxFlags TakeFlags(YamuxStream stream)
    {
        var flags = stream.PendingFlags;
        stream.PendingFlags = YamuxFlags.None;
        return flags;
    }

    /// <summary>
    /// Credits what was read once it is half a window. The window doubles when that half was consumed within four
    /// round trips, and the reader had kept up when the last credit left: then the window was the limit. (Four leaves
    /// room for jitter; memory is bounded by <see cref="Limits.YamuxWindowGrowthBytesMax"/> anyway.)
    /// </summary>
    private void Credit(YamuxStream stream, long nowMs)
    {
        if (stream.Uncredited < stream.ReceiveWindowSize / 2)
        {
            return;
        }

        var delta = stream.Uncredited;
        if (RoundTripMs is { } roundTripMs
            && stream.UnreadAtCredit <= stream.ReceiveWindowSize / 4
            && nowMs - stream.CreditedAtMs <= 4 * Math.Max(roundTripMs, 1))
        {
            var grow = Math.Min(stream.ReceiveWindowSize, _limits.YamuxWindowBytesMax - stream.ReceiveWindowSize);
            grow = Math.Min(grow, _limits.YamuxWindowGrowthBytesMax - _grownBytes);
            delta += grow;
            stream.ReceiveWindowSize += grow;
            _grownBytes += grow;
        }

        stream.CreditedAtMs = nowMs;
        stream.UnreadAtCredit = stream.Received.Length;
        stream.Uncredited = 0;
        stream.ReceiveWindow += delta;
        WriteFrame(YamuxFrameKind.WindowUpdate, TakeFlags(stream), stream.Id, (uint)delta);
    }

    private void WriteFrame(YamuxFrameKind kind, YamuxFlags flags, uint id, uint length)
    {
        new YamuxHeader(kind, flags, id, length).Write(_output.GetSpan(YamuxHeader.Bytes));
        _output.Advance(YamuxHeader.Bytes);
    }
}
