using System.Runtime.InteropServices;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Reading;

/// <summary>
/// One pass over a content through a ring of three buffers: one is read into with few large reads, the chunks of the
/// one before are checked against their ids, unless the taker does better, and the one before that is handed over. Not
/// thread-safe.
/// </summary>
internal sealed class ContentCopy(StoreCore core, ContentId content, IEnumerator<ChunkAt> chunks, bool checks)
{
    private const int BufferSize = 2 * 1024 * 1024;

    private Piece _reading = new();
    private Piece _checking = new();
    private Piece _giving = new();
    private bool _isAhead;

    public void Run(ByteSink sink)
    {
        using var reader = new ObjectReader(core);
        _isAhead = chunks.MoveNext();
        var stages = checks ? 3 : 2;
        var left = stages;
        while (left > 0)
        {
            core.Scheduler.Run(checks ? 4 : 2, task =>
            {
                switch (task)
                {
                    case 0:
                        Give(sink);
                        break;
                    case 1:
                        Read(reader);
                        break;
                    case 2:
                        Check(_checking, from: 0, to: _checking.Chunks.Count / 2);
                        break;
                    default:
                        Check(_checking, _checking.Chunks.Count / 2, _checking.Chunks.Count);
                        break;
                }
            });
            left = _isAhead ? stages : left - 1;
            (_giving, _checking, _reading) = checks
                ? (_checking, _reading, _giving)
                : (_reading, _checking, _giving);
        }
    }

    private void Give(ByteSink sink)
    {
        if (_giving.Length > 0)
        {
            sink(_giving.Bytes.AsSpan(0, _giving.Length));
        }
    }

    private void Check(Piece piece, int from, int to)
    {
        var at = piece.Chunks.Take(from).Sum(chunk => (int)chunk.Length);
        for (var i = from; i < to; i++)
        {
            var chunk = piece.Chunks[i];
            if (Blake3.Hash(piece.Bytes.AsSpan(at, (int)chunk.Length)) != chunk.Id)
            {
                throw new StoreDamagedException(
                    $"chunk {ContentId.From(chunk.Id)} of {content} does not hash to its name");
            }

            at += (int)chunk.Length;
        }
    }

    /// <summary>Fills the piece with whole chunks, at least one.</summary>
    private void Read(ObjectReader reader)
    {
        _reading.Clear();
        while (_isAhead && _reading.TryAdd(chunks.Current))
        {
            _isAhead = chunks.MoveNext();
        }

        ReadAll(_reading, reader);
    }

    private void ReadAll(Piece piece, ObjectReader reader)
    {
        var list = CollectionsMarshal.AsSpan(piece.Chunks);
        var places = new Place?[list.Length];
        lock (core.State)
        {
            for (var i = 0; i < list.Length; i++)
            {
                places[i] = core.TryLocate(list[i].Id, BlockCodec.Raw, out var pending, out var place)
                    && pending is null && place.Length == list[i].Length
                        ? place
                        : null;
            }
        }

        var at = 0;
        for (var first = 0; first < list.Length;)
        {
            var (next, length) = (first + 1, (int)list[first].Length);
            while (next < list.Length && places[next - 1] is { } last && places[next] is { } place
                && place.Block == last.Block && place.Offset == last.Offset + last.Length)
            {
                length += (int)list[next++].Length;
            }

            var destination = piece.Bytes.AsSpan(at, length);
            if (places[first] is not { } start || !reader.TryReadRange(start, destination))
            {
                ReadOneByOne(list[first..next], destination, reader);
            }

            at += length;
            first = next;
        }
    }

    /// <summary>The careful way: bytes that are in the log, or in a block that went away meanwhile.</summary>
    private void ReadOneByOne(ReadOnlySpan<ChunkAt> list, Span<byte> destination, ObjectReader reader)
    {
        foreach (var chunk in list)
        {
            if (!reader.TryRead(chunk.Id, BlockCodec.Raw, out var bytes))
            {
                throw new NotHereException(content, []);
            }

            if (bytes.Length != chunk.Length)
            {
                throw new StoreDamagedException($"a chunk of {content} has {bytes.Length} bytes, not {chunk.Length}");
            }

            bytes.CopyTo(destination);
            destination = destination[bytes.Length..];
        }
    }

    /// <summary>Neighbouring chunks of the content and their bytes.</summary>
    private sealed class Piece
    {
        public byte[] Bytes { get; private set; } = [];

        public List<ChunkAt> Chunks { get; } = [];

        public int Length { get; private set; }

        /// <summary>False where the chunk does not fit beside those that are there.</summary>
        public bool TryAdd(ChunkAt chunk)
        {
            if (Length > 0 && Length + chunk.Length > BufferSize)
            {
                return false;
            }

            Length += checked((int)chunk.Length);
            Chunks.Add(chunk);
            if (Bytes.Length < Length)
            {
                Bytes = GC.AllocateUninitializedArray<byte>(Math.Max(Length, Math.Min(BufferSize, 2 * Bytes.Length)));
            }

            return true;
        }

        public void Clear()
        {
            Chunks.Clear();
            Length = 0;
        }
    }
}
