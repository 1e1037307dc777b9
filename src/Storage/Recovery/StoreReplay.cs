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
    private readonly long _sealedThrough = checkpoint is null ? 0 : core.Index.Place.Record;

    /// <summary>What became of the folders of blocks; not finished where there are many.</summary>
    public BlockFolderCheck Folders { get; } = new(core);

    /// <summary>Half-filled blocks that were removed.</summary>
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
            state.Published.MakesStaleTrees = true;
            return;
        }

        core.Artifacts.Count = checkpoint.Artifacts;
        core.Chunks.NextNumber = checkpoint.NextBlock;
        core.Chunks.Totals = checkpoint.Blocks;
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
                TakeBlocks(seal.Blocks);
                TouchSealed(number, seal);
                if (seal.Moved is { } moved)
                {
                    core.Pending.RemoveThrough(moved, seal.Through);
                }

                break;
            case LogRecord.Evict evict:
                SetHere(evict.Blocks, isHere: false);
                SetEvicted(evict.Keys, isEvicted: true);
                break;
            case LogRecord.Rehydrate back:
                TakeBlocks(back.Blocks);
                SetEvicted(back.Keys, isEvicted: false);
                break;
            case LogRecord.Drop drop:
                foreach (var id in drop.Blocks)
                {
                    core.Chunks.Remove(id, directory: null);
                }

                break;
            default:
                state.Replay(number, record!, inline);
                break;
        }

        core.Replaying = null;
        SealWhenFull();
    }

    /// <summary>Holds the folders of blocks against what the log says; of very many blocks only the first, for the
    /// rest can be done when the store is open.</summary>
    public void FinishBlocks()
    {
        FilesRemoved += core.Blocks.DropOpen();
        for (var names = 0; !Folders.IsDone && names < core.Limits.OpenNamesMax;)
        {
            names += Folders.Step();
        }
    }

    /// <summary>After a long replay makes the trees now, while sealing on the way is still allowed; after a short one
    /// that can wait until somebody asks.</summary>
    public void FinishTrees()
    {
        state.Published.MakesStaleTrees = false;
        foreach (var tree in core.Index.IsUnplaced ? state.Trees : [])
        {
            tree.Breathe = SealWhenFull;
            tree.Fold(int.MaxValue);
            tree.Breathe = static () => { };
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

    /// <summary>Blocks that are there by the log's word. Whether their bytes are is held against the folder at the
    /// end; where a later record drops them nothing need be found.</summary>
    private void TakeBlocks(IReadOnlyList<BlockId> blocks)
    {
        foreach (var id in blocks)
        {
            if (core.Chunks.TryGetBlock(id, out var known))
            {
                core.Chunks.SetHere(known!, isHere: true);
            }
            else if (core.Blocks.TryReadDirectory(id, out var directory))
            {
                core.Chunks.Add(id, directory!, isHere: true);
            }
            else
            {
                core.Chunks.AddUnreadable(id);
            }
        }
    }

    private void SetHere(IReadOnlyList<BlockId> blocks, bool isHere)
    {
        foreach (var id in blocks)
        {
            if (core.Chunks.TryGetBlock(id, out var known))
            {
                core.Chunks.SetHere(known!, isHere);
            }
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
}
