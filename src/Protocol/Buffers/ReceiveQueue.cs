using System.Buffers;

namespace Omega.P2P.Protocol.Buffers;

/// <summary>Bytes that arrived on a stream and were not read yet, in pooled chunks. Its owner bounds it (a stream's
/// receive window does); an empty queue holds no memory.</summary>
internal sealed class ReceiveQueue : IDisposable
{
    private const int ChunkBytesMin = 4096;
    private const int ChunkBytesMax = 65536;
    private readonly Queue<ArraySegment<byte>> _chunks = new();
    private byte[]? _open;
    private int _openEnd;
    private int _read;

    public long Length { get; private set; }

    /// <summary>The first contiguous bytes; empty when nothing waits.</summary>
    public ReadOnlySpan<byte> First => Segment();

    /// <summary>Copies bytes to the end.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_open is null || _openEnd == _open.Length)
            {
                CloseOpen();
                _open = ArrayPool<byte>.Shared.Rent(Math.Clamp(bytes.Length, ChunkBytesMin, ChunkBytesMax));
            }

            var take = Math.Min(bytes.Length, _open.Length - _openEnd);
            bytes[..take].CopyTo(_open.AsSpan(_openEnd));
            _openEnd += take;
            bytes = bytes[take..];
        }
    }

    /// <summary>Appends without copying: the array, rented from the shared pool, is the queue's from here on.</summary>
    public void AppendOwned(ArraySegment<byte> chunk)
    {
        CloseOpen();
        _chunks.Enqueue(chunk);
        Length += chunk.Count;
    }

    public void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length);
        while (count > 0)
        {
            var take = Math.Min(count, First.Length);
            _read += take;
            Length -= take;
            count -= take;
            if (First.IsEmpty)
            {
                ReturnFirst();
            }
        }
    }

    /// <summary>Hands the first chunk over; the caller gives its array back to the shared pool.</summary>
    public bool TryTake(out ArraySegment<byte> chunk)
    {
        chunk = Segment();
        if (chunk.Count == 0)
        {
            return false;
        }

        Length -= chunk.Count;
        RemoveFirst();
        return true;
    }

    public void Dispose()
    {
        while (_chunks.Count > 0 || _open is not null)
        {
            ReturnFirst();
        }

        Length = 0;
    }

    private ArraySegment<byte> Segment()
    {
        if (_chunks.TryPeek(out var first))
        {
            return first[_read..];
        }

        return _open is null ? ArraySegment<byte>.Empty : new ArraySegment<byte>(_open, _read, _openEnd - _read);
    }

    private void CloseOpen()
    {
        if (_open is not null)
        {
            _chunks.Enqueue(new ArraySegment<byte>(_open, 0, _openEnd));
            (_open, _openEnd) = (null, 0);
        }
    }

    private byte[] RemoveFirst()
    {
        _read = 0;
        if (_chunks.TryDequeue(out var first))
        {
            return first.Array!; // every chunk is over a rented array
        }

        var open = _open!; // asked for only while there is one of the two
        (_open, _openEnd) = (null, 0);
        return open;
    }

    private void ReturnFirst() => ArrayPool<byte>.Shared.Return(RemoveFirst());
}
