using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>Merging, a few pages at a time beside readers and writers; what is due is said by its tiers.</summary>
internal sealed partial class IndexStore
{
    /// <summary>Merges under way at a time: a small one need not wait for a large one. Each has four buffers of 64 KiB
    /// or so.</summary>
    private const int MergesMax = 4;

    private readonly Lock _working = new();
    private readonly List<MergeJob> _merges = [];

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
