using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Recovery;

/// <summary>
/// Brings the indexes to the end of the log: from the place to which they are sealed, or from the beginning; then the
/// folder of blocks in line with what the log says. The store is not open to anyone else meanwhile.
/// </summary>
internal sealed class StoreReplay(StoreCore core, StoreState state, StoreCheckpoint? checkpoint)
{
    private readonly Dictionary<BlockId, bool> _blocks = [];
    private readonly HashSet<BlockId> _dropped = [];
    private readonly long _sealedThrough = checkpoint is null ? 0 : core.Index.Place.Record;

    /// <summary>Blocks that the log names and whose directory cannot be read.</summary>
    public int BlocksMissing { get; private set; }

    public int FilesRemoved { get; private set; }

    /// <summary>Records whose effect was taken in.</summary>
    public long RecordsReplayed { get; private set; }

    /// <summary>Where the log is to be read from.</summary>
    public LogStart? Start => checkpoint is null
        ? null
        : new LogStart(
            core.Index.Place, checkpoint.WaitingFrom == 0 ? long.MaxValue : checkpoint.WaitingFrom, checkpoint.Files);

    /// <summary>Takes over what the checkpoint says. Without one, trees are made once, at the end.</summary>
    public void Begin()
    {
        if (checkpoint is null)
        {
            state.Current.Tree.IsStale = true;
            return;
        }

        core.Artifacts.Count = checkpoint.Artifacts;
        core.Chunks.NextNumber = checkpoint.NextBlock;
        foreach (var (audience, tenant) in checkpoint.Classes)
        {
            core.Know(audience, tenant);
        }

        foreach (var (tag, through) in checkpoint.Moved)
        {
            core.Pending.RemoveThrough(tag, through);
        }

        foreach (var audience in checkpoint.Audiences)
        {
            state.Published.Know(audience);
        }

        core.Chunks.Load();
    }

    /// <summary>Replays what memory alone holds of the sealed part. Comes before the log is opened: records after that
    /// part need the domain's own id.</summary>
    /// <exception cref="LogDivergedException">The public logs' files do not bear out what the index says.</exception>
    public void Restore()
    {
        if (checkpoint is null)
        {
            return;
        }

        var kept = new SortedDictionary<long, List<byte>>();
        using (var scan = core.Index.Scan(IndexTable.Kept, []))
        {
            while (scan.MoveNext())
            {
                var number = BinaryPrimitives.ReadInt64BigEndian(scan.Key);
                if (!kept.TryGetValue(number, out var bytes))
                {
                    kept.Add(number, bytes = []);
                }

                bytes.AddRange(scan.Value);
            }
        }

        state.IsRestoring = true;
        foreach (var (number, bytes) in kept)
        {
            var span = CollectionsMarshal.AsSpan(bytes);
            var length = span.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(span);
            if (length < 0 || length > span.Length - 4
                || !LogRecordCodec.TryDecode(span.Slice(4, length), out var record))
            {
                throw new IndexDamagedException($"the index holds no log record {number}");
            }

            state.Restore(number, record!, span[(4 + length)..]);
        }

        state.IsRestoring = false;
        if (!state.HasHistory || !state.History.IsResumed)
        {
            throw new LogDivergedException("the public logs hold less than the index has followed");
        }
    }

    public void Visit(LogSpot spot, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> inline)
    {
        var number = spot.Number;
        if (!LogRecordCodec.TryDecode(bytes, out var record))
        {
            throw new StoreDamagedException($"log record {number} is of an unknown kind");
        }

        if (number <= _sealedThrough)
        {
            Revisit(number, record!, inline);
            return;
        }

        RecordsReplayed++;
        core.Replaying = spot;
        switch (record)
        {
            case LogRecord.Add add:
                Add(number, add, inline);
                break;
            case LogRecord.Copy copy:
                AddPending(number, core.Know(copy.Audience, copy.Tenant), copy.Inline, inline);
                break;
            case LogRecord.Seal seal:
                Mark(seal.Blocks, isHere: true);
                TouchSealed(number, seal);
                if (seal.Moved is { } moved)
                {
                    core.Pending.RemoveThrough(moved, seal.Through);
                }

                break;
            case LogRecord.Evict evict:
                Mark(evict.Blocks, isHere: false);
                SetEvicted(evict.Keys, isEvicted: true);
                break;
            case LogRecord.Rehydrate back:
                Mark(back.Blocks, isHere: true);
                SetEvicted(back.Keys, isEvicted: false);
                break;
            case LogRecord.Drop drop:
                foreach (var id in drop.Blocks)
                {
                    _blocks.Remove(id);
                    _dropped.Add(id);
                }

                break;
            default:
                state.Replay(number, record!, inline);
                break;
        }

        core.Replaying = null;
        SealWhenFull();
    }

    /// <summary>Reads directories of blocks the index does not know, and removes block files that the log does not call
    /// for.</summary>
    public void FinishBlocks()
    {
        FilesRemoved += core.Blocks.DropOpen();
        foreach (var id in _dropped)
        {
            core.Chunks.Remove(id, directory: null);
        }

        var here = RemoveStrays();
        foreach (var (id, isHere) in _blocks)
        {
            if (core.Chunks.TryGetBlock(id, out var known))
            {
                core.Chunks.SetHere(known!, isHere);
                continue;
            }

            try
            {
                core.Chunks.Add(id, core.Blocks.ReadDirectory(id), isHere && here.Contains(id));
                BlocksMissing += isHere && !here.Contains(id) ? 1 : 0;
            }
            catch (Exception missing) when (missing is FileNotFoundException or StoreDamagedException)
            {
                BlocksMissing++;
            }

            SealWhenFull();
        }

        foreach (var block in core.Chunks.Blocks.Where(block => block.IsHere && !here.Contains(block.Id)).ToList())
        {
            BlocksMissing++;
            core.Chunks.SetHere(block, isHere: false);
        }
    }

    /// <summary>After a long replay makes the tree of what is live now, while sealing on the way is still allowed;
    /// after
    /// a short one that can wait until somebody asks.</summary>
    public void FinishTrees()
    {
        if (core.Index.IsUnplaced)
        {
            state.Current.Tree.Breathe = SealWhenFull;
            state.Current.Tree.Fold(int.MaxValue);
            state.Current.Tree.Breathe = static () => { };
        }
    }

    /// <summary>Of the sealed part only waiting bytes are taken again.</summary>
    private void Revisit(long number, LogRecord record, ReadOnlySpan<byte> inline)
    {
        switch (record)
        {
            case LogRecord.Add add:
                AddPending(number, core.Know(add.Audience, add.Tenant), add.Inline, inline);
                break;
            case LogRecord.Copy copy:
                AddPending(number, core.Know(copy.Audience, copy.Tenant), copy.Inline, inline);
                break;
            default:
                break;
        }
    }

    /// <summary>Keeps memory bounded while a long log is replayed. Until the end such an index covers nothing: what is
    /// sealed on the way is of no worth to the next opening.</summary>
    private void SealWhenFull()
    {
        if (!core.Index.IsFull)
        {
            return;
        }

        if (checkpoint is not null)
        {
            // The tail of a sealed log fitted in memory when it was written; it is sealed when the store is open.
            return;
        }

        core.Index.Freeze(default, []);
        while (core.Index.Work(int.MaxValue))
        {
        }
    }

    private void Add(long number, LogRecord.Add add, ReadOnlySpan<byte> inline)
    {
        if (!SignedArtifact.TryDecode(add.Entry, out var entry, out var error))
        {
            throw new StoreDamagedException($"log record {number} holds no catalog entry: {error}");
        }

        AddPending(number, core.Know(add.Audience, add.Tenant), add.Inline, inline);
        state.PutArtifact(number, entry, add);
    }

    private void AddPending(
        long number, StorageClass contents, IReadOnlyList<InlineObject> objects, ReadOnlySpan<byte> inline)
    {
        // Trimmed away: the bytes are in a block that a later record names.
        if (inline.IsEmpty)
        {
            return;
        }

        foreach (var item in objects)
        {
            if (item.Length > inline.Length)
            {
                throw new StoreDamagedException($"log record {number} lists more inline bytes than it carries");
            }

            var tag = item.Codec == BlockCodec.Raw ? contents.Tag : contents.Lists.Tag;
            core.Pending.Add(new PendingObject(item.Id, item.Codec, tag, number, inline[..item.Length].ToArray()));
            inline = inline[item.Length..];
        }
    }

    private void Mark(IReadOnlyList<BlockId> blocks, bool isHere)
    {
        foreach (var id in blocks)
        {
            _blocks[id] = isHere;
            _dropped.Remove(id);
        }
    }

    /// <summary>A commit may have been cut off between blocks and what uses them.</summary>
    private void TouchSealed(long number, LogRecord.Seal seal)
    {
        foreach (var id in seal.Moved is null ? seal.Blocks : [])
        {
            state.Uses.Touch(id, number);
        }
    }

    private void SetEvicted(IReadOnlyList<ArtifactKey> keys, bool isEvicted)
    {
        foreach (var key in keys)
        {
            core.Artifacts.SetEvicted(key, isEvicted);
        }
    }

    /// <summary>Whether the log calls for a block, and for its bytes.</summary>
    private bool IsCalledFor(BlockId id, out bool isHere)
    {
        isHere = false;
        if (_blocks.TryGetValue(id, out isHere))
        {
            return true;
        }

        var isKnown = core.Chunks.TryGetBlock(id, out var block);
        isHere = isKnown && block!.IsHere;
        return isKnown;
    }

    /// <summary>Removes what is not called for; returns the blocks whose bytes are on the disk.</summary>
    private HashSet<BlockId> RemoveStrays()
    {
        var files = core.Blocks.ListSealed().ToList();
        var bytes = files.Where(file => file.Extension == ".blk").Select(file => file.Id).ToHashSet();
        foreach (var (id, extension) in files)
        {
            var isKnown = IsCalledFor(id, out var isHere);
            var isStray = extension switch
            {
                ".blk" => !isHere,
                ".dir" => !isKnown || (isHere && bytes.Contains(id)),
                _ => !isKnown,
            };
            if (isStray)
            {
                core.Files.Delete($"{BlockFiles.FolderOf(id)}/{id.Hash}{extension}");
                FilesRemoved++;
            }
        }

        return bytes;
    }
}
