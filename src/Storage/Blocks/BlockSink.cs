using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Blocks;

/// <summary>
/// Writes objects of one class into as many blocks as they need; a full block is synced while the next one is written.
/// Nothing is visible before <see cref="Seal"/>; until then <see cref="Discard"/> leaves no trace. Not thread-safe.
/// </summary>
internal sealed class BlockSink(StoreCore core, ClassTag tag, int target)
{
    private readonly List<FilledBlock> _filled = [];
    private readonly Queue<IRunningWork> _syncs = new();
    private BlockBuilder? _builder;

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

    /// <summary>Ends the block being filled and begins its sync. Call before <see cref="Seal"/>.</summary>
    public void Close()
    {
        if (_builder is null)
        {
            return;
        }

        var block = _builder.Finish();
        _filled.Add(block);
        _builder = null;
        if (_syncs.Count >= core.Limits.UnsyncedBlocksMax)
        {
            _syncs.Dequeue().Wait();
        }

        _syncs.Enqueue(core.Scheduler.Begin(() => Sync(block)));
    }

    /// <summary>Syncs all bytes, then gives the blocks their names and syncs those.</summary>
    public void Seal() => SealAll(core, [this]);

    /// <summary>Seals several sinks with one round of syncs for the bytes and one for the names.</summary>
    public static void SealAll(StoreCore core, IReadOnlyList<BlockSink> sinks)
    {
        foreach (var sink in sinks)
        {
            sink.Close();
        }

        foreach (var sync in sinks.SelectMany(sink => sink._syncs))
        {
            sync.Wait();
        }

        core.Blocks.Seal([.. sinks.SelectMany(sink => sink._filled)], core.Scheduler);
    }

    /// <summary>Removes what was written.</summary>
    public void Discard()
    {
        _builder?.Discard();
        _builder = null;
        while (_syncs.TryDequeue(out var sync))
        {
            WaitForEnd(sync);
        }

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
        }

        return _builder ??= core.Blocks.Begin(tag, isBulk: target > core.Limits.SmallBlockTarget);
    }

    private static void Sync(FilledBlock block)
    {
        block.File.Sync();
        block.File.Dispose();
    }

    private static void WaitForEnd(IRunningWork sync)
    {
        try
        {
            sync.Wait();
        }
        catch (IOException)
        {
            // Whether bytes that are thrown away were durable is of no interest.
            return;
        }
    }
}
