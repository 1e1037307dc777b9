using System.Buffers;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>Walks entries of one table by ascending key. Key and value are valid until the next call.</summary>
internal abstract class IndexCursor : IDisposable
{
    public abstract ReadOnlySpan<byte> Key { get; }

    public abstract ReadOnlySpan<byte> Value { get; }

    public abstract bool IsTombstone { get; }

    /// <summary>Goes to the next entry; false at the end, from then on.</summary>
    public abstract bool MoveNext();

    public virtual void Dispose()
    {
    }
}

/// <summary>Walks one table's part of a memtable from a key on.</summary>
internal sealed class MemtableCursor : IndexCursor
{
    private readonly Memtable _memtable;
    private readonly byte _table;
    private int _next;
    private int _entry = -1;

    public MemtableCursor(Memtable memtable, IndexTable table, ReadOnlySpan<byte> from)
    {
        (_memtable, _table) = (memtable, (byte)table);
        Span<byte> key = stackalloc byte[from.Length + 1];
        key[0] = _table;
        from.CopyTo(key[1..]);
        _next = memtable.Seek(key);
    }

    public override ReadOnlySpan<byte> Key => _memtable.KeyOf(_entry)[1..];

    public override ReadOnlySpan<byte> Value => _memtable.TryValueOf(_entry, out var value) ? value : [];

    public override bool IsTombstone => !_memtable.TryValueOf(_entry, out _);

    public override bool MoveNext()
    {
        if (_next < 0 || _memtable.KeyOf(_next)[0] != _table)
        {
            return false;
        }

        _entry = _next;
        _next = _memtable.Next(_entry);
        return true;
    }
}

/// <summary>Walks a segment from a key on. The first page comes through the cache, the ones after it from the file,
/// more at a time the further it goes, so that a long walk does not empty the cache.</summary>
internal sealed class SegmentCursor : IndexCursor
{
    private const int AheadMax = 16;

    private readonly SegmentReader _segment;
    private byte[] _pages = ArrayPool<byte>.Shared.Rent(PageView.Size);
    private int _loaded;
    private int _at;
    private int _nextPage;
    private int _index;
    private bool _isValue;

    /// <summary>Begins at the first entry.</summary>
    public SegmentCursor(SegmentReader segment)
    {
        _segment = segment;
        _nextPage = 1;
    }

    /// <summary>Begins at the first entry not below a key.</summary>
    public SegmentCursor(SegmentReader segment, PageCache cache, ReadOnlySpan<byte> from)
    {
        _segment = segment;
        if (segment.DataPages == 0)
        {
            _nextPage = segment.Pages;
            return;
        }

        var number = segment.DataPage(cache, Math.Max(0, segment.Locate(cache, from)));
        cache.Get(segment, number, PageKind.Data).CopyTo(_pages);
        _nextPage = number + 1;
        _loaded = 1;
        _index = Page.LowerBound(from) - 1;
    }

    public override ReadOnlySpan<byte> Key => Page.Key(_index);

    public override ReadOnlySpan<byte> Value => Page.TryValue(_index, out var value) ? value : [];

    public override bool IsTombstone => !_isValue;

    private PageView Page => new(_pages.AsSpan(_at * PageView.Size, PageView.Size));

    public override bool MoveNext()
    {
        _index++;
        while (_at >= _loaded || _index >= Page.Count)
        {
            if (!NextPage())
            {
                return false;
            }

            _index = 0;
        }

        _isValue = Page.TryValue(_index, out _);
        return true;
    }

    public override void Dispose()
    {
        if (_pages.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_pages);
            _pages = [];
        }

        base.Dispose();
    }

    /// <summary>Goes to the next data page.</summary>
    private bool NextPage()
    {
        do
        {
            if (++_at >= _loaded && !Load())
            {
                return false;
            }
        }
        while (Page.Kind != PageKind.Data);
        return true;
    }

    private bool Load()
    {
        var count = Math.Min(_segment.Pages - _nextPage, Math.Min(AheadMax, Math.Max(1, _loaded * 2)));
        if (count <= 0)
        {
            return false;
        }

        if (_pages.Length < count * PageView.Size)
        {
            ArrayPool<byte>.Shared.Return(_pages);
            _pages = ArrayPool<byte>.Shared.Rent(count * PageView.Size);
        }

        _segment.ReadPages(_nextPage, _pages.AsSpan(0, count * PageView.Size));
        _nextPage += count;
        (_at, _loaded) = (0, count);
        return true;
    }
}

/// <summary>Several cursors as one: of entries with one key that of the first source counts, the others are passed
/// over.</summary>
internal sealed class MergeCursor : IndexCursor
{
    private readonly List<IndexCursor> _sources;
    private readonly bool _dropTombstones;
    private bool _isBegun;
    private IndexCursor? _current;

    /// <param name="newestFirst">Owned; none advanced yet.</param>
    /// <param name="dropTombstones">Whether entries that say "gone" are passed over as well.</param>
    public MergeCursor(List<IndexCursor> newestFirst, bool dropTombstones) =>
        (_sources, _dropTombstones) = (newestFirst, dropTombstones);

    public override ReadOnlySpan<byte> Key => _current!.Key; // Only after MoveNext said true.

    public override ReadOnlySpan<byte> Value => _current!.Value; // Only after MoveNext said true.

    public override bool IsTombstone => _current!.IsTombstone; // Only after MoveNext said true.

    public override bool MoveNext()
    {
        do
        {
            if (!Step())
            {
                return false;
            }
        }
        while (_dropTombstones && _current!.IsTombstone); // Step found one.
        return true;
    }

    public override void Dispose()
    {
        foreach (var source in _sources)
        {
            source.Dispose();
        }

        base.Dispose();
    }

    private bool Step()
    {
        if (!_isBegun)
        {
            _isBegun = true;
            _sources.RemoveAll(source => IsAtEnd(source));
        }
        else if (_current is not null)
        {
            PassOver(_current);
        }

        _current = null;
        foreach (var source in _sources)
        {
            if (_current is null || source.Key.SequenceCompareTo(_current.Key) < 0)
            {
                _current = source;
            }
        }

        return _current is not null;
    }

    /// <summary>Moves every source that stands at the current key; the current one last, whose key it is.</summary>
    private void PassOver(IndexCursor current)
    {
        for (var i = _sources.Count - 1; i >= 0; i--)
        {
            var source = _sources[i];
            if (source != current && source.Key.SequenceEqual(current.Key) && IsAtEnd(source))
            {
                _sources.RemoveAt(i);
            }
        }

        if (IsAtEnd(current))
        {
            _sources.Remove(current);
        }
    }

    /// <summary>Advances a source; one that has ended is disposed.</summary>
    private static bool IsAtEnd(IndexCursor source)
    {
        if (source.MoveNext())
        {
            return false;
        }

        source.Dispose();
        return true;
    }
}
