using System.Buffers;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Engine.Desk;

/// <summary>
/// An import takes its bytes in order; several holders bring them out of order. What comes early is kept until the gap
/// before it closes, what a retry repeats is dropped. Several pumps may write at once: one of them writes on to the
/// import, outside the lock, the others leave their bytes with it.
/// </summary>
internal sealed class InOrderSink(ArtifactImport import) : IVerifiedSink
{
    /// <summary>Bytes kept at most; the transfer asks for less than this ahead of the first gap.</summary>
    private const long AheadBytesMax = 128L << 20;

    private readonly object _gate = new();
    private readonly SortedList<long, ArraySegment<byte>> _ahead = [];
    private long _aheadBytes;
    private long _position;
    private bool _isWriting;
    private bool _isClosed;

    /// <summary>Nothing is written to the import any more once this returns.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (_isWriting) Monitor.Wait(_gate);
            foreach (var chunk in _ahead.Values) ArrayPool<byte>.Shared.Return(chunk.Array!); // rented by Keep
            _ahead.Clear();
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> verified)
    {
        lock (_gate)
        {
            if (_isClosed) throw new InvalidOperationException("The import was given up.");
            if (_isWriting || offset > _position)
            {
                Keep(offset, verified);
                return;
            }

            _isWriting = true;
        }

        try
        {
            WriteOn(offset, verified);
            while (TryTakeNext(out offset, out var chunk))
            {
                WriteOn(offset, chunk);
                ArrayPool<byte>.Shared.Return(chunk.Array!); // rented by Keep
            }
        }
        finally
        {
            lock (_gate)
            {
                _isWriting = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void WriteOn(long offset, ReadOnlySpan<byte> bytes)
    {
        var known = _position - offset;
        if (known >= bytes.Length) return;
        import.Write(bytes[(int)known..]);
        lock (_gate) _position = offset + bytes.Length;
    }

    private void Keep(long offset, ReadOnlySpan<byte> bytes)
    {
        if (offset + bytes.Length <= _position) return;
        if (_ahead.TryGetValue(offset, out var known) && known.Count >= bytes.Length) return;
        if (_aheadBytes + bytes.Length > AheadBytesMax)
            throw new IOException("more came before its turn than is kept");
        var array = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(array);
        _ahead[offset] = new ArraySegment<byte>(array, 0, bytes.Length);
        _aheadBytes += bytes.Length - known.Count;
    }

    /// <summary>The next bytes that continue what was written; when there are none, nobody is writing.</summary>
    private bool TryTakeNext(out long offset, out ArraySegment<byte> chunk)
    {
        lock (_gate)
        {
            (offset, chunk) = (0, default);
            if (_isClosed || _ahead.Count == 0 || _ahead.Keys[0] > _position)
            {
                _isWriting = false;
                return false;
            }

            (offset, chunk) = (_ahead.Keys[0], _ahead.Values[0]);
            _ahead.RemoveAt(0);
            _aheadBytes -= chunk.Count;
            return true;
        }
    }
}
