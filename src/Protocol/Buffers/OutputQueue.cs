using System.Buffers;

namespace Omega.P2P.Protocol.Buffers;

/// <summary>
/// Bytes on their way out, in pooled segments of at most 64 KiB. Writers fill the open segment; it becomes one frame of
/// the <see cref="IFrameSealer"/> when it is full or when the driver takes output. Not thread-safe: one owner; but the
/// memory handed out by <see cref="Peek"/> stays untouched until <see cref="Consume"/>, so that a socket may send it
/// while the owner writes on.
/// </summary>
public sealed class OutputQueue : IBufferWriter<byte>, IDisposable
{
    /// <summary>Bytes of one segment, sealed: the largest pooled size under the Noise frame bound of 65,537.</summary>
    public const int SegmentBytes = 65536;

    private readonly Queue<ArraySegment<byte>> _ready = new();
    private IFrameSealer? _sealer;
    private byte[]? _open;
    private int _openEnd;
    private int _sent;
    private long _readyBytes;

    /// <summary>Bytes waiting, framing included.</summary>
    public long PendingBytes => _readyBytes + (_open is null || _openEnd == Head ? 0 : _openEnd + Tail);

    private int Head => _sealer?.HeadBytes ?? 0;

    private int Tail => _sealer?.TailBytes ?? 0;

    /// <summary>From here on everything written is sealed; what was written before leaves as it is.</summary>
    public void SealWith(IFrameSealer sealer)
    {
        CloseSegment();
        _sealer = sealer;
    }

    /// <summary>Contiguous room of at least <paramref name="sizeHint"/> bytes (at least 1), at most what a frame has
    /// left; call <see cref="Advance"/> before anything else.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The hint is over what a frame can hold.</exception>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc cref="GetSpan"/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var wanted = Math.Max(sizeHint, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wanted, SegmentBytes - Head - Tail, nameof(sizeHint));
        if (_open is not null && SegmentBytes - Tail - _openEnd < wanted)
        {
            CloseSegment();
        }

        if (_open is null)
        {
            _open = ArrayPool<byte>.Shared.Rent(SegmentBytes);
            _openEnd = Head;
        }

        return _open.AsMemory(_openEnd, SegmentBytes - Tail - _openEnd);
    }

    /// <summary>Keeps the first <paramref name="count"/> bytes of the span last asked for.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, SegmentBytes - Tail - _openEnd);
        _openEnd += count;
    }

    /// <summary>Memory for a frame that somebody else fills, outside the owner's turn; give it to <see
    /// cref="Append"/>, or back to the shared pool.</summary>
    /// <param name="plaintext">Where its plaintext goes.</param>
    public byte[] RentFrame(out Range plaintext)
    {
        plaintext = Head..(SegmentBytes - Tail);
        return ArrayPool<byte>.Shared.Rent(SegmentBytes);
    }

    /// <summary>Sends a frame that was filled elsewhere, after everything written so far. The array is the queue's from
    /// here on.</summary>
    /// <param name="rented">From <see cref="RentFrame"/>, since the last <see cref="SealWith"/>.</param>
    /// <param name="length">Bytes of its plaintext, at least 1.</param>
    public void Append(byte[] rented, int length)
    {
        CloseSegment();
        Enqueue(new ArraySegment<byte>(rented, 0, Head + length + Tail));
    }

    /// <summary>The next bytes to send, contiguous; empty when there are none. Sealed frames first; the open segment
    /// is sealed only when nothing else waits.</summary>
    public ReadOnlyMemory<byte> Peek()
    {
        if (_ready.Count == 0)
        {
            CloseSegment();
        }

        return _ready.TryPeek(out var first) ? first.AsMemory(_sent) : default;
    }

    /// <summary>Seals what is open and lists all that waits, for a gathering send; the caller then
    /// <see cref="Consume"/>s what was sent.</summary>
    public void CopySegmentsTo(IList<ArraySegment<byte>> list)
    {
        CloseSegment();
        var skip = _sent;
        foreach (var segment in _ready)
        {
            list.Add(segment.Slice(skip));
            skip = 0;
        }
    }

    /// <summary>Forgets <paramref name="count"/> bytes from the front: they were sent.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than was handed out.</exception>
    public void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _readyBytes);
        _readyBytes -= count;
        _sent += count;
        while (_ready.TryPeek(out var first) && _sent >= first.Count)
        {
            _sent -= first.Count;
            ArrayPool<byte>.Shared.Return(_ready.Dequeue().Array!); // every segment was made over a rented array
        }
    }

    /// <summary>Gives all segments back to the pool; nothing is pending afterwards.</summary>
    public void Dispose()
    {
        if (_open is not null)
        {
            ArrayPool<byte>.Shared.Return(_open);
            _open = null;
        }

        _sent = 0;
        Consume((int)Math.Min(_readyBytes, int.MaxValue));
    }

    private void CloseSegment()
    {
        if (_open is null || _openEnd == Head)
        {
            return;
        }

        Enqueue(new ArraySegment<byte>(_open, 0, _openEnd + Tail));
        _open = null;
    }

    private void Enqueue(ArraySegment<byte> frame)
    {
        _sealer?.Seal(frame);
        _ready.Enqueue(frame);
        _readyBytes += frame.Count;
    }
}
