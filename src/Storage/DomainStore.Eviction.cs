using Omega.P2P.Primitives.Artifacts;
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
        lock (_core.Maintenance)
        {
            CatchUp();
        }

        var work = Survey(keys);
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
            var hadPending = MovePendingOf(plan.Keys);
            CatchUp();
            EvictionResult result;
            _gate.EnterWriteLock();
            try
            {
                result = EvictExclusively(plan.Keys, now);
            }
            finally
            {
                _gate.ExitWriteLock();
            }

            if (hadPending)
            {
                TrimWholeLog();
            }

            return result;
        }
    }

    private EvictionResult EvictExclusively(IReadOnlyList<ArtifactKey> keys, Instant now)
    {
        CatchUp();
        var work = Survey(keys);
        var sinks = new Dictionary<ClassTag, BlockSink>();
        SetLeaving(work.States, isLeaving: true);
        try
        {
            // Whatever a put in flight leans on was pinned before the blocks were marked; look again now that they are.
            work = Survey(keys);
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
            SetLeaving(work.States, isLeaving: false);
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

        SetLeaving(work.States, isLeaving: false);
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

    private void SetLeaving(IEnumerable<BlockState> blocks, bool isLeaving)
    {
        lock (_core.State)
        {
            foreach (var block in blocks)
            {
                _core.Chunks.SetLeaving(block.Id, isLeaving);
            }
        }
    }

    /// <summary>Copies what others need out of blocks into new ones of the same class, and seals those.</summary>
    private void CopyOut(Survey work, Dictionary<ClassTag, BlockSink> sinks)
    {
        using var objects = new ObjectReader(_core);
        var copied = new HashSet<(Hash256, BlockCodec, ClassTag)>();
        foreach (var block in work.Blocks)
        {
            foreach (var entry in block.Neighbours)
            {
                lock (_core.State)
                {
                    if (!copied.Add((entry.Id, entry.Codec, block.State.Class))
                        || _core.Chunks.IsKeptIn(entry.Id, entry.Codec, [block.State.Class]))
                    {
                        continue;
                    }
                }

                CopyOut(entry, block.State, objects, sinks);
            }
        }

        foreach (var sink in sinks.Values)
        {
            sink.Seal();
        }
    }

    private void CopyOut(
        BlockEntry entry, BlockState block, ObjectReader objects, Dictionary<ClassTag, BlockSink> sinks)
    {
        if (!objects.TryRead(entry.Id, entry.Codec, out var bytes))
        {
            throw new StoreDamagedException($"{ContentId.From(entry.Id)} cannot be read from {block.Id}");
        }

        if (!sinks.TryGetValue(block.Class, out var sink))
        {
            sink = new BlockSink(_core, block.Class, _core.Limits.LargeBlockTarget);
            sinks.Add(block.Class, sink);
        }

        sink.Add(entry.Id, entry.Codec, bytes);
    }

    /// <summary>Moves the classes to blocks in which something of these artifacts still waits in the log.</summary>
    private bool MovePendingOf(IReadOnlyList<ArtifactKey> keys)
    {
        var classes = new HashSet<ClassTag>();
        using var objects = new ObjectReader(_core);
        foreach (var record in RecordsOf(keys))
        {
            foreach (var chunk in _core.Packages.Evictable(record)
                .SelectMany(going => ChunksOf(going.Content, going.Size, objects)))
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

    /// <summary>Which blocks hold bytes of the artifacts, and what else in them must stay, as the ledger
    /// says.</summary>
    private Survey Survey(IReadOnlyList<ArtifactKey> keys)
    {
        var leaving = new Leaving(keys, RecordsOf(keys));
        var contents = new List<SizedContent>();
        using var objects = new ObjectReader(_core);
        foreach (var record in leaving.Records)
        {
            bool stays;
            lock (_core.State)
            {
                stays = _core.Artifacts.OfContent(record.Content).Any(user => Stays(user, leaving));
            }

            if (!stays)
            {
                foreach (var sized in _core.Packages.Evictable(record))
                {
                    contents.Add(sized);
                    leaving.Going.Add(sized.Content);
                    leaving.Objects.UnionWith(
                        ChunksOf(sized.Content, sized.Size, objects).Select(chunk => chunk.Id));
                }
            }
        }

        var (states, pendingBytes) = HoldersOf(leaving.Objects);
        var blocks = new List<SurveyedBlock>();
        foreach (var state in states.OrderBy(state => state.Id))
        {
            var directory = _core.Blocks.ReadDirectory(state.Id);
            List<BlockEntry> stay = [.. directory.Entries.Where(entry => IsNeeded(entry.Id, leaving))];
            if (directory.Entries.Except(stay).Any(entry => leaving.Objects.Contains(entry.Id)))
            {
                blocks.Add(new SurveyedBlock(state, directory, stay));
            }
        }

        return new Survey(contents, blocks, pendingBytes);
    }

    /// <summary>Removed and not collected yet: no reason to keep the content here, but no neighbour to be thrown away
    /// either. Under the state lock.</summary>
    private bool Stays(ArtifactRecord user, Leaving leaving) =>
        !user.IsEvicted && !leaving.Keys.Contains(user.Key)
        && (_state.Keeps(user) || !leaving.Contents.Contains(user.Content));

    /// <summary>Whether anything else needs an object of a block that goes. What nobody is known to use is not thrown
    /// away with it, unless it is the artifacts' own: it may be dead, and in its grace period.</summary>
    private bool IsNeeded(Hash256 id, Leaving leaving)
    {
        lock (_core.State)
        {
            if (_core.IsPinned(id))
            {
                return true;
            }

            var isUsed = leaving.Objects.Contains(id);
            foreach (var content in _state.Uses.ContentsWith(id))
            {
                foreach (var user in _core.Artifacts.OfContent(content))
                {
                    // A manifest stays when its files go: without it nobody could say what is missing.
                    if (Stays(user, leaving)
                        || (user.Type == PackageManifest.TypeTag && !leaving.Going.Contains(content)))
                    {
                        return true;
                    }

                    isUsed = true;
                }

                foreach (var package in _state.Uses.PackagesWith(content))
                {
                    if (Stays(package, leaving))
                    {
                        return true;
                    }

                    isUsed = true;
                }
            }

            return !isUsed;
        }
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

    /// <summary>Artifacts on their way out, each content once, and the objects of what leaves with them.</summary>
    private sealed class Leaving(IReadOnlyList<ArtifactKey> keys, List<ArtifactRecord> records)
    {
        public HashSet<ArtifactKey> Keys { get; } = [.. keys];

        public List<ArtifactRecord> Records { get; } = [.. records.DistinctBy(record => record.Content)];

        public HashSet<ContentId> Contents { get; } = [.. records.Select(record => record.Content)];

        /// <summary>Contents whose bytes go: of a package not its own, but its files'.</summary>
        public HashSet<ContentId> Going { get; } = [];

        public HashSet<Hash256> Objects { get; } = [];
    }
}
