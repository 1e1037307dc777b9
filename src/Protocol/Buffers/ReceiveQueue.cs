using System.Buffers;

namespace Omega.P2P.Protocol.Buffers;

/// <summary>Bytes that arrived on a stream and were not read yet, in pooled chunks. Its owner bounds it (a stream's
/// receive window does); an empty queue holds no memory.</summary>
internal sealed class ReceiveQueue : IDisposable
{
    private const int ChunkBytesMin = 4096;
    private const int ChunkBytesMax = 65536;
    private readonly Queue<byte[]> _chunks = new();
    private byte[]? _tail;
    private int _start;
    private int _end;

    public long Length { get; private set; }

    /// <summary>The first contiguous bytes; empty when nothing waits.</summary>
    public ReadOnlySpan<byte> First => !_chunks.TryPeek(out var first)
        ? default
        : first.AsSpan(_start, (ReferenceEquals(first, _tail) ? _end : first.Length) - _start);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_tail is null || _end == _tail.Length)
            {
                _tail = ArrayPool<byte>.Shared.Rent(Math.Clamp(bytes.Length, ChunkBytesMin, ChunkBytesMax));
                _end = 0;
                _chunks.Enqueue(_tail);
            }

            var take = Math.Min(bytes.Length, _tail.Length - _end);
            bytes[..take].CopyTo(_tail.AsSpan(_end));
            _end += take;
            bytes = bytes[take..];
        }
    }

    public void Consume(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Length);
        Length -= count;
        while (count > 0)
        {
            var take = Math.Min(count, First.Length);
            _start += take;
            count -= take;
            if (First.IsEmpty)
            {
                ReturnFirst();
            }
        }
    }

    public void Dispose()
    {
        while (_chunks.Count > 0)
        {
            ReturnFirst();
        }

        Length = 0;
    }

    private void ReturnFirst()
    {
        var first = _chunks.Dequeue();
        _start = 0;
        if (ReferenceEquals(first, _tail))
        {
            _tail = null;
        }

        ArrayPool<byte>.Shared.Return(first);
    }
}
