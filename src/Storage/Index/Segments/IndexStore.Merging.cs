using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// Sealing and merging. Segments of a table stand in tiers by size, each tier four times the one before; four of one
/// tier become one of the next. So an entry is written once when sealed and at most once per tier: log4(n / entries in
/// memory) times more, and a table has at most three segments per tier. A table a third of whose entries are tombstones
/// becomes one segment at once: a walk over it never passes over more that is gone than is there.
/// </summary>
internal sealed partial class IndexStore
{
    private const int FanIn = 4;

    /// <summary>Fewer tombstones than this are no reason to merge a table (guess).</summary>
    private const long TombstonesMin = 4096;

    private readonly Lock _working = new();
    private LogPlace _frozenPlace;
    private byte[] _frozenState = [];
    private MergeJob? _merge;

    /// <summary>Pages written since opening.</summary>
    public long PagesSealed { get; private set; }

    /// <summary>Whether a merge is begun or due.</summary>
    public bool IsMergeDue
    {
        get
        {
            lock (_working)
            {
                return _merge is not null || FindMerge() is not null;
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

        (_frozen, _memtable) = (_memtable, new Memtable());
        (_frozenPlace, _frozenState) = (place, state);
    }

    /// <summary>Does a piece of what is due: seals what is frozen, or writes so many pages of a merge. Not under the
    /// gate; one piece at a time.</summary>
    /// <returns>False where nothing was due.</returns>
    /// <exception cref="IOException">The disk failed; nothing is lost, the next call tries again.</exception>
    public bool Work(int pagesMax)
    {
        lock (_working)
        {
            if (_frozen is { } frozen)
            {
                Seal(frozen);
                return true;
            }

            if (_merge is null && FindMerge() is { } due)
            {
                _merge = BeginMerge(due.Table, due.First, due.Count);
            }

            if (_merge is null)
            {
                return false;
            }

            if (StepMerge(_merge, pagesMax))
            {
                _merge = null;
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

    private static bool IsMostlyGone(List<SegmentReader> runs)
    {
        var gone = runs.Sum(run => run.Tombstones);
        return runs.Count > 1 && gone >= TombstonesMin && gone > runs.Sum(run => run.Entries) / 3;
    }

    private (IndexTable Table, int First, int Count)? FindMerge()
    {
        for (var table = 0; table < _runs.Length; table++)
        {
            var runs = _runs[table];
            if (IsMostlyGone(runs))
            {
                return ((IndexTable)table, 0, runs.Count);
            }

            for (var tier = 0; tier < 16 && runs.Count >= FanIn; tier++)
            {
                var (count, ofTier) = (0, 0);
                for (; count < runs.Count && TierOf(runs[count]) <= tier; count++)
                {
                    ofTier += TierOf(runs[count]) == tier ? 1 : 0;
                }

                if (ofTier >= FanIn)
                {
                    return ((IndexTable)table, 0, count);
                }
            }
        }

        return null;
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

            _frozen = null;
            _frozenState = [];
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
        return new MergeJob(table, inputs, cursor, writer, number);
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
            _merge = null;
            Discard(job);
            throw;
        }
    }

    private void EndMerge(MergeJob job)
    {
        var files = _files!; // Merges have files.
        var merged = EndSegment(files, job.Table, job.Writer, job.Number);
        job.Writer.Dispose();
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

    /// <summary>Gives up a merge in progress; what it was to replace is in force.</summary>
    private void Abandon()
    {
        if (_merge is { } job)
        {
            _merge = null;
            Discard(job);
        }
    }

    private void Discard(MergeJob job)
    {
        job.Writer.Dispose();
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
        IndexTable Table, List<SegmentReader> Inputs, MergeCursor Cursor, SegmentWriter Writer, long Number);
}
