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
            var fewer = 0;
            foreach (var batch in UnderFilled(minFill).SelectMany(BatchesOf))
            {
                fewer += RepackBatch(batch, ripeBefore);
            }

            return fewer;
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

    /// <summary>Merges blocks of a class in steps, between which writes go on.</summary>
    private int RepackBatch(List<BlockState> blocks, long ripeBefore)
    {
        SetLeaving(blocks, isLeaving: true);
        try
        {
            CatchUp();
            var ripe = new Ripe(ripeBefore, Prove(blocks, ripeBefore));
            return StepsOf(blocks).Where(step => step.Count > 1).Sum(step => RepackStep(step, ripe));
        }
        finally
        {
            SetLeaving(blocks, isLeaving: false);
        }
    }

    private int RepackStep(List<BlockState> blocks, Ripe ripe)
    {
        var sinks = new Dictionary<ClassTag, BlockSink>();
        try
        {
            var work = new Survey([], [.. blocks.Select(block => Surveyed(block, ripe))], PendingBytes: 0);
            CopyOut(work, sinks);
            var gone = CommitSweep(work, sinks.Values, ripe).Count;
            return gone == 0 ? 0 : gone - sinks.Values.Sum(sink => sink.Blocks.Count);
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

                foreach (var block in work.States)
                {
                    _core.Chunks.SetLeaving(block.Id, isLeaving: false);
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
