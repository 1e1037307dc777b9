using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>Phase two of collection: blocks emptied of what is dead.</summary>
public sealed partial class DomainStore
{
    /// <summary>Objects that one pass over the chunk lists proves unused: what it costs is shared by their blocks.
    /// About 12 MiB of memory.</summary>
    private const int ProvenMax = 128 * 1024;

    /// <summary>
    /// Sweeps blocks, many at a time: they are marked as leaving, so that nothing new leans on them, and the ledger,
    /// which says what may go, is held against the lists of all kept contents before anything does. Under the
    /// maintenance lock.
    /// </summary>
    private CollectionResult SweepAll(
        List<BlockState> candidates, long ripeBefore, CollectionResult result, Action<long>? progress)
    {
        foreach (var batch in BatchesOf(candidates))
        {
            SetLeaving(batch, isLeaving: true);
            try
            {
                CatchUp();
                var proven = Prove(batch, ripeBefore);
                foreach (var step in StepsOf(batch))
                {
                    result = Sweep(step, new Ripe(ripeBefore, proven), result);
                    progress?.Invoke(result.BytesFreed);
                }
            }
            finally
            {
                SetLeaving(batch, isLeaving: false);
            }
        }

        return result;
    }

    private IEnumerable<List<BlockState>> BatchesOf(List<BlockState> blocks)
    {
        var batch = new List<BlockState>();
        var count = 0;
        foreach (var block in blocks)
        {
            var entries = _core.Blocks.ReadDirectory(block.Id).Entries.Count;
            if (batch.Count > 0 && count + entries > ProvenMax)
            {
                yield return batch;
                (batch, count) = ([], 0);
            }

            batch.Add(block);
            count += entries;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    /// <summary>Moves what lives in these blocks and drops them. Pins of writes under way are looked at last, when no
    /// write can commit.</summary>
    private CollectionResult Sweep(List<BlockState> blocks, Ripe ripe, CollectionResult before)
    {
        var sinks = new Dictionary<ClassTag, BlockSink>();
        try
        {
            List<SurveyedBlock> surveyed = [.. blocks.Select(block => Surveyed(block, ripe)).Where(HasSomethingToLose)];
            var work = new Survey([], surveyed, PendingBytes: 0);
            CopyOut(work, sinks);
            var dropped = CommitSweep(work, sinks.Values, ripe);
            return before with
            {
                BlocksDropped = before.BlocksDropped + dropped.Count,
                BytesMoved = before.BytesMoved + work.NeighbourBytes,
                BytesFreed = before.BytesFreed + dropped.Where(block => block.State.IsHere)
                    .Sum(block => (long)block.State.Length) - sinks.Values.Sum(sink => sink.EntryBytes),
            };
        }
        catch
        {
            foreach (var sink in sinks.Values)
            {
                sink.Discard();
            }

            throw;
        }
    }

    private SurveyedBlock Surveyed(BlockState block, Ripe ripe)
    {
        var directory = _core.Blocks.ReadDirectory(block.Id);
        return new SurveyedBlock(block, directory, StaysIn(block.Id, directory, ripe));
    }

    private static bool HasSomethingToLose(SurveyedBlock block) =>
        block.Neighbours.Count < block.Directory.Entries.Count && (block.State.IsHere || block.Neighbours.Count == 0);

    /// <summary>Entries that do not go: needed, not ripe, or relied on by a write under way.</summary>
    private List<BlockEntry> StaysIn(BlockId block, BlockDirectory directory, Ripe ripe)
    {
        lock (_core.State)
        {
            return _core.InFlight.Contains(block)
                ? [.. directory.Entries]
                : [.. directory.Entries.Where(entry => !MayGo(entry, ripe))];
        }
    }

    /// <summary>Under the state lock.</summary>
    private bool MayGo(BlockEntry entry, Ripe ripe)
    {
        var isList = entry.Codec == BlockCodec.ChunkList;
        return _state.Uses.DeadSince(entry.Id, isList) < ripe.Before
            && (ripe.Proven is null || isList || ripe.Proven.Contains(entry.Id))
            && !_state.Uses.IsNeeded(entry.Id, isList) && !_core.IsPinned(entry.Id);
    }

    /// <summary>
    /// The ledger is a view, and a view may be wrong: holds what goes against the chunk lists themselves, once for many
    /// blocks. A whole content is asked for by itself. In memory of the ids that go.
    /// </summary>
    /// <returns>What may go, chunk lists aside.</returns>
    private HashSet<Hash256> Prove(List<BlockState> blocks, long ripeBefore)
    {
        var going = new HashSet<Hash256>();
        foreach (var directory in blocks.Select(block => _core.Blocks.ReadDirectory(block.Id)))
        {
            lock (_core.State)
            {
                going.UnionWith(directory.Entries
                    .Where(entry => entry.Codec != BlockCodec.ChunkList && MayGo(entry, new Ripe(ripeBefore, null)))
                    .Select(entry => entry.Id));
            }
        }

        if (going.Count == 0)
        {
            return going;
        }

        using var reader = new ObjectReader(_core);
        foreach (var content in CutContents())
        {
            bool isKept;
            lock (_core.State)
            {
                isKept = _state.Uses.Keeps(content);
            }

            if (isKept && ObjectsOf(content, reader).FirstOrDefault(going.Contains) is { IsDefault: false } used)
            {
                throw new StoreDamagedException(
                    $"{used} was counted as dead and {content} uses it: omega reindex makes the counts anew");
            }
        }

        return going;
    }

    /// <summary>Commits and deletes while no write can commit: one that sealed the very bytes of a block that goes
    /// either was here before, and is seen, or comes after, and writes them again.</summary>
    private List<SurveyedBlock> CommitSweep(Survey work, IReadOnlyCollection<BlockSink> sinks, Ripe ripe)
    {
        _gate.EnterWriteLock();
        try
        {
            CatchUp();
            var stays = work.Blocks
                .Where(block => StaysIn(block.State.Id, block.Directory, ripe).Count > block.Neighbours.Count).ToList();
            var going = work with { Blocks = [.. work.Blocks.Except(stays)] };
            if (going.Blocks.Count == 0)
            {
                DeleteUnknown(sinks.SelectMany(sink => sink.Ids()));
                return [];
            }

            CommitRepack(going, sinks);
            var gone = going.Blocks.Where(block => !IsKnown(block.State)).ToList();
            foreach (var block in gone)
            {
                _core.Blocks.DeleteAll(block.State.Id);
            }

            // Room that a power loss gives back is no room.
            _core.Blocks.SyncFolders(gone.Select(block => block.State.Id));
            return gone;
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    private void DeleteUnknown(IEnumerable<BlockId> ids)
    {
        foreach (var id in ids)
        {
            bool isKnown;
            lock (_core.State)
            {
                isKnown = _core.Chunks.TryGetBlock(id, out _);
            }

            if (!isKnown)
            {
                _core.Blocks.DeleteAll(id);
            }
        }
    }

    /// <summary>Brings dead objects that ride in the log into a block, where the sweep finds them.</summary>
    private void MoveRipePending(long ripeBefore)
    {
        var classes = new HashSet<ClassTag>();
        foreach (var dead in EachDead().Where(dead => dead.Record < ripeBefore))
        {
            lock (_core.State)
            {
                classes.UnionWith(_core.Pending.ClassesOf(dead.Id, dead.IsList));
            }
        }

        foreach (var tag in classes)
        {
            MoveClass(tag);
        }

        if (classes.Count > 0)
        {
            TrimWholeLog();
        }
    }

    /// <summary>Null where the block went meanwhile.</summary>
    private BlockVerdict? VerdictOf(BlockState block, long ripeBefore)
    {
        if (!IsKnown(block) || !_core.Blocks.TryReadDirectory(block.Id, out var directory))
        {
            return null;
        }

        var (dead, deadBytes, ripeBytes) = (0, 0L, 0L);
        (BlockRule Rule, ArtifactKey? Witness) strongest = (BlockRule.Drop, null);
        foreach (var entry in directory!.Entries)
        {
            lock (_core.State)
            {
                var isList = entry.Codec == BlockCodec.ChunkList;
                if (_state.Uses.DeadSince(entry.Id, isList) is { } since && !_core.IsPinned(entry.Id))
                {
                    dead++;
                    deadBytes += entry.Length;
                    ripeBytes += since < ripeBefore ? entry.Length : 0;
                    continue;
                }

                var rule = RuleOf(entry);
                strongest = rule.Rule < strongest.Rule ? rule : strongest;
            }
        }

        var goes = GoesAs(block, ripeBytes);
        var verdict = goes ?? (ripeBytes < deadBytes && GoesAs(block, deadBytes) is not null
            ? BlockRule.Grace
            : dead > 0 && strongest.Rule == BlockRule.Live ? BlockRule.Filled : strongest.Rule);
        return new BlockVerdict(
            block.Id, block.IsHere, verdict, directory.Entries.Count, dead, block.EntryBytes, deadBytes,
            strongest.Witness);
    }

    /// <summary>For whose sake an object that is not dead is kept. Under the state lock.</summary>
    private (BlockRule Rule, ArtifactKey? Witness) RuleOf(BlockEntry entry)
    {
        (BlockRule Rule, ArtifactKey? Witness)? strongest = null;
        foreach (var user in _core.Artifacts.OfContent(ContentId.From(entry.Id)))
        {
            var rule = _state.Keeping.IsHeld(user.Key) ? BlockRule.Held
                : _state.Keeping.IsPinned(user.Key) ? BlockRule.Pinned
                : user.IsLive ? BlockRule.Live : BlockRule.Referenced;
            if (strongest is null || rule < strongest.Value.Rule)
            {
                strongest = (rule, user.Key);
            }

            if (rule == BlockRule.Held)
            {
                break;
            }
        }

        if (strongest is { Rule: not BlockRule.Referenced })
        {
            return strongest.Value;
        }

        return _state.Uses.Keeps(ContentId.From(entry.Id))
            ? (BlockRule.Referenced, strongest?.Witness)
            : (_core.IsPinned(entry.Id) ? BlockRule.InFlight : BlockRule.Live, null);
    }

    /// <summary>What may go.</summary>
    /// <param name="Before">What was dead before this record has waited long enough.</param>
    /// <param name="Proven">Objects that were proven unused; null asks for no proof: they are copied, not dropped.
    /// </param>
    private readonly record struct Ripe(long Before, HashSet<Hash256>? Proven);
}
