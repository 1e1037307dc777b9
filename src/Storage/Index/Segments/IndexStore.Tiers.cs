namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// Which segments become one, and when. Segments of a table stand in tiers by size, each tier four times the one
/// before; four of one tier become one of the next. So an entry is written once when sealed and at most once per tier:
/// log4(n / entries in memory) times more, and a table has at most three segments per tier. A table a third of whose
/// entries are tombstones becomes one segment at once: a walk over it never passes over more that is gone than is
/// there. A quiet store goes on until nearly all of a table is in its oldest segment: look-ups need no filter for that.
/// </summary>
internal sealed partial class IndexStore
{
    private const int FanIn = 4;

    /// <summary>A quiet store merges a table whose newer segments have more than this share of its pages: so its oldest
    /// is rewritten once while it grows by as much (guess).</summary>
    private const int QuietShare = 4;

    /// <summary>Fewer tombstones than this are no reason to merge a table (guess).</summary>
    private const long TombstonesMin = 4096;

    private static int TierOf(SegmentReader run)
    {
        var tier = 0;
        for (var pages = run.Pages; pages >= 4; pages /= FanIn)
        {
            tier++;
        }

        return tier;
    }

    /// <summary>The merge that is due; of segments that are not in another.</summary>
    private (IndexTable Table, int First, int Count)? FindMerge(bool isQuiet)
    {
        for (var table = 0; table < _runs.Length; table++)
        {
            var runs = _runs[table];
            var free = runs.FindIndex(run => _merges.Exists(merge => merge.Inputs.Contains(run)));
            var count = free >= 0 ? CountDue(runs.GetRange(0, free))
                : IsMostlyGone(runs) || (isQuiet && IsMostlyNew(runs)) ? runs.Count : CountDue(runs);
            if (count > 0)
            {
                return ((IndexTable)table, 0, count);
            }
        }

        return null;
    }

    private static bool IsMostlyGone(List<SegmentReader> runs)
    {
        var gone = runs.Sum(run => run.Tombstones);
        return runs.Count > 1 && gone >= TombstonesMin && gone > runs.Sum(run => run.Entries) / 3;
    }

    private static bool IsMostlyNew(List<SegmentReader> runs) =>
        runs.Count > 1 && runs.Take(runs.Count - 1).Sum(run => (long)run.Pages) > runs[^1].Pages / QuietShare;

    /// <summary>How many of the newest segments make four of one tier, smaller ones between included.</summary>
    private static int CountDue(List<SegmentReader> runs)
    {
        for (var tier = 0; tier < 16 && runs.Count >= FanIn; tier++)
        {
            var (count, ofTier) = (0, 0);
            for (; count < runs.Count && TierOf(runs[count]) <= tier; count++)
            {
                ofTier += TierOf(runs[count]) == tier ? 1 : 0;
            }

            if (ofTier >= FanIn)
            {
                return count;
            }
        }

        return 0;
    }
}
