using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Blocks;

/// <summary>
/// Writes objects of one class into as many blocks as they need; a full block is synced while the next one is written.
/// Nothing is visible before <see cref="Seal"/>; until then <see cref="Discard"/> leaves no trace, but for blocks that
/// became known early. Not thread-safe.
/// </summary>
/// <param name="core">The store.</param>
/// <param name="tag">The class.</param>
/// <param name="target">Bytes at which a block is full.</param>
/// <param name="early">How full blocks become known before the end; null where they wait for it.</param>
/// <param name="trail">Names the files of blocks and is told what went where; null: they are nobody's.</param>
internal sealed class BlockSink(
    StoreCore core, ClassTag tag, int target, EarlySealing? early = null, IChunkTrail? trail = null)
{
    private readonly List<BlockId> _sealedEarly = [];
    private readonly List<FilledBlock> _filled = [];
    private readonly Queue<IRunningWork> _syncs = new();
    private BlockBuilder? _builder;
    private IReadOnlyList<FilledBlock> _leaving = [];
    private IRunningWork? _sealing;

    /// <summary>Blocks that went to the log before the end; known there after <see cref="EndEarly"/>.</summary>
    public IReadOnlyList<BlockId> SealedEarly => _sealedEarly;

    /// <summary>Blocks so far, complete after <see cref="Close"/>.</summary>
    public IReadOnlyList<FilledBlock> Blocks => _filled;

    /// <summary>Bytes of entries written.</summary>
    public long EntryBytes { get; private set; }

    /// <summary>Bytes of blocks that are not known yet.</summary>
    public long UnsealedBytes => _filled.Sum(block => (long)block.Directory.PayloadLength);

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
            trail?.OnPlaced(count);
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
        if (early is not null && _filled.Count >= early.Count)
        {
            BeginEarly(early.Seal);
        }
    }

    /// <summary>Waits until the blocks that left early are known. Never under the gate, which they pass
    /// themselves.</summary>
    /// <exception cref="IOException">They could not be sealed.</exception>
    public void EndEarly()
    {
        _sealing?.Wait();
        _sealing = null;
        _leaving = [];
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

        if (_sealing is not null)
        {
            WaitForEnd(_sealing);
            _sealing = null;
        }

        // Those that were sealed have another name by now and stay.
        core.Blocks.Discard(_leaving);
        core.Blocks.Discard(_filled);
        _filled.Clear();
        Release();
    }

    /// <summary>Leaves the files of blocks that are not sealed where they are, as a killed process would, for whoever
    /// follows the trail.</summary>
    public void Leave()
    {
        try
        {
            _builder?.Leave();
        }
        catch (IOException)
        {
            // The disk failed under it: whoever takes it up again checks every byte.
            EntryBytes = 0;
        }

        _builder = null;
        while (_syncs.TryDequeue(out var sync))
        {
            WaitForEnd(sync);
        }

        if (_sealing is not null)
        {
            WaitForEnd(_sealing);
            _sealing = null;
        }

        _filled.Clear();
        Release();
    }

    /// <summary>Blocks that were sealed early are nobody's care any more: the artifact is there, or will not be.
    /// </summary>
    public void Release()
    {
        lock (core.State)
        {
            core.InFlight.ExceptWith(_sealedEarly);
        }
    }

    /// <summary>Ids of the blocks, for a <c>seal</c> record.</summary>
    public IReadOnlyList<BlockId> Ids() => [.. _filled.Select(block => block.Id)];

    private BlockBuilder Builder(int next)
    {
        if (_builder is not null && _builder.Count > 0 && _builder.PayloadLength + next > target)
        {
            Close();
        }

        return _builder ??= core.Blocks.Begin(
            tag, isBulk: target > core.Limits.SmallBlockTarget, trail?.NextBlockPath());
    }

    private void BeginEarly(Action<IReadOnlyList<FilledBlock>> sealBlocks)
    {
        EndEarly();
        IReadOnlyList<FilledBlock> full = [.. _filled];
        IReadOnlyList<IRunningWork> syncs = [.. _syncs];
        _sealedEarly.AddRange(Ids());
        lock (core.State)
        {
            core.InFlight.UnionWith(Ids());
        }

        _filled.Clear();
        _syncs.Clear();
        _leaving = full;
        _sealing = core.Scheduler.Begin(() =>
        {
            foreach (var sync in syncs)
            {
                sync.Wait();
            }

            sealBlocks(full);
        });
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
