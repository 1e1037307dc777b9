using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// One pass over a large content with two buffers. While a buffer is hashed for the content id and cut, the chunks of
/// the one before are looked up and appended to a block: three tasks that do not touch each other, handed to the
/// scheduler together. Not thread-safe.
/// </summary>
internal sealed class ChunkPipeline
{
    /// <summary>Chunks of this content remembered for repetition inside it; beyond, repetition costs space, not
    /// correctness.</summary>
    private const int OwnMax = 1 << 18;

    private readonly StoreCore _core;
    private readonly StorageClass _class;
    private readonly IReadOnlyCollection<ClassTag> _usable;
    private readonly OutboardBuilder _outboard = new();
    private readonly HashSet<Hash256> _own = [];
    private readonly List<Hash256> _pins = [];
    private readonly BlockSink _sink;
    private readonly ListSink _lists;
    private readonly ListBuilder _list;
    private byte[] _filling;
    private byte[] _writing;
    private List<(Hash256 Id, int Length)> _cut = [];
    private List<(Hash256 Id, int Length)> _toWrite = [];
    private int _carried;
    private int _filled;
    private long _size;

    public ChunkPipeline(StoreCore core, StorageClass contents, IReadOnlyCollection<ClassTag> usable)
    {
        _core = core;
        _class = contents;
        _usable = usable;
        var buffer = Math.Max(core.Limits.IngestBuffer, 2 * FastCdc.SizeMax);
        _filling = GC.AllocateUninitializedArray<byte>(buffer);
        _writing = GC.AllocateUninitializedArray<byte>(buffer);
        _sink = new BlockSink(core, contents.Tag, core.Limits.LargeBlockTarget);
        _lists = new ListSink(core, contents);
        _list = new ListBuilder((id, page) => _lists.Add(id, BlockCodec.ListPage, page));
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(bytes.Length, _filling.Length - _filled);
            bytes[..count].CopyTo(_filling.AsSpan(_filled));
            _filled += count;
            bytes = bytes[count..];
            if (_filled == _filling.Length)
            {
                Turn(isLast: false);
            }
        }
    }

    /// <summary>Cuts and writes what is left. The blocks are not synced.</summary>
    public StagedContent Finish()
    {
        Turn(isLast: true);
        WriteChunks();
        _sink.Close();
        var outboard = _outboard.Finish(out var root);
        var content = ContentId.From(root);
        var chunks = _list.Finish();
        var staged = new StagedContent(_core, _class, content, _size) { Sinks = [_sink] };
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

    /// <summary>Leaves no trace.</summary>
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
            var lists = _core.UsableBy(_class.Lists);
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

    /// <summary>Hashes and cuts the filled buffer while the one before is written, then swaps them.</summary>
    private void Turn(bool isLast)
    {
        var cutLength = 0;
        _core.Scheduler.Run(3, task =>
        {
            switch (task)
            {
                case 0:
                    _outboard.Update(_filling.AsSpan(_carried, _filled - _carried));
                    break;
                case 1:
                    cutLength = CutFilled(isLast);
                    break;
                default:
                    WriteChunks();
                    break;
            }
        });
        _size += _filled - _carried;
        _carried = _filled - cutLength;
        _filling.AsSpan(cutLength, _carried).CopyTo(_writing);
        (_filling, _writing) = (_writing, _filling);
        (_toWrite, _cut) = (_cut, _toWrite);
        _cut.Clear();
        _filled = _carried;
    }

    private int CutFilled(bool isLast)
    {
        var at = 0;
        while (at < _filled && (isLast || _filled - at >= FastCdc.SizeMax))
        {
            var length = FastCdc.Cut(_filling.AsSpan(at, _filled - at));
            _cut.Add((Blake3.Hash(_filling.AsSpan(at, length)), length));
            at += length;
        }

        return at;
    }

    private void WriteChunks()
    {
        var chunks = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_toWrite);
        Span<bool> isNew = chunks.Length <= 512 ? stackalloc bool[chunks.Length] : new bool[chunks.Length];
        LookUp(chunks, isNew);
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
                _sink.AddRun(_writing.AsSpan(at - runLength, runLength), chunks[runStart..i]);
                (runStart, runLength) = (i + 1, 0);
            }

            at += chunks[i].Length;
        }

        _sink.AddRun(_writing.AsSpan(at - runLength, runLength), chunks[runStart..]);
        _toWrite.Clear();
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

                isNew[i] = !_core.IsKept(id, BlockCodec.Raw, _usable);
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
