using System.Runtime.InteropServices;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// One pass over a large content through a ring of three buffers. At the same time one is read into, the one before is
/// cut and hashed for the content id, and the one before that is looked up, hashed into a block and appended: tasks
/// that do not touch each other, handed to the scheduler together, the longest first. Not thread-safe.
/// </summary>
internal sealed class ChunkPipeline
{
    /// <summary>Chunks of this content remembered for repetition inside it; beyond, repetition costs space, not
    /// correctness.</summary>
    private const int OwnMax = 1 << 18;

    private readonly StoreCore _core;
    private readonly ClassUse _use;
    private readonly OutboardBuilder _outboard = new();
    private readonly HashSet<Hash256> _own = [];
    private readonly List<Hash256> _pins = [];
    private readonly BlockSink _sink;
    private readonly ListSink _lists;
    private readonly ListBuilder _list;
    private ChunkBuffer _filling;
    private ChunkBuffer _cut;
    private ChunkBuffer _spare;
    private long _size;

    public ChunkPipeline(StoreCore core, ClassUse use, Action<IReadOnlyList<FilledBlock>>? sealEarly)
    {
        _core = core;
        _use = use;
        _filling = new ChunkBuffer(core.Limits.IngestBuffer);
        _cut = new ChunkBuffer(core.Limits.IngestBuffer);
        _spare = new ChunkBuffer(core.Limits.IngestBuffer);
        _sink = new BlockSink(core, use.Class.Tag, core.Limits.LargeBlockTarget, sealEarly);
        _lists = new ListSink(core, use.Class);
        _list = new ListBuilder((id, page) => _lists.Add(id, BlockCodec.ListPage, page));
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_filling.Take(bytes)..];
            if (_filling.IsFull)
            {
                Turn(source: null, isLast: false);
            }
        }
    }

    /// <summary>Takes everything a source has, read beside the other work.</summary>
    public void ReadFrom(ByteSource source)
    {
        _filling.Fill(source);
        while (_filling.IsFull)
        {
            Turn(source, isLast: false);
        }
    }

    /// <summary>Cuts and writes what is left. The blocks are not synced.</summary>
    public StagedContent Finish()
    {
        Turn(source: null, isLast: true);
        WriteChunks();
        _sink.Close();
        _sink.EndEarly();
        var outboard = _outboard.Finish(out var root);
        var content = ContentId.From(root);
        var chunks = _list.Finish();
        var staged = new StagedContent(_core, _use.Class, content, _size) { Sinks = [_sink] };
        if (chunks is not { Level: 0, Entries.Count: 1 })
        {
            StoreLists(content, chunks, outboard);
            _lists.Blocks?.Close();
            staged.Inline = _lists.Inline;
            staged.Sinks = _lists.Blocks is null ? [_sink] : [_sink, _lists.Blocks];
        }

        staged.Hold(_pins);
        _pins.Clear();
        return staged;
    }

    /// <summary>Leaves no trace but blocks that were sealed early.</summary>
    public void Discard()
    {
        _sink.Discard();
        _lists.Discard();
        lock (_core.State)
        {
            _pins.ForEach(_core.Unpin);
        }

        _pins.Clear();
    }

    private void StoreLists(ContentId content, ListNode chunks, byte[] outboard)
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

        var root = new ChunkList(content.Hash, _size, chunks, pieces.Finish());
        _lists.Add(content.Hash, BlockCodec.ChunkList, root.Encode());
    }

    /// <summary>Cuts the filled buffer while the one before is written and the next one read, then moves all one
    /// on.</summary>
    private void Turn(ByteSource? source, bool isLast)
    {
        _core.Scheduler.Run(source is null ? 3 : 4, task =>
        {
            switch (task)
            {
                case 0:
                    WriteChunks();
                    break;
                case 1:
                    _filling.Cut(isLast);
                    break;
                case 2:
                    _outboard.Update(_filling.Fresh);
                    break;
                default:
                    _spare.Fill(source!);
                    break;
            }
        });
        _size += _filling.Fresh.Length;
        _spare.Carry(_filling.Uncut);
        (_filling, _cut, _spare) = (_spare, _filling, _cut);
    }

    private void WriteChunks()
    {
        var chunks = CollectionsMarshal.AsSpan(_cut.Chunks);
        var isNew = chunks.Length == 0 ? [] : new bool[chunks.Length];
        LookUp(chunks, isNew);
        var bytes = _cut.Cuttings;
        var (runStart, runLength, at) = (0, 0, 0);
        for (var i = 0; i < chunks.Length; i++)
        {
            _list.Add(new ListEntry(chunks[i].Id, chunks[i].Length));
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
        _cut.Clear();
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
                if (_own.Count < OwnMax)
                {
                    _own.Add(id);
                }

                if (!isNew[i])
                {
                    _core.Pin(id);
                    _pins.Add(id);
                }
            }
        }
    }
}
