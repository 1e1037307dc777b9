using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// The index: what the log says after the last sealed place in memory, before it in sealed, sorted segments. Everything
/// here can be made again from the log (law 5). Reads and changes are made under <see cref="Gate"/>;
/// <see cref="Work"/> writes and merges segments beside them and takes the gate only to swap lists. Memory: the newest
/// entries twice (one set may be on its way to disk), the page cache, and 12 bytes for every 300 pages.
/// </summary>
internal sealed partial class IndexStore : IDisposable
{
    public const string Folder = "index";

    private readonly IFileSystem? _files;
    private readonly PageCache _cache;
    private readonly long _memtableMax;
    private readonly List<SegmentReader>[] _runs = new List<SegmentReader>[IndexTables.Count];
    private Memtable _memtable = new();
    private long _changes;
    private Memtable? _frozen;

    /// <summary>The memory of the entries sealed last, for those after the next: it is megabytes each time, which would
    /// lie about until everything is collected.</summary>
    private Memtable? _spare;

    private IndexStore(IFileSystem? files, Lock gate, long memoryBytes)
    {
        (_files, Gate) = (files, gate);
        _memtableMax = files is null ? long.MaxValue : memoryBytes / 8;
        _cache = new PageCache(memoryBytes * 10 / 16);
        for (var table = 0; table < _runs.Length; table++)
        {
            _runs[table] = [];
        }
    }

    /// <summary>An index that is in memory alone, and so holds nothing to be disposed: small sets, tests.</summary>
    public static IndexStore InMemory() => new(null, new Lock(), 64 * 1024);

    /// <summary>Guards everything but <see cref="Work"/> and <see cref="Settle"/>, which take it themselves.</summary>
    public Lock Gate { get; }

    /// <summary>Whether the newest entries have outgrown their share of memory.</summary>
    public bool IsFull => _memtable.SizeBytes >= _memtableMax;

    /// <summary>Whether they have outgrown it by half: whoever puts in more waits until they are set aside.</summary>
    public bool IsOverfull => _memtable.SizeBytes / 3 >= _memtableMax / 2;

    /// <summary>Whether frozen entries wait for <see cref="Work"/>.</summary>
    public bool HasFrozen => _frozen is not null;

    /// <summary>Whether segments are there that cover no place of the log yet: the end of a long replay.</summary>
    public bool IsUnplaced => _place.Record == 0 && _runs.Any(runs => runs.Count > 0);

    /// <summary>Entries that are in memory alone.</summary>
    public long EntriesInMemory => _memtable.Count + (_frozen?.Count ?? 0);

    /// <summary>Figures of the moment.</summary>
    public IndexStats Stats => new()
    {
        Segments = _runs.Sum(runs => runs.Count),
        SegmentBytes = _runs.Sum(runs => runs.Sum(run => run.Length)),
        DataPageReads = _cache.DataReads,
        MapPageReads = _cache.MapReads,
        MemoryBytes = _memtable.SizeBytes + (_frozen?.SizeBytes ?? 0) + _cache.CapacityBytes
            + _runs.Sum(runs => runs.Sum(run => (long)run.TopBytes)),
        PagesSealed = PagesSealed,
    };

    /// <summary>Entries put or taken out since opening: what was found before holds while it stays. Any thread.
    /// </summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>The value under a key; null where there is none.</summary>
    /// <param name="table">Which table.</param>
    /// <param name="key">The whole key.</param>
    /// <param name="expectAbsent">Whether most such questions are answered with no: then the oldest segment's filter is
    /// worth its page, too.</param>
    /// <exception cref="IndexDamagedException">A page is not what was written.</exception>
    public byte[]? Get(IndexTable table, ReadOnlySpan<byte> key, bool expectAbsent = false)
    {
        Span<byte> full = stackalloc byte[key.Length + 1];
        full[0] = (byte)table;
        key.CopyTo(full[1..]);
        if (_memtable.TryGet(full, out var value, out var isTombstone)
            || (_frozen is not null && _frozen.TryGet(full, out value, out isTombstone)))
        {
            return isTombstone ? null : value.ToArray();
        }

        var runs = _runs[(int)table];
        for (var i = 0; i < runs.Count; i++)
        {
            if ((i == runs.Count - 1 && !expectAbsent) || runs[i].MayContain(_cache, key))
            {
                if (runs[i].TryFind(_cache, key, out value, out isTombstone))
                {
                    return isTombstone ? null : value.ToArray();
                }
            }
        }

        return null;
    }

    /// <summary>Whether an entry may be there whose key begins with a prefix: false is certain. Cheaper than a scan
    /// where the answer is mostly no.</summary>
    public bool MayContain(IndexTable table, ReadOnlySpan<byte> prefix)
    {
        Span<byte> full = stackalloc byte[prefix.Length + 1];
        full[0] = (byte)table;
        prefix.CopyTo(full[1..]);
        if (_memtable.Contains(full) || (_frozen is not null && _frozen.Contains(full)))
        {
            return true;
        }

        foreach (var run in _runs[(int)table])
        {
            if (run.MayContain(_cache, prefix))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Puts or replaces an entry.</summary>
    public void Put(IndexTable table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.Length + value.Length > PageView.EntryMax)
        {
            throw new InvalidOperationException($"an entry of {key.Length} + {value.Length} bytes fits no page");
        }

        Write(table, key, value, isTombstone: false);
    }

    /// <summary>Takes an entry out.</summary>
    public void Delete(IndexTable table, ReadOnlySpan<byte> key) => Write(table, key, [], isTombstone: true);

    /// <summary>Entries whose key begins with a prefix, ascending. To be walked and disposed under the gate, without a
    /// change in between.</summary>
    public IndexScan Scan(IndexTable table, scoped ReadOnlySpan<byte> prefix, bool expectAbsent = false) =>
        new(CursorAt(table, prefix, prefix, expectAbsent), prefix.ToArray());

    /// <summary>Entries from a key on, ascending, of those that begin with a prefix.</summary>
    public IndexScan ScanFrom(
        IndexTable table, scoped ReadOnlySpan<byte> from, scoped ReadOnlySpan<byte> prefix) =>
        new(CursorAt(table, from, prefix: [], expectAbsent: false), prefix.ToArray());

    public void Dispose()
    {
        Abandon();
        foreach (var run in _runs.SelectMany(runs => runs))
        {
            run.Dispose();
        }
    }

    private void Write(IndexTable table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone)
    {
        Span<byte> full = stackalloc byte[key.Length + 1];
        full[0] = (byte)table;
        key.CopyTo(full[1..]);
        _memtable.Put(full, value, isTombstone);
        Volatile.Write(ref _changes, _changes + 1);
    }

    private MergeCursor CursorAt(
        IndexTable table, scoped ReadOnlySpan<byte> from, scoped ReadOnlySpan<byte> prefix, bool expectAbsent)
    {
        Span<byte> full = stackalloc byte[prefix.Length + 1];
        full[0] = (byte)table;
        prefix.CopyTo(full[1..]);
        var sources = new List<IndexCursor>(4);
        if (_memtable.MayContain(full))
        {
            sources.Add(new MemtableCursor(_memtable, table, from));
        }

        if (_frozen is not null && _frozen.MayContain(full))
        {
            sources.Add(new MemtableCursor(_frozen, table, from));
        }

        // What no newer segment has is expected in the oldest, whose filter is then not worth its page.
        var runs = _runs[(int)table];
        var isExpectedInOldest = !expectAbsent;
        for (var i = 0; i < runs.Count; i++)
        {
            if ((i == runs.Count - 1 && isExpectedInOldest) || runs[i].MayContain(_cache, prefix))
            {
                isExpectedInOldest = false;
                sources.Add(new SegmentCursor(runs[i], _cache, from));
            }
        }

        return new MergeCursor(sources, dropTombstones: true);
    }
}

/// <summary>A walk over entries that ends where their common prefix does.</summary>
internal readonly ref struct IndexScan(IndexCursor cursor, byte[] prefix)
{
    public ReadOnlySpan<byte> Key => cursor.Key;

    public ReadOnlySpan<byte> Value => cursor.Value;

    public bool MoveNext() => cursor.MoveNext() && cursor.Key.StartsWith(prefix);

    public void Dispose() => cursor.Dispose();
}

/// <summary>Figures of the index. Bytes unless a name says otherwise.</summary>
internal sealed record IndexStats
{
    public int Segments { get; init; }

    public long SegmentBytes { get; init; }

    /// <summary>Data pages read from files since opening.</summary>
    public long DataPageReads { get; init; }

    /// <summary>Filter and fence pages read from files since opening.</summary>
    public long MapPageReads { get; init; }

    /// <summary>What it holds in memory, the cache as if full.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Pages written into segments since opening, merges included.</summary>
    public long PagesSealed { get; init; }
}
