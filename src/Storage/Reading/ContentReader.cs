using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;

namespace Omega.P2P.Storage.Reading;

/// <summary>
/// Reads a content that is on this disk. Every byte was checked against the hash of its chunk (at most 1 MiB, 64 KiB in
/// the mean) before it is handed out; the last chunk stays in memory, so sequential reading checks each once. Not
/// thread-safe: open one per reader.
/// </summary>
public sealed class ContentReader : IContentReader, IDisposable
{
    private readonly StoreCore _core;
    private readonly ObjectReader _objects;
    private readonly ContentLayout _layout;
    private readonly ListNode? _outboardList;
    private IOutboardReader? _outboard;
    private ChunkAt _chunk;
    private byte[] _bytes = [];
    private ChunkAt _part;

    private ContentReader(StoreCore core, ContentId content, long size, ChunkList? list)
    {
        _core = core;
        Content = content;
        Size = size;
        _objects = new ObjectReader(core);
        _layout = new ContentLayout(_objects, list?.Chunks ?? ContentLayout.Single(content, size));
        _outboardList = list?.Outboard;
    }

    /// <summary>What is read.</summary>
    public ContentId Content { get; }

    /// <summary>Length in bytes.</summary>
    public long Size { get; }

    /// <summary>
    /// The bao tree of the content in groups of 16 KiB: kept for a content of several chunks, computed on first use for
    /// a smaller one. Shares this reader's thread rule.
    /// </summary>
    public IOutboardReader Outboard => _outboard ??= OpenOutboard();

    /// <summary>
    /// The same bytes straight from the blocks, not checked against anything: for a <see cref="BaoEncoder"/>, which
    /// proves each group against the content's id before it leaves. Shares this reader's thread rule.
    /// </summary>
    public IContentReader Unchecked => new UncheckedReader(this);

    /// <summary>Fills all of <paramref name="destination"/> from an offset on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the content.</exception>
    /// <exception cref="NotHereException">A chunk was evicted meanwhile.</exception>
    /// <exception cref="StoreDamagedException">A chunk does not hash to its id.</exception>
    public void ReadAt(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, Size - offset);
        while (!destination.IsEmpty)
        {
            Load(offset);
            var from = (int)(offset - _chunk.Start);
            var count = Math.Min(destination.Length, _bytes.Length - from);
            _bytes.AsSpan(from, count).CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }
    }

    /// <summary>Hands the verified rest of the chunk at an offset over without copying; empty at the end. Valid until
    /// the next call.</summary>
    public ReadOnlySpan<byte> ReadChunk(long offset)
    {
        if (offset == Size)
        {
            return [];
        }

        Load(offset);
        return _bytes.AsSpan((int)(offset - _chunk.Start));
    }

    /// <summary>Hands the whole content to a sink from front to back, in pieces of up to 2 MiB. Bytes are read, checked
    /// and handed over at the same time on the store's scheduler; memory is three pieces.</summary>
    /// <exception cref="NotHereException">A chunk was evicted meanwhile.</exception>
    /// <exception cref="StoreDamagedException">A chunk does not hash to its id; nothing of it was handed
    /// over.</exception>
    public void CopyTo(ByteSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        using var walk = _layout.Walk().GetEnumerator();
        new ContentCopy(_core, Content, walk, checks: true).Run(sink);
    }

    /// <summary>The same, and no chunk is checked: for a taker that hashes the whole and believes nothing of it before
    /// it has come out as <see cref="Content"/>.</summary>
    /// <exception cref="NotHereException">A chunk was evicted meanwhile.</exception>
    /// <exception cref="StoreDamagedException">A block is shorter than its directory says.</exception>
    public void CopyUncheckedTo(ByteSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        using var walk = _layout.Walk().GetEnumerator();
        new ContentCopy(_core, Content, walk, checks: false).Run(sink);
    }

    /// <inheritdoc/>
    public void Dispose() => _objects.Dispose();

    internal static ContentReader Open(StoreCore core, ContentId content, long size)
    {
        ChunkList? list = null;
        if (!IsOneChunk(core, content, size))
        {
            core.TryReadList(content, out list);
        }

        return new ContentReader(core, content, size, list);
    }

    /// <summary>Whether it lies here as one chunk. Asked first where it may be: a search for a list that is not there
    /// costs a page.</summary>
    private static bool IsOneChunk(StoreCore core, ContentId content, long size)
    {
        if (size > FastCdc.SizeMax)
        {
            return false;
        }

        lock (core.State)
        {
            return core.TryLocate(content.Hash, BlockCodec.Raw, out _, out _);
        }
    }

    private void Load(long offset)
    {
        if (_bytes.Length > 0 && offset >= _chunk.Start && offset < _chunk.End)
        {
            return;
        }

        var chunk = _layout.Find(offset);
        if (!_objects.TryRead(chunk.Id, BlockCodec.Raw, out var bytes))
        {
            throw new NotHereException(Content, []);
        }

        if (bytes.Length != chunk.Length)
        {
            throw new StoreDamagedException($"a chunk of {Content} has {bytes.Length} bytes, not {chunk.Length}");
        }

        _chunk = chunk;
        _bytes = bytes;
    }

    private void ReadUnchecked(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (_part.Length == 0 || offset < _part.Start || offset >= _part.End)
            {
                _part = _layout.Find(offset);
            }

            var count = (int)Math.Min(destination.Length, _part.End - offset);
            if (!_objects.TryReadPart(_part.Id, (int)(offset - _part.Start), destination[..count]))
            {
                throw new NotHereException(Content, []);
            }

            destination = destination[count..];
            offset += count;
        }
    }

    private IOutboardReader OpenOutboard()
    {
        if (_outboardList is not null)
        {
            return new StoredOutboard(_objects, _outboardList, Size);
        }

        var builder = new OutboardBuilder();
        for (long at = 0; at < Size; at += _bytes.Length)
        {
            Load(at);
            builder.Update(_bytes);
        }

        Primitives.Bao.Outboard.TryCreate(builder.Finish(out _), out var outboard);
        return outboard!;
    }

    private sealed class UncheckedReader(ContentReader reader) : IContentReader
    {
        public void ReadAt(long offset, Span<byte> destination) => reader.ReadUnchecked(offset, destination);
    }

    /// <summary>Pieces of a kept outboard, the last one in memory. Each piece is checked against its own hash; that the
    /// tree is the content's was so when it was written.</summary>
    private sealed class StoredOutboard(ObjectReader objects, ListNode pieces, long size) : IOutboardReader
    {
        private readonly ContentLayout _layout = new(objects, pieces);
        private ChunkAt _piece;
        private byte[] _bytes = [];

        public long Size => size;

        public void ReadParent(long node, Span<byte> parent)
        {
            var offset = Primitives.Bao.Outboard.OffsetOf(node);
            while (!parent.IsEmpty)
            {
                if (_bytes.Length == 0 || offset < _piece.Start || offset >= _piece.End)
                {
                    _piece = _layout.Find(offset);
                    if (!objects.TryRead(_piece.Id, BlockCodec.ListPage, out _bytes))
                    {
                        throw new StoreDamagedException("a piece of an outboard is missing");
                    }
                }

                var from = (int)(offset - _piece.Start);
                var count = Math.Min(parent.Length, _bytes.Length - from);
                _bytes.AsSpan(from, count).CopyTo(parent);
                parent = parent[count..];
                offset += count;
            }
        }
    }
}
