using System.Buffers;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Engine.Desk;

/// <summary>
/// An import takes its groups in order; several holders bring them out of order. What comes early is kept until the gap
/// before it closes, what a retry repeats is dropped. Several pumps may write at once: one of them writes on to the
/// import, outside the lock, the others leave their bytes with it.
/// </summary>
internal sealed class InOrderSink(ContentImport import) : IVerifiedSink
{
    /// <summary>Bytes kept at most; the transfer asks for less than this ahead of the first gap.</summary>
    private const long AheadBytesMax = 128L << 20;

    private readonly object _gate = new();
    private readonly SortedList<long, Group> _ahead = [];
    private long _aheadBytes;
    private long _position = import.Position;
    private bool _isWriting;
    private bool _isClosed;

    /// <summary>Nothing is written to the import any more once this returns.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (_isWriting) Monitor.Wait(_gate);
            foreach (var group in _ahead.Values) group.Return();
            _ahead.Clear();
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv)
    {
        lock (_gate)
        {
            if (_isClosed) throw new InvalidOperationException("The import was given up.");
            if (_isWriting || offset > _position)
            {
                Keep(offset, verified, cv);
                return;
            }

            _isWriting = true;
        }

        try
        {
            WriteOn(offset, verified, cv);
            while (TryTakeNext(out offset, out var group))
            {
                WriteOn(offset, group.Bytes, group.Cv);
                group.Return();
            }
        }
        catch
        {
            StopWriting();
            throw;
        }
    }

    private void StopWriting()
    {
        lock (_gate)
        {
            _isWriting = false;
            Monitor.PulseAll(_gate);
        }
    }

    private void WriteOn(long offset, ReadOnlySpan<byte> group, Hash256 cv)
    {
        if (offset < _position) return;
        import.Write(group, cv);
        lock (_gate) _position = offset + group.Length;
    }

    private void Keep(long offset, ReadOnlySpan<byte> bytes, Hash256 cv)
    {
        if (offset < _position || _ahead.ContainsKey(offset)) return;
        if (_aheadBytes + bytes.Length > AheadBytesMax)
            throw new IOException("more came before its turn than is kept");
        var array = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(array);
        _ahead[offset] = new Group(new ArraySegment<byte>(array, 0, bytes.Length), cv);
        _aheadBytes += bytes.Length;
        import.Expect(offset + bytes.Length);
    }

    /// <summary>The next group that continues what was written; when there is none, nobody is writing.</summary>
    private bool TryTakeNext(out long offset, out Group group)
    {
        lock (_gate)
        {
            (offset, group) = (0, default);
            while (!_isClosed && _ahead.Count > 0 && _ahead.Keys[0] <= _position)
            {
                (offset, group) = (_ahead.Keys[0], _ahead.Values[0]);
                _ahead.RemoveAt(0);
                _aheadBytes -= group.Bytes.Count;
                if (offset == _position) return true;
                group.Return(); // came twice
            }

            // Not a moment later: from here on another pump may be the one that writes.
            StopWriting();
            return false;
        }
    }

    private readonly record struct Group(ArraySegment<byte> Bytes, Hash256 Cv)
    {
        public void Return() => ArrayPool<byte>.Shared.Return(Bytes.Array!); // rented by Keep
    }
}
