using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// Sealing and merging. Segments of a table stand in tiers by size, each tier four times the one before; four of one
/// tier become one of the next. So an entry is written once when sealed and at most once per tier: log4(n / entries in
/// memory) times more, and a table has at most three segments per tier. A table a third of whose entries are tombstones
/// becomes one segment at once: a walk over it never passes over more that is gone than is there. A quiet store goes on
/// until nearly all of a table is in its oldest segment, which look-ups need no filter for.
/// </summary>
internal sealed partial class IndexStore
{
    private const int FanIn = 4;

    /// <summary>A quiet store merges a table whose newer segments have more than this share of its pages: so its oldest
    /// is rewritten once while it grows by as much (guess).</summary>
    private const int QuietShare = 4;

    /// <summary>Merges under way at a time: a small one need not wait for a large one. Each has four buffers of 64 KiB
    /// or so.</summary>
    private const int MergesMax = 4;

    /// <summary>Fewer tombstones than this are no reason to merge a table (guess).</summary>
    private const long TombstonesMin = 4096;

    private readonly Lock _working = new();
    private LogPlace _frozenPlace;
    private byte[] _frozenState = [];
    private readonly List<MergeJob> _merges = [];

    /// <summary>Pages written since opening.</summary>
    public long PagesSealed { get; private set; }

    /// <summary>Whether a merge is begun or due.</summary>
    public bool IsMergeDue
    {
        get
        {
            lock (_working)
            {
                return _merges.Count > 0 || FindMerge(isQuiet: false) is not null;
            }
        }
    }

    /// <summary>Sets the newest entries aside to be sealed as the index up to a place of the log; under the gate, when
    /// they are just that. Costs no disk call.</summary>
    /// <param name="place">The last record whose effect is in.</param>
    /// <param name="state">What else replay would know by then.</param>
    public void Freeze(LogPlace place, byte[] state)
    {
        if (_frozen is not null || _files is null)
        {
            throw new InvalidOperationException("entries are waiting to be sealed already, or nowhere to go");
        }

        (_frozen, _memtable, _spare) = (_memtable, _spare ?? new Memtable(), null);
        (_frozenPlace, _frozenState) = (place, state);
    }

    /// <summary>Does a piece of what is due: seals what is frozen, or writes so many pages of a merge. Not under the
    /// gate; one piece at a time.</summary>
    /// <param name="pagesMax">Most pages of a merge to write.</param>
    /// <param name="isQuiet">Whether there is time for what makes looking up cheaper, and would not pay while entries
    /// keep coming.</param>
    /// <returns>False where nothing was due.</returns>
    /// <exception cref="IOException">The disk failed; nothing is lost, the next call tries again.</exception>
    public bool Work(int pagesMax, bool isQuiet = false)
    {
        lock (_working)
        {
            if (_frozen is { } frozen)
            {
                Seal(frozen);
                return true;
            }

            if (_merges.Count < MergesMax && FindMerge(isQuiet) is { } due)
            {
                _merges.Add(BeginMerge(due.Table, due.First, due.Count));
            }

            if (_merges.MinBy(merge => merge.PagesLeft) is not { } next)
            {
                return false;
            }

            if (StepMerge(next, pagesMax))
            {
                _merges.Remove(next);
            }

            return true;
        }
    }

    /// <summary>Makes one segment of each table: for after a rebuild, when entries came in many small ones.</summary>
    public void Settle()
    {
        lock (_working)
        {
            Abandon();
            for (var table = 0; table < _runs.Length; table++)
            {
                if (_runs[table].Count > 1)
                {
                    var job = BeginMerge((IndexTable)table, 0, _runs[table].Count);
                    while (!StepMerge(job, int.MaxValue))
                    {
                    }
                }
            }
        }
    }

    /// <summary>Checks every page of every segment.</summary>
    /// <returns>One sentence per damaged segment.</returns>
    public IReadOnlyList<string> Check()
    {
        List<string> findings = [];
        lock (_working)
        {
            foreach (var run in _runs.SelectMany(runs => runs))
            {
                try
                {
                    run.Check();
                }
                catch (IndexDamagedException damage)
                {
                    findings.Add(damage.Message);
                }
            }
        }

        return findings;
    }

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

    private void Seal(Memtable frozen)
    {
        var files = _files!; // Nothing is frozen in an index without files.
        var sealedRuns = new List<SegmentReader>();
        try
        {
            for (var table = 0; table < _runs.Length; table++)
            {
                using var cursor = new MemtableCursor(frozen, (IndexTable)table, []);
                var dropTombstones = _runs[table].Count == 0;
                if (WriteSegment(files, (IndexTable)table, cursor, dropTombstones, _frozenPlace.Record) is { } run)
                {
                    sealedRuns.Add(run);
                }
            }

            var newer = sealedRuns.ToLookup(run => run.Table);
            WriteManifest(files, _frozenPlace, _frozenState, table => [.. newer[table], .. _runs[(int)table]]);
        }
        catch
        {
            Discard(files, sealedRuns);
            throw;
        }

        lock (Gate)
        {
            foreach (var run in sealedRuns)
            {
                _runs[(int)run.Table].Insert(0, run);
            }

            _spare = frozen.SizeBytes <= 2 * _memtableMax ? frozen : null;
            _spare?.Clear();
            (_frozen, _frozenState) = (null, []);
        }
    }

    private SegmentReader? WriteSegment(
        IFileSystem files, IndexTable table, IndexCursor cursor, bool dropTombstones, long through)
    {
        SegmentWriter? writer = null;
        var number = 0L;
        try
        {
            while (cursor.MoveNext())
            {
                if (dropTombstones && cursor.IsTombstone)
                {
                    continue;
                }

                writer ??= BeginSegment(files, table, through, out number);
                writer.Add(cursor.Key, cursor.Value, cursor.IsTombstone);
            }

            return writer is null ? null : EndSegment(files, table, writer, number);
        }
        finally
        {
            writer?.Dispose();
        }
    }

    private SegmentWriter BeginSegment(IFileSystem files, IndexTable table, long through, out long number)
    {
        var folder = $"{Folder}/{IndexTables.FolderOf(table)}";
        DurableFiles.CreateFolder(files, folder);
        number = _nextNumber++;
        files.Delete(PathOf(table, number));
        return new SegmentWriter(files.Open(PathOf(table, number), FileOpenMode.CreateNew), table, through);
    }

    private SegmentReader EndSegment(IFileSystem files, IndexTable table, SegmentWriter writer, long number)
    {
        PagesSealed += writer.Finish().Pages;
        files.SyncDirectory($"{Folder}/{IndexTables.FolderOf(table)}");
        var run = SegmentReader.Open(files, PathOf(table, number), number);
        run.OnDamage = Condemn;
        return run;
    }

    private void WriteManifest(
        IFileSystem files, LogPlace place, byte[] state, Func<IndexTable, IReadOnlyList<SegmentReader>> runsOf)
    {
        var names = new List<SegmentName>();
        for (var table = 0; table < _runs.Length; table++)
        {
            names.AddRange(runsOf((IndexTable)table).Select(run => new SegmentName((IndexTable)table, run.Number)));
        }

        DurableFiles.CreateFolder(files, Folder);
        var manifest = new IndexManifest(place, _nextNumber, names, state);
        var before = _manifestNumber;
        // A name is tried once: after a failure nobody knows whether it is taken.
        _manifestNumber = ++_manifestTried;
        try
        {
            DurableFiles.WriteWhole(files, $"{Folder}/{IndexManifest.NameOf(_manifestNumber)}", manifest.Encode());
        }
        catch
        {
            TryDelete(files, $"{Folder}/{IndexManifest.NameOf(_manifestNumber)}");
            _manifestNumber = before;
            throw;
        }

        (_place, _state) = (place, state);
        TryDelete(files, $"{Folder}/{IndexManifest.NameOf(before)}");
    }

    private MergeJob BeginMerge(IndexTable table, int first, int count)
    {
        var runs = _runs[(int)table];
        var inputs = runs.GetRange(first, count);
        var cursor = new MergeCursor(
            [.. inputs.Select(run => new SegmentCursor(run))], dropTombstones: first + count == runs.Count);
        var writer = BeginSegment(_files!, table, inputs.Max(run => run.Through), out var number); // Runs have files.
        return new MergeJob(table, inputs, cursor, writer, number, inputs.Sum(run => (long)run.Pages));
    }

    /// <summary>Writes some pages; true when the merge is done and in force.</summary>
    private bool StepMerge(MergeJob job, int pagesMax)
    {
        try
        {
            var end = job.Writer.Length + (long)pagesMax * PageView.Size;
            while (job.Writer.Length < end)
            {
                if (!job.Cursor.MoveNext())
                {
                    EndMerge(job);
                    return true;
                }

                job.Writer.Add(job.Cursor.Key, job.Cursor.Value, job.Cursor.IsTombstone);
            }

            return false;
        }
        catch
        {
            _merges.Remove(job);
            Discard(job);
            throw;
        }
    }

    private void EndMerge(MergeJob job)
    {
        var files = _files!; // Merges have files.
        var merged = EndSegment(files, job.Table, job.Writer, job.Number);
        job.Writer.Dispose();
        job.Cursor.Dispose();
        var at = _runs[(int)job.Table].IndexOf(job.Inputs[0]);
        List<SegmentReader> After(IndexTable table)
        {
            List<SegmentReader> runs = [.. _runs[(int)table]];
            if (table == job.Table)
            {
                runs.RemoveRange(at, job.Inputs.Count);
                if (merged.Entries > 0)
                {
                    runs.Insert(at, merged);
                }
            }

            return runs;
        }

        try
        {
            WriteManifest(files, _place, _state, After);
        }
        catch
        {
            Discard(files, [merged]);
            throw;
        }

        lock (Gate)
        {
            _runs[(int)job.Table] = After(job.Table);
            foreach (var run in job.Inputs)
            {
                _cache.Drop(run);
                run.Dispose();
            }
        }

        foreach (var run in merged.Entries > 0 ? job.Inputs : [.. job.Inputs, merged])
        {
            run.Dispose();
            TryDelete(files, run.Path);
        }
    }

    /// <summary>Gives up merges in progress; what they were to replace is in force.</summary>
    private void Abandon()
    {
        _merges.ForEach(Discard);
        _merges.Clear();
    }

    private void Discard(MergeJob job)
    {
        job.Writer.Dispose();
        job.Cursor.Dispose();
        TryDelete(_files!, PathOf(job.Table, job.Number)); // Merges have files.
    }

    private static void Discard(IFileSystem files, List<SegmentReader> runs)
    {
        foreach (var run in runs)
        {
            run.Dispose();
            TryDelete(files, run.Path);
        }
    }

    private static void TryDelete(IFileSystem files, string path)
    {
        try
        {
            files.Delete(path);
        }
        catch (IOException)
        {
            // No manifest names it: the next opening removes it.
            return;
        }
    }

    private sealed record MergeJob(
        IndexTable Table,
        List<SegmentReader> Inputs,
        MergeCursor Cursor,
        SegmentWriter Writer,
        long Number,
        long InputPages)
    {
        /// <summary>About how many pages it has yet to write.</summary>
        public long PagesLeft => InputPages - Writer.Length / PageView.Size;
    }
}
