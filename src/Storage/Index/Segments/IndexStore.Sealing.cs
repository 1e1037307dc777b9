using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>Sealing: the newest entries become segments, and a manifest says which are in force.</summary>
internal sealed partial class IndexStore
{
    private LogPlace _frozenPlace;
    private byte[] _frozenState = [];

    /// <summary>Pages written since opening.</summary>
    public long PagesSealed { get; private set; }

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
}
