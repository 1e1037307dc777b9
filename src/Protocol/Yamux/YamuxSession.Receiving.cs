using Omega.P2P.Protocol.Buffers;

namespace Omega.P2P.Protocol.Yamux;

/// <summary>What arrives: headers, payloads in any chunks, and the peer's violations.</summary>
public sealed partial class YamuxSession
{
    /// <summary>Half a pooled buffer: adopting less would let a peer's window hold several times its size.</summary>
    private const int AdoptedBytesMin = 32 * 1024;

    private readonly RateBudget _frames;
    private readonly RateBudget _streamFrames;
    private readonly RateBudget _idleFrames;
    private int _headerFilled;
    private uint _payloadLeft;
    private bool _payloadFinishes;
    private YamuxStream? _payloadStream;

    /// <summary>
    /// Takes plaintext of the channel, split anywhere. Nothing is kept of <paramref name="bytes"/> after return.
    /// </summary>
    /// <returns>False after a violation: see <see cref="Error"/>; the go-away is in the output.</returns>
    public bool Receive(ReadOnlySpan<byte> bytes, long nowMs) => Receive(bytes, default, nowMs, out _);

    /// <summary>
    /// As <see cref="Receive(ReadOnlySpan{byte}, long)"/>, but the array, rented from the shared pool, becomes the
    /// session's when <paramref name="isAdopted"/> is true: its bytes are then not copied.
    /// </summary>
    public bool Receive(ArraySegment<byte> segment, long nowMs, out bool isAdopted) =>
        Receive(segment, segment, nowMs, out isAdopted);

    private bool Receive(ReadOnlySpan<byte> bytes, ArraySegment<byte> owner, long nowMs, out bool isAdopted)
    {
        isAdopted = false;
        while (!bytes.IsEmpty && Error == YamuxError.None)
        {
            if (_payloadLeft > 0)
            {
                var take = (int)Math.Min((uint)bytes.Length, _payloadLeft);
                isAdopted = take == bytes.Length && take >= AdoptedBytesMin && owner.Array is not null
                    && _payloadStream is { Gone: false };
                OnPayload(bytes[..take], isAdopted ? owner[^take..] : default);
                bytes = bytes[take..];
            }
            else
            {
                var take = Math.Min(bytes.Length, YamuxHeader.Bytes - _headerFilled);
                bytes[..take].CopyTo(_header.AsSpan(_headerFilled));
                _headerFilled += take;
                bytes = bytes[take..];
                if (_headerFilled == YamuxHeader.Bytes)
                {
                    _headerFilled = 0;
                    OnHeader(nowMs);
                }
            }
        }

        return Error == YamuxError.None;
    }

    private void OnHeader(long nowMs)
    {
        var error = YamuxHeader.TryRead(_header, out var header);
        if (error == YamuxError.None)
        {
            error = Count(header, nowMs);
        }

        if (error == YamuxError.None)
        {
            error = header.Kind switch
            {
                YamuxFrameKind.Data => OnStreamFrame(header, nowMs),
                YamuxFrameKind.WindowUpdate => OnStreamFrame(header, nowMs),
                YamuxFrameKind.Ping => OnPing(header, nowMs),
                _ => OnGoAway(header),
            };
        }

        if (error != YamuxError.None)
        {
            Error = error;
            _payloadLeft = 0;
            GoAway(1);
        }
    }

    /// <summary>What costs us more than its sender is rationed; bytes that are paid for by their length are not.
    /// </summary>
    private YamuxError Count(YamuxHeader header, long nowMs)
    {
        if (!_frames.TryTake(nowMs))
        {
            return YamuxError.FrameFlood;
        }

        if (header.Kind is YamuxFrameKind.Data or YamuxFrameKind.WindowUpdate)
        {
            var isThere = _streams.TryGetValue(header.StreamId, out var stream);
            if ((header.Flags & (YamuxFlags.Syn | YamuxFlags.Rst)) != 0 || (!isThere && header.Flags != 0))
            {
                return _streamFrames.TryTake(nowMs) ? YamuxError.None : YamuxError.StreamFlood;
            }

            var least = header.Kind == YamuxFrameKind.Data ? 1u : (uint)_limits.YamuxCreditBytesMin;
            var isNews = stream is not null
                && (((header.Flags & YamuxFlags.Fin) != 0 && !stream.FinishedByPeer)
                    || ((header.Flags & YamuxFlags.Ack) != 0 && !stream.Acknowledged));
            if (header.Length >= least || isNews)
            {
                return YamuxError.None;
            }
        }

        return _idleFrames.TryTake(nowMs) ? YamuxError.None : YamuxError.IdleFlood;
    }

    private YamuxError OnStreamFrame(YamuxHeader header, long nowMs)
    {
        if (header.StreamId == 0)
        {
            return YamuxError.SessionIdOnStreamFrame;
        }

        if ((header.Flags & YamuxFlags.Syn) != 0 && OnSyn(header, nowMs) is var refused and not YamuxError.None)
        {
            return refused;
        }

        if (!_streams.TryGetValue(header.StreamId, out var stream))
        {
            return OnAbsentStream(header);
        }

        if ((header.Flags & YamuxFlags.Ack) != 0)
        {
            Acknowledge(stream);
        }

        if ((header.Flags & YamuxFlags.Rst) != 0)
        {
            Remove(stream);
            _events.Enqueue(new YamuxEvent(YamuxEventKind.Reset, stream.Id));
            return header.Kind == YamuxFrameKind.Data ? SkipPayload(header.Length) : YamuxError.None;
        }

        return header.Kind == YamuxFrameKind.Data ? OnData(stream, header) : OnWindowUpdate(stream, header);
    }

    private YamuxError OnSyn(YamuxHeader header, long nowMs)
    {
        if ((header.StreamId & 1) == _ownParity)
        {
            return YamuxError.WrongParity;
        }

        if (_streams.ContainsKey(header.StreamId))
        {
            return YamuxError.StreamAlreadyOpen;
        }

        // SYNs may come out of order: a peer may number streams when it makes them and open them when it writes.
        _highestPeerId = Math.Max(_highestPeerId, header.StreamId);
        if ((header.Flags & YamuxFlags.Rst) != 0)
        {
            return YamuxError.None;
        }

        if (_inbound >= _limits.StreamsInboundMax || _goAwaySent)
        {
            WriteFrame(YamuxFrameKind.WindowUpdate, YamuxFlags.Rst, header.StreamId, 0);
            return YamuxError.None;
        }

        _inbound++;
        var stream = new YamuxStream(header.StreamId, outbound: false, _limits.YamuxWindowBytesInitial)
        {
            CreditedAtMs = nowMs,
        };
        _streams.Add(stream.Id, stream);
        _events.Enqueue(new YamuxEvent(YamuxEventKind.Opened, stream.Id));
        return YamuxError.None;
    }

    /// <summary>Frames that crossed our reset or close are skipped; frames for a stream that never was are not.
    /// </summary>
    private YamuxError OnAbsentStream(YamuxHeader header)
    {
        var known = (header.StreamId & 1) == _ownParity
            ? header.StreamId < _nextId
            : header.StreamId <= _highestPeerId;
        return !known ? YamuxError.UnknownStream
            : header.Kind == YamuxFrameKind.Data ? SkipPayload(header.Length)
            : YamuxError.None;
    }

    private YamuxError SkipPayload(uint length)
    {
        if (length > _limits.YamuxWindowBytesMax)
        {
            return YamuxError.FrameTooLong;
        }

        _payloadStream = null;
        _payloadLeft = length;
        return YamuxError.None;
    }

    private YamuxError OnData(YamuxStream stream, YamuxHeader header)
    {
        if (stream.FinishedByPeer && header.Length > 0)
        {
            return YamuxError.DataAfterFinish;
        }

        if (header.Length > stream.ReceiveWindow)
        {
            return YamuxError.WindowExceeded;
        }

        stream.ReceiveWindow -= header.Length;
        _payloadStream = stream;
        _payloadLeft = header.Length;
        _payloadFinishes = (header.Flags & YamuxFlags.Fin) != 0;
        if (_payloadLeft == 0 && _payloadFinishes)
        {
            OnFinish(stream);
        }

        return YamuxError.None;
    }

    private void OnPayload(ReadOnlySpan<byte> bytes, ArraySegment<byte> owned)
    {
        _payloadLeft -= (uint)bytes.Length;
        if (_payloadStream is not { Gone: false } stream)
        {
            return;
        }

        if (owned.Count > 0)
        {
            stream.Received.AppendOwned(owned);
        }
        else
        {
            stream.Received.Append(bytes);
        }

        if (!stream.ReadableTold)
        {
            stream.ReadableTold = true;
            _events.Enqueue(new YamuxEvent(YamuxEventKind.Readable, stream.Id));
        }

        if (_payloadLeft == 0 && _payloadFinishes)
        {
            OnFinish(stream);
        }
    }

    private YamuxError OnWindowUpdate(YamuxStream stream, YamuxHeader header)
    {
        if (stream.SendWindow + header.Length > uint.MaxValue)
        {
            return YamuxError.WindowOverflow;
        }

        stream.SendWindow += header.Length;
        // A credit of nothing, as a half-close carries one, leaves the stream among the blocked.
        if (stream is { WriteBlocked: true, SendWindow: > 0 } && _output.PendingBytes < OutputBytesSoft)
        {
            TellWritable(stream);
            _blocked.Remove(stream);
        }

        if ((header.Flags & YamuxFlags.Fin) != 0)
        {
            OnFinish(stream);
        }

        return YamuxError.None;
    }

    private void OnFinish(YamuxStream stream)
    {
        if (!stream.FinishedByPeer)
        {
            stream.FinishedByPeer = true;
            _events.Enqueue(new YamuxEvent(YamuxEventKind.Finished, stream.Id));
            RemoveWhenDone(stream);
        }
    }

    private YamuxError OnPing(YamuxHeader header, long nowMs)
    {
        if (header.StreamId != 0)
        {
            return YamuxError.StreamIdOnSessionFrame;
        }

        if ((header.Flags & YamuxFlags.Syn) != 0)
        {
            WriteFrame(YamuxFrameKind.Ping, YamuxFlags.Ack, 0, header.Length);
        }
        else if (_pingSentAtMs >= 0 && header.Length == _pingValue)
        {
            var sampleMs = Math.Max(nowMs - _pingSentAtMs, 0);
            _pingSentAtMs = -1;
            RoundTripMs = RoundTripMs is { } before ? (before + sampleMs) / 2 : sampleMs;
            _events.Enqueue(new YamuxEvent(YamuxEventKind.Pong, 0, sampleMs));
        }

        return YamuxError.None;
    }

    private YamuxError OnGoAway(YamuxHeader header)
    {
        if (header.StreamId != 0)
        {
            return YamuxError.StreamIdOnSessionFrame;
        }

        if (!_goAwayReceived)
        {
            _goAwayReceived = true;
            _events.Enqueue(new YamuxEvent(YamuxEventKind.GoAway, 0, header.Length));
        }

        return YamuxError.None;
    }
}
