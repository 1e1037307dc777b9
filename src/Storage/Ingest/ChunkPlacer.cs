using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// The last stage of a content on its way in: chunks are looked up, new ones written to blocks, all of them listed. The
/// sink may be shared by several contents; whoever owns it closes and discards it. Not thread-safe.
/// </summary>
internal sealed class ChunkPlacer
{
    /// <summary>Chunks of this content remembered for repetition inside it; beyond, repetition costs space, not
    /// correctness.</summary>
    private const int OwnMax = 1 << 18;

    private readonly StoreCore _core;
    private readonly ClassUse _use;
    private readonly BlockSink _sink;
    private readonly HashSet<Hash256> _own = [];
    private readonly List<Hash256> _pins = [];
    private readonly ListSink _lists;
    private readonly ListBuilder _list;
    private readonly IChunkTrail? _trail;

    /// <param name="core">The store.</param>
    /// <param name="use">Whose bytes they are.</param>
    /// <param name="sink">Where new chunks go.</param>
    /// <param name="trail">Told of every chunk, the same that the sink tells; null: nobody.</param>
    public ChunkPlacer(StoreCore core, ClassUse use, BlockSink sink, IChunkTrail? trail = null)
    {
        _core = core;
        _use = use;
        _sink = sink;
        _trail = trail;
        _lists = new ListSink(core, use.Class);
        _list = new ListBuilder((id, page) => _lists.Add(id, BlockCodec.ListPage, page));
    }

    /// <summary>Takes neighbouring chunks.</summary>
    /// <param name="bytes">Theirs, one after the other.</param>
    /// <param name="chunks">Which.</param>
    public void Place(ReadOnlySpan<byte> bytes, ReadOnlySpan<(Hash256 Id, int Length)> chunks)
    {
        var isNew = chunks.Length == 0 ? [] : new bool[chunks.Length];
        LookUp(chunks, isNew);
        var (runStart, runLength, at) = (0, 0, 0);
        for (var i = 0; i < chunks.Length; i++)
        {
            _list.Add(new ListEntry(chunks[i].Id, chunks[i].Length));
            _trail?.OnListed(chunks[i].Id, chunks[i].Length, isNew[i]);
            if (isNew[i])
            {
                runLength += chunks[i].Length;
            }
            else
            {
                _sink.AddRun(bytes.Slice(at - runLength, runLength), chunks[runStart..i]);
                (runStart, runLength) = (i + 1, 0);
            }

            at += chunks[i].Length;
        }

        _sink.AddRun(bytes.Slice(at - runLength, runLength), chunks[runStart..]);
    }

    /// <summary>Lists a chunk that is kept already; false where it is not.</summary>
    public bool TryPlaceKept(Hash256 id, int length)
    {
        lock (_core.State)
        {
            if (!_own.Contains(id))
            {
                if (!_core.IsKept(id, BlockCodec.Raw, _use.Usable))
                {
                    return false;
                }

                Rely(id);
            }
        }

        _list.Add(new ListEntry(id, length));
        _trail?.OnListed(id, length, isNew: false);
        return true;
    }

    /// <summary>Ends the content: what it is made of is staged, but for the blocks of the sink.</summary>
    public StagedContent Finish(ContentId content, long size, byte[] outboard)
    {
        var chunks = _list.Finish();
        var staged = new StagedContent(_core, _use.Class, content, size);
        if (chunks is not { Level: 0, Entries.Count: 1 })
        {
            StoreLists(content, size, chunks, outboard);
            _lists.Blocks?.Close();
            staged.Inline = _lists.Inline;
            staged.Sinks = _lists.Blocks is null ? [] : [_lists.Blocks];
        }

        staged.Hold(_pins);
        _pins.Clear();
        return staged;
    }

    /// <summary>Lets go of what was found and of lists; the sink is its owner's.</summary>
    public void Discard()
    {
        _lists.Discard();
        lock (_core.State)
        {
            _pins.ForEach(_core.Unpin);
        }

        _pins.Clear();
    }

    private void StoreLists(ContentId content, long size, ListNode chunks, byte[] outboard)
    {
        lock (_core.State)
        {
            var lists = _core.UsableBy(_use.Class.Lists);
            if (_core.IsKept(content.Hash, BlockCodec.ChunkList, lists))
            {
                _core.Pin(content.Hash);
                _pins.Add(content.Hash);
                _lists.Discard();
                return;
            }
        }

        var pieces = new ListBuilder((id, page) => _lists.Add(id, BlockCodec.ListPage, page));
        for (var at = 0; at < outboard.Length; at += ChunkList.OutboardPiece)
        {
            var piece = outboard.AsSpan(at, Math.Min(ChunkList.OutboardPiece, outboard.Length - at)).ToArray();
            var id = Blake3.Hash(piece);
            _lists.Add(id, BlockCodec.ListPage, piece);
            pieces.Add(new ListEntry(id, piece.Length));
        }

        var root = new ChunkList(content.Hash, size, chunks, pieces.Finish());
        _lists.Add(content.Hash, BlockCodec.ChunkList, root.Encode());
    }

    private void LookUp(ReadOnlySpan<(Hash256 Id, int Length)> chunks, Span<bool> isNew)
    {
        lock (_core.State)
        {
            for (var i = 0; i < chunks.Length; i++)
            {
                var id = chunks[i].Id;
                if (_own.Contains(id))
                {
                    continue;
                }

                isNew[i] = !_core.IsKept(id, BlockCodec.Raw, _use.Usable);
                if (!isNew[i])
                {
                    Rely(id);
                }
                else if (_own.Count < OwnMax)
                {
                    _own.Add(id);
                }
            }
        }
    }

    /// <summary>Under the state lock.</summary>
    private void Rely(Hash256 id)
    {
        _core.Pin(id);
        _pins.Add(id);
        if (_own.Count < OwnMax)
        {
            _own.Add(id);
        }
    }
}
