using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Recovery;

/// <summary>
/// Rebuilds the indexes from the log, then from block directories; brings the folder of blocks in line with what the
/// log says. The store is not open to anyone else meanwhile.
/// </summary>
internal sealed class StoreReplay(StoreCore core, StoreState state)
{
    private readonly Dictionary<BlockId, bool> _blocks = [];

    /// <summary>Blocks that the log names and whose directory cannot be read.</summary>
    public int BlocksMissing { get; private set; }

    public int FilesRemoved { get; private set; }

    public void Visit(long number, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> inline)
    {
        if (!LogRecordCodec.TryDecode(bytes, out var record))
        {
            throw new StoreDamagedException($"log record {number} is of an unknown kind");
        }

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
                }

                break;
            default:
                state.Replay(number, record!, inline);
                break;
        }
    }

    /// <summary>Reads directories, and removes block files that the log does not call for.</summary>
    public void FinishBlocks()
    {
        FilesRemoved += core.Blocks.DropOpen();
        RemoveStrays();
        foreach (var (id, isHere) in _blocks)
        {
            try
            {
                core.Chunks.Add(id, core.Blocks.ReadDirectory(id), isHere && core.Blocks.HasBytes(id));
                BlocksMissing += isHere && !core.Blocks.HasBytes(id) ? 1 : 0;
            }
            catch (Exception missing) when (missing is FileNotFoundException or StoreDamagedException)
            {
                BlocksMissing++;
            }
        }
    }

    private void Add(long number, LogRecord.Add add, ReadOnlySpan<byte> inline)
    {
        if (!SignedArtifact.TryDecode(add.Entry, out var entry, out var error))
        {
            throw new StoreDamagedException($"log record {number} holds no catalog entry: {error}");
        }

        AddPending(number, core.Know(add.Audience, add.Tenant), add.Inline, inline);
        state.PutArtifact(entry, add);
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
        }
    }

    private void SetEvicted(IReadOnlyList<ArtifactKey> keys, bool isEvicted)
    {
        foreach (var key in keys)
        {
            core.Artifacts.SetEvicted(key, isEvicted);
        }
    }

    private void RemoveStrays()
    {
        foreach (var (id, extension) in core.Blocks.ListSealed())
        {
            var isKnown = _blocks.TryGetValue(id, out var isHere);
            var isStray = extension switch
            {
                ".blk" => !isHere,
                ".dir" => !isKnown || (isHere && core.Blocks.HasBytes(id)),
                _ => !isKnown,
            };
            if (isStray)
            {
                core.Files.Delete($"{BlockFiles.FolderOf(id)}/{id.Hash}{extension}");
                FilesRemoved++;
            }
        }
    }
}
