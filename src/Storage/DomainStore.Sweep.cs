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
    /// <summary>
    /// Moves what lives in these blocks and drops them. The ledger says what may go; before anything does, one pass
    /// over the chunk lists of all kept contents proves it, and pins of writes under way are looked at last, when no
    /// write can commit. Under the maintenance lock.
    /// </summary>
    private CollectionResult Sweep(List<BlockState> blocks, long ripeBefore, CollectionResult before)
    {
        var surveyed = blocks.ConvertAll(block => new SurveyedBlock(block, _core.Blocks.ReadDirectory(block.Id), []));
        var sinks = new Dictionary<ClassTag, BlockSink>();
        SetLeaving(surveyed, isLeaving: true);
        try
        {
            CatchUp();
            surveyed = surveyed.ConvertAll(block => block with { Neighbours = StaysIn(block, ripeBefore) });
            RequireUnused(surveyed);
            var work = new Survey([], [.. surveyed.Where(HasSomethingToLose)], PendingBytes: 0);
            CopyOut(work, sinks);
            var dropped = CommitSweep(work, sinks.Values, ripeBefore);
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
        finally
        {
            SetLeaving(surveyed, isLeaving: false);
        }
    }

    private static bool HasSomethingToLose(SurveyedBlock block) =>
        block.Neighbours.Count < block.Directory.Entries.Count && (block.State.IsHere || block.Neighbours.Count == 0);

    /// <summary>Entries that do not go: needed, not ripe, or relied on by a write under way.</summary>
    private List<BlockEntry> StaysIn(SurveyedBlock block, long ripeBefore)
    {
        lock (_core.State)
        {
            return [.. block.Directory.Entries.Where(entry => !MayGo(entry, ripeBefore))];
        }
    }

    /// <summary>Under the state lock.</summary>
    private bool MayGo(BlockEntry entry, long ripeBefore)
    {
        var isList = entry.Codec == BlockCodec.ChunkList;
        return _state.Uses.DeadSince(entry.Id, isList) < ripeBefore
            && !_state.Uses.IsNeeded(entry.Id, isList) && !_core.IsPinned(entry.Id);
    }

    /// <summary>The ledger is a view, and a view may be wrong: holds it against the lists themselves.</summary>
    private void RequireUnused(List<SurveyedBlock> blocks)
    {
        var going = blocks.SelectMany(block => block.Directory.Entries.Except(block.Neighbours))
            .Where(entry => entry.Codec != BlockCodec.ChunkList).Select(entry => entry.Id).ToHashSet();
        if (going.Count == 0)
        {
            return;
        }

        List<ContentId> contents;
        lock (_core.State)
        {
            contents = [.. _core.Artifacts.Contents.Where(_state.Uses.Keeps)];
        }

        using var reader = new ObjectReader(_core);
        foreach (var content in contents)
        {
            if (ObjectsOf(content, reader).FirstOrDefault(going.Contains) is { IsDefault: false } used)
            {
                throw new StoreDamagedException(
                    $"{used} was counted as dead and {content} uses it: omega reindex makes the counts anew");
            }
        }
    }

    /// <summary>Commits and deletes while no write can commit: one that sealed the very bytes of a block that goes
    /// either was here before, and is seen, or comes after, and writes them again.</summary>
    private List<SurveyedBlock> CommitSweep(Survey work, IReadOnlyCollection<BlockSink> sinks, long ripeBefore)
    {
        _gate.EnterWriteLock();
        try
        {
            CatchUp();
            var stays = work.Blocks.Where(block => StaysIn(block, ripeBefore).Count > block.Neighbours.Count).ToList();
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

    /// <summary>Removes sealed blocks that no record names and that were there a grace period ago already: of writes
    /// that failed between the name and the log. Opening the store removes them as well.</summary>
    private void ReclaimOrphans(CollectionOptions options, Instant now)
    {
        var running = ClockAt(now).RunningMs(now);
        var grace = options.GraceMs ?? _core.Limits.CollectionGraceMs;
        _gate.EnterWriteLock();
        try
        {
            var orphans = new HashSet<BlockId>();
            foreach (var (id, extension) in _core.Blocks.ListSealed())
            {
                lock (_core.State)
                {
                    if (extension == ".blk" && !_core.Chunks.TryGetBlock(id, out _))
                    {
                        orphans.Add(id);
                    }
                }
            }

            foreach (var known in _orphansSince.Keys.Except(orphans).ToList())
            {
                _orphansSince.Remove(known);
            }

            foreach (var id in orphans)
            {
                _orphansSince.TryAdd(id, running);
            }

            var ripe = _orphansSince.Where(since => since.Value <= running - grace).Select(since => since.Key);
            DeleteUnknown(ripe.ToList());
        }
        finally
        {
            _gate.ExitWriteLock();
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
            _log.Roll();
            _log.Trim(IsPending);
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
        var users = _core.Artifacts.OfContent(ContentId.From(entry.Id));
        ArtifactKey? First(Func<ArtifactRecord, bool> fits) => users.FirstOrDefault(fits)?.Key;
        if (First(user => _state.Keeping.IsHeld(user.Key)) is { } held)
        {
            return (BlockRule.Held, held);
        }

        if (First(user => _state.Keeping.IsPinned(user.Key)) is { } pinned)
        {
            return (BlockRule.Pinned, pinned);
        }

        if (First(user => user.IsLive) is { } live)
        {
            return (BlockRule.Live, live);
        }

        return users.Any(_state.Keeps) || _state.Uses.PackagesWith(ContentId.From(entry.Id)) > 0
            ? (BlockRule.Referenced, users is [var user, ..] ? user.Key : null)
            : (_core.IsPinned(entry.Id) ? BlockRule.InFlight : BlockRule.Live, null);
    }
}
