using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>Small blocks becoming few.</summary>
public sealed partial class DomainStore
{
    /// <summary>
    /// Merges blocks of one class that are smaller than <paramref name="minFill"/> times the small block's target into
    /// full ones, leaving out what nothing needs and whose grace period is over. No artifact changes; the old blocks'
    /// names are forgotten.
    /// </summary>
    /// <param name="now">The present.</param>
    /// <param name="minFill">0 to 1.</param>
    /// <returns>How many blocks became fewer.</returns>
    public int Repack(Instant now, double minFill)
    {
        RequireWritable();
        lock (_core.Maintenance)
        {
            CatchUp();
            var ripeBefore = RipeBefore(new CollectionOptions(), now);
            var merged = 0;
            _gate.EnterWriteLock();
            try
            {
                foreach (var group in UnderFilled(minFill))
                {
                    merged += RepackGroup(group, ripeBefore);
                }
            }
            finally
            {
                _gate.ExitWriteLock();
            }

            return merged;
        }
    }

    private List<List<BlockState>> UnderFilled(double minFill)
    {
        var limit = minFill * _core.Limits.SmallBlockTarget;
        lock (_core.State)
        {
            return [.. _core.Chunks.Blocks
                .Where(block => block.IsHere && block.Length < limit)
                .GroupBy(block => block.Class)
                .Where(group => group.Count() > 1)
                .OrderBy(group => group.Key.Value)
                .Select(group => group.OrderBy(block => block.Id).ToList())];
        }
    }

    private int RepackGroup(List<BlockState> blocks, long ripeBefore)
    {
        var directories = blocks.ToDictionary(block => block, block => _core.Blocks.ReadDirectory(block.Id));
        var taken = new HashSet<(Hash256 Id, BlockCodec Codec)>();
        IReadOnlyList<BlockEntry> Kept(BlockDirectory directory) => [.. directory.Entries.Where(entry =>
            taken.Add((entry.Id, entry.Codec)) && !MayGoNow(entry, ripeBefore))];

        var surveyed = blocks.Select(block => new SurveyedBlock(block, directories[block], Kept(directories[block])));
        var work = new Survey([], [.. surveyed], PendingBytes: 0);
        var sinks = new Dictionary<ClassTag, BlockSink>();
        SetLeaving(work.Blocks, isLeaving: true);
        try
        {
            CopyOut(work, sinks);
            CommitRepack(work, sinks.Values);
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

        foreach (var block in blocks.Where(block => !IsKnown(block)))
        {
            _core.Blocks.DeleteAll(block.Id);
        }

        return blocks.Count(block => !IsKnown(block)) - sinks.Values.Sum(sink => sink.Blocks.Count);
    }

    private bool MayGoNow(BlockEntry entry, long ripeBefore)
    {
        lock (_core.State)
        {
            return MayGo(entry, ripeBefore);
        }
    }

    private void CommitRepack(Survey work, IReadOnlyCollection<BlockSink> sinks)
    {
        // One block of the new may have the very bytes, and so the name, of an old one.
        var kept = sinks.SelectMany(sink => sink.Ids()).ToHashSet();
        var dropped = work.Blocks.Where(block => !kept.Contains(block.State.Id)).ToList();
        List<LogItem> items = [.. SealItems(sinks)];
        items.AddRange(dropped.Select(block => block.State.Id).Chunk(LogRecordCodec.BlocksMax)
            .Select(ids => Item(new LogRecord.Drop(ids))));
        _log.Commit(items, _ =>
        {
            lock (_core.State)
            {
                AddBlocks(sinks);
                foreach (var block in dropped)
                {
                    _core.Chunks.Remove(block.State.Id, block.Directory);
                }

                foreach (var block in work.Blocks)
                {
                    block.State.IsLeaving = false;
                }
            }
        });
    }

    private bool IsKnown(BlockState block)
    {
        lock (_core.State)
        {
            return _core.Chunks.TryGetBlock(block.Id, out _);
        }
    }
}
