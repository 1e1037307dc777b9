using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>Bytes leaving the disk, while what they are stays known.</summary>
public sealed partial class DomainStore
{
    /// <summary>What evicting these artifacts would do. Changes nothing.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>; <c>held</c>, <c>pinned</c>.</exception>
    public EvictionPlan PlanEviction(IReadOnlyList<ArtifactKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        RequireMayLeave(keys);
        using var liveness = new Liveness(_core);
        var work = Survey(keys, liveness);
        return new EvictionPlan
        {
            Keys = keys,
            Contents = work.Contents,
            Blocks = [.. work.Blocks.Select(block => block.State.Id)],
            NeighbourBytes = work.NeighbourBytes,
            FreedBytes = work.Blocks.Sum(block => (long)block.Directory.PayloadLength)
                - work.NeighbourBytes + work.PendingBytes,
        };
    }

    /// <summary>
    /// Takes the bytes of the plan's artifacts off this disk: neighbours are copied to new blocks, directories kept,
    /// all
    /// of it durable, then the log says so, then the bytes go. Who holds copies elsewhere is the caller's business.
    /// </summary>
    /// <exception cref="StoreRefusedException"><c>held</c>, <c>pinned</c>: since the plan was made.</exception>
    public EvictionResult Evict(EvictionPlan plan, Instant now)
    {
        ArgumentNullException.ThrowIfNull(plan);
        RequireWritable();
        lock (_core.Maintenance)
        {
            RequireMayLeave(plan.Keys);
            using var liveness = new Liveness(_core);
            var hadPending = MovePendingOf(plan.Keys, liveness);
            EvictionResult result;
            _gate.EnterWriteLock();
            try
            {
                result = EvictExclusively(plan.Keys, liveness, now);
            }
            finally
            {
                _gate.ExitWriteLock();
            }

            if (hadPending)
            {
                _log.Roll();
                _log.Trim(IsPending);
            }

            return result;
        }
    }

    private EvictionResult EvictExclusively(IReadOnlyList<ArtifactKey> keys, Liveness liveness, Instant now)
    {
        var work = Survey(keys, liveness);
        var sinks = new Dictionary<ClassTag, BlockSink>();
        SetLeaving(work.Blocks, isLeaving: true);
        try
        {
            // Whatever a put in flight leans on was pinned before the blocks were marked; look again now that they are.
            work = Survey(keys, liveness);
            CopyOut(work, sinks);
            foreach (var block in work.Blocks)
            {
                _core.Blocks.KeepDirectory(block.State.Id, block.Directory);
            }

            _core.Blocks.SyncFolders(work.Blocks.Select(block => block.State.Id));
            CommitEviction(work, sinks.Values, keys, now);
        }
        catch
        {
            SetLeaving(work.Blocks, isLeaving: false);
            foreach (var sink in sinks.Values)
            {
                sink.Discard();
            }

            throw;
        }

        foreach (var block in work.Blocks)
        {
            _core.Blocks.DeleteBytes(block.State.Id);
        }

        SetLeaving(work.Blocks, isLeaving: false);
        var freed = work.Blocks.Sum(block => (long)block.Directory.PayloadLength) - work.NeighbourBytes;
        return new EvictionResult([.. work.Blocks.Select(block => block.State.Id)], work.NeighbourBytes, freed);
    }

    private void CommitEviction(
        Survey work, IReadOnlyCollection<BlockSink> sinks, IReadOnlyList<ArtifactKey> keys, Instant now)
    {
        List<LogItem> items = [.. SealItems(sinks)];
        var ids = work.Blocks.Select(block => block.State.Id).ToArray();
        items.AddRange(ids.Chunk(LogRecordCodec.BlocksMax)
            .Select(some => Item(new LogRecord.Evict(some, [], now.UnixMs))));
        items.AddRange(keys.Chunk(LogRecordCodec.BlocksMax)
            .Select(some => Item(new LogRecord.Evict([], some, now.UnixMs))));
        _log.Commit(items, _ =>
        {
            lock (_core.State)
            {
                AddBlocks(sinks);
                foreach (var block in work.Blocks)
                {
                    _core.Chunks.SetHere(block.State, isHere: false);
                }

                foreach (var key in keys)
                {
                    _core.Artifacts.SetEvicted(key, isEvicted: true);
                }
            }
        });
    }

    private static IEnumerable<LogItem> SealItems(IEnumerable<BlockSink> sinks) =>
        sinks.SelectMany(sink => sink.Ids()).Chunk(LogRecordCodec.BlocksMax)
            .Select(ids => Item(new LogRecord.Seal(ids, null, 0)));

    /// <summary>Under the state lock.</summary>
    private void AddBlocks(IEnumerable<BlockSink> sinks)
    {
        foreach (var block in sinks.SelectMany(sink => sink.Blocks))
        {
            _core.Chunks.Add(block.Id, block.Directory, isHere: true);
        }
    }

    private void SetLeaving(IReadOnlyList<SurveyedBlock> blocks, bool isLeaving)
    {
        lock (_core.State)
        {
            foreach (var block in blocks)
            {
                block.State.IsLeaving = isLeaving;
            }
        }
    }

    /// <summary>Copies what others need out of blocks into new ones of the same class, and seals those.</summary>
    private void CopyOut(Survey work, Dictionary<ClassTag, BlockSink> sinks)
    {
        using var objects = new ObjectReader(_core);
        foreach (var block in work.Blocks)
        {
            foreach (var entry in block.Neighbours)
            {
                lock (_core.State)
                {
                    if (_core.Chunks.IsKeptIn(entry.Id, entry.Codec, [block.State.Class]))
                    {
                        continue;
                    }
                }

                if (!objects.TryRead(entry.Id, entry.Codec, out var bytes))
                {
                    throw new StoreDamagedException($"{ContentId.From(entry.Id)} cannot be read from {block.State.Id}");
                }

                if (!sinks.TryGetValue(block.State.Class, out var sink))
                {
                    sink = new BlockSink(_core, block.State.Class, _core.Limits.LargeBlockTarget);
                    sinks.Add(block.State.Class, sink);
                }

                sink.Add(entry.Id, entry.Codec, bytes);
            }
        }

        foreach (var sink in sinks.Values)
        {
            sink.Seal();
        }
    }

    /// <summary>Moves the classes to blocks in which something of these artifacts still waits in the log.</summary>
    private bool MovePendingOf(IReadOnlyList<ArtifactKey> keys, Liveness liveness)
    {
        var classes = new HashSet<ClassTag>();
        foreach (var record in RecordsOf(keys))
        {
            foreach (var chunk in _core.Packages.Evictable(record)
                .SelectMany(going => liveness.ChunksOf(going.Content, going.Size)))
            {
                lock (_core.State)
                {
                    classes.UnionWith(_core.Pending.ClassesOf(chunk.Id));
                }
            }
        }

        foreach (var tag in classes)
        {
            MoveClass(tag);
        }

        return classes.Count > 0;
    }

    private List<ArtifactRecord> RecordsOf(IReadOnlyList<ArtifactKey> keys)
    {
        lock (_core.State)
        {
            return [.. keys.Select(key => _core.Artifacts.TryGetAny(key, DomainId, out var record)
                ? record!
                : throw new StoreRefusedException("unknown-artifact", $"{key} is not known here"))];
        }
    }

    /// <summary>Which blocks hold bytes of the artifacts, and what else in them must stay.</summary>
    private Survey Survey(IReadOnlyList<ArtifactKey> keys, Liveness liveness)
    {
        var goingKeys = keys.ToHashSet();
        var records = RecordsOf(keys).DistinctBy(record => record.Content).ToList();
        var goingContents = records.Select(record => record.Content).ToHashSet();

        // Removed and not collected yet: no reason to keep the content here, but no neighbour to be thrown away either.
        bool Stays(IReadOnlyList<ArtifactRecord> users) => users.Any(user =>
            !user.IsEvicted && !goingKeys.Contains(user.Key)
            && (_state.Keeps(user) || !goingContents.Contains(user.Content)));

        var going = new HashSet<Hash256>();
        var contents = new List<SizedContent>();
        foreach (var record in records)
        {
            bool stays;
            lock (_core.State)
            {
                stays = Stays(_core.Artifacts.OfContent(record.Content));
            }

            if (!stays)
            {
                foreach (var leaving in _core.Packages.Evictable(record))
                {
                    contents.Add(leaving);
                    going.UnionWith(liveness.ChunksOf(leaving.Content, leaving.Size).Select(chunk => chunk.Id));
                }
            }
        }

        var (states, pendingBytes) = HoldersOf(going);
        var directories = states.ToDictionary(state => state, state => _core.Blocks.ReadDirectory(state.Id));
        var inBlocks = directories.Values.SelectMany(directory => directory.Entries)
            .Select(entry => entry.Id).ToHashSet();
        inBlocks.UnionWith(going);
        var needed = liveness.UsedAmong(inBlocks, Stays);
        lock (_core.State)
        {
            needed.UnionWith(_core.Pins.Where(inBlocks.Contains));
        }

        var blocks = directories
            .Where(pair => pair.Value.Entries.Any(entry => going.Contains(entry.Id) && !needed.Contains(entry.Id)))
            .Select(pair => new SurveyedBlock(
                pair.Key, pair.Value, [.. pair.Value.Entries.Where(entry => needed.Contains(entry.Id))]))
            .OrderBy(block => block.State.Id)
            .ToList();
        return new Survey(contents, blocks, pendingBytes);
    }

    private (List<BlockState> Blocks, long PendingBytes) HoldersOf(HashSet<Hash256> objects)
    {
        var blocks = new HashSet<BlockState>();
        long pendingBytes = 0;
        lock (_core.State)
        {
            foreach (var id in objects)
            {
                blocks.UnionWith(_core.Chunks.PlacesOf(id, BlockCodec.Raw)
                    .Select(place => place.Block).Where(block => block.IsHere));
                pendingBytes += _core.Pending.TryFind(id, BlockCodec.Raw, [], out var pending)
                    ? pending!.Bytes.Length
                    : 0;
            }
        }

        return ([.. blocks], pendingBytes);
    }
}
