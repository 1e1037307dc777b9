using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Blocks;

/// <summary>
/// Writes objects of one class into as many blocks as they need. Nothing is visible before <see cref="Seal"/>; until
/// then <see cref="Discard"/> leaves no trace. Not thread-safe.
/// </summary>
internal sealed class BlockSink(StoreCore core, ClassTag tag, int target)
{
    private readonly List<FilledBlock> _filled = [];
    private BlockBuilder? _builder;
    private int _synced;

    /// <summary>Blocks so far, complete after <see cref="Close"/>.</summary>
    public IReadOnlyList<FilledBlock> Blocks => _filled;

    /// <summary>Bytes of entries written.</summary>
    public long EntryBytes { get; private set; }

    public void Add(Hash256 id, BlockCodec codec, ReadOnlySpan<byte> bytes)
    {
        Builder(bytes.Length).Add(id, codec, bytes);
        EntryBytes += bytes.Length;
    }

    /// <summary>Adds neighbouring chunks, beginning a new block wherever the target is reached.</summary>
    public void AddRun(ReadOnlySpan<byte> bytes, ReadOnlySpan<(Hash256 Id, int Length)> pieces)
    {
        while (!pieces.IsEmpty)
        {
            var builder = Builder(pieces[0].Length);
            var (count, length) = (0, 0);
            while (count < pieces.Length && (count == 0
                || builder.PayloadLength + length + pieces[count].Length <= target))
            {
                length += pieces[count++].Length;
            }

            builder.AddRun(bytes[..length], pieces[..count]);
            EntryBytes += length;
            bytes = bytes[length..];
            pieces = pieces[count..];
        }
    }

    /// <summary>Ends the block being filled. Call before <see cref="Seal"/>.</summary>
    public void Close()
    {
        if (_builder is null)
        {
            return;
        }

        _filled.Add(_builder.Finish());
        _builder = null;
    }

    /// <summary>Syncs all bytes, then gives the blocks their names and syncs those.</summary>
    public void Seal() => SealAll(core, [this]);

    /// <summary>Seals several sinks with one round of syncs for the bytes and one for the names.</summary>
    public static void SealAll(StoreCore core, IReadOnlyList<BlockSink> sinks)
    {
        List<FilledBlock> unsynced = [];
        foreach (var sink in sinks)
        {
            sink.Close();
            unsynced.AddRange(sink._filled.Skip(sink._synced));
            sink._synced = sink._filled.Count;
        }

        SyncAll(core, unsynced);
        core.Blocks.Seal([.. sinks.SelectMany(sink => sink._filled)], core.Scheduler);
    }

    /// <summary>Removes what was written.</summary>
    public void Discard()
    {
        _builder?.Discard();
        _builder = null;
        core.Blocks.Discard(_filled);
        _filled.Clear();
    }

    /// <summary>Ids of the blocks, for a <c>seal</c> record.</summary>
    public IReadOnlyList<BlockId> Ids() => [.. _filled.Select(block => block.Id)];

    private BlockBuilder Builder(int next)
    {
        if (_builder is not null && _builder.Count > 0 && _builder.PayloadLength + next > target)
        {
            Close();
            if (_filled.Count - _synced >= core.Limits.UnsyncedBlocksMax)
            {
                SyncAll(core, _filled[_synced..]);
                _synced = _filled.Count;
            }
        }

        return _builder ??= core.Blocks.Begin(tag, isBulk: target > core.Limits.SmallBlockTarget);
    }

    private static void SyncAll(StoreCore core, List<FilledBlock> blocks)
    {
        core.Scheduler.Run(blocks.Count, i => blocks[i].File.Sync());
        blocks.ForEach(block => block.File.Dispose());
    }
}
