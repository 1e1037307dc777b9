using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// One sealed segment, read by position. Opening reads its footer and top only; every page is checked when it is read.
/// A key that is here costs one data page, once its fence page is in the cache.
/// </summary>
internal sealed class SegmentReader : IDisposable
{
    private readonly IFile _file;
    private readonly string _path;
    private readonly byte[] _top;
    private readonly int _fenceLength;
    private readonly SegmentFooter _footer;

    private SegmentReader(IFile file, string path, long number, SegmentFooter footer, byte[] top)
    {
        (_file, _path, Number, _footer, _top) = (file, path, number, footer, top);
        _fenceLength = IndexTables.FenceLength(footer.Table);
        Length = file.Length;
    }

    /// <summary>Its number, which no other segment of this index ever had.</summary>
    public long Number { get; }

    public string Path => _path;

    public IndexTable Table => _footer.Table;

    /// <summary>Entries, tombstones included.</summary>
    public long Entries => _footer.Entries;

    /// <summary>Entries that only say "gone".</summary>
    public long Tombstones => _footer.Tombstones;

    public long Through => _footer.Through;

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    public int DataPages => _footer.DataPages;

    /// <summary>Pages of every kind, the header included.</summary>
    public int Pages => _footer.Pages;

    /// <summary>Told once a page turns out to be damaged, before the exception.</summary>
    public Action? OnDamage { get; set; }

    /// <summary>Bytes of memory it takes beside the cache.</summary>
    public int TopBytes => _top.Length;

    private int LineLength => _fenceLength + sizeof(int);

    public static int FencesPerPage(int fenceLength) => PageView.PayloadSize / (fenceLength + sizeof(int));

    /// <summary>Opens a segment by its footer.</summary>
    /// <exception cref="IndexDamagedException">It is absent or not whole.</exception>
    public static SegmentReader Open(IFileSystem files, string path, long number)
    {
        IFile file;
        try
        {
            file = files.Open(path, FileOpenMode.Read);
        }
        catch (FileNotFoundException absent)
        {
            throw new IndexDamagedException($"{path} is absent", absent);
        }

        try
        {
            return Open(file, path, number);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a page into memory and checks it. Safe for use from several threads.</summary>
    public void ReadPage(int number, PageKind kind, Span<byte> page)
    {
        if (_file.ReadAt((long)number * PageView.Size, page) != page.Length
            || !PageView.IsWhole(page, number, kind))
        {
            throw Damaged(number);
        }
    }

    /// <summary>Reads neighbouring pages of any kind and checks them. Safe for use from several threads.</summary>
    public void ReadPages(int first, Span<byte> pages)
    {
        var read = _file.ReadAt((long)first * PageView.Size, pages);
        for (var i = 0; i < pages.Length / PageView.Size; i++)
        {
            var page = pages.Slice(i * PageView.Size, PageView.Size);
            if ((i + 1) * PageView.Size > read || !PageView.IsWhole(page, first + i, new PageView(page).Kind))
            {
                throw Damaged(first + i);
            }
        }
    }

    /// <summary>Whether a key that begins with this may be here: false is certain. A prefix shorter than the filter
    /// knows is always "perhaps".</summary>
    public bool MayContain(PageCache cache, ReadOnlySpan<byte> prefix)
    {
        var length = IndexTables.FilterLength(Table);
        if (length == 0 || prefix.Length < length)
        {
            return true;
        }

        prefix = prefix[..length];
        var lines = _top.AsSpan(_footer.FencePages * LineLength);
        var line = LastAtMost(lines, _footer.FilterPages, prefix[.._fenceLength]);
        return line >= 0
            && BloomPage.MayContain(
                new PageView(cache.Get(this, PageOf(lines, line), PageKind.Filter)).Payload, BloomPage.Digest(prefix));
    }

    /// <summary>Finds an entry by its whole key. The value is valid until the cache's next call.</summary>
    public bool TryFind(PageCache cache, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value, out bool isTombstone)
    {
        value = [];
        isTombstone = false;
        var ordinal = Locate(cache, key);
        if (ordinal < 0)
        {
            return false;
        }

        var page = new PageView(cache.Get(this, DataPage(cache, ordinal), PageKind.Data));
        var index = page.LowerBound(key);
        if (index == page.Count || !page.Key(index).SequenceEqual(key))
        {
            return false;
        }

        isTombstone = !page.TryValue(index, out value);
        return true;
    }

    /// <summary>Ordinal of the data page in which a key is or would be; -1 where it is before the first.</summary>
    public int Locate(PageCache cache, ReadOnlySpan<byte> key)
    {
        Span<byte> fence = stackalloc byte[_fenceLength];
        fence.Clear();
        key[..Math.Min(key.Length, _fenceLength)].CopyTo(fence);
        var high = LastFenceAtMost(cache, fence);

        // Pages whose fences are all the same can only be told apart by their first keys.
        var low = high;
        var step = 1;
        while (low >= 0 && FirstKey(cache, low).SequenceCompareTo(key) > 0)
        {
            (high, low) = (low - 1, Math.Max(-1, low - step));
            step *= 2;
        }

        while (low < high)
        {
            var middle = low + (high - low + 1) / 2;
            if (FirstKey(cache, middle).SequenceCompareTo(key) <= 0)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    /// <summary>Page number of a data page by its ordinal.</summary>
    public int DataPage(PageCache cache, int ordinal)
    {
        var per = FencesPerPage(_fenceLength);
        var lines = FencePage(cache, ordinal / per);
        return PageOf(lines, ordinal % per);
    }

    /// <summary>Reads all pages and compares their checks with the footer.</summary>
    /// <exception cref="IndexDamagedException">A page is not what was written.</exception>
    public void Check()
    {
        var page = new byte[PageView.Size];
        using var hasher = Blake3Hasher.Create();
        for (var number = 0; number < _footer.Pages; number++)
        {
            var isRead = _file.ReadAt((long)number * PageView.Size, page) == page.Length;
            if (!isRead || !PageView.IsWhole(page, number, new PageView(page).Kind))
            {
                throw new IndexDamagedException($"page {number} of {_path} is damaged");
            }

            hasher.Update(page.AsSpan(0, sizeof(ulong)));
        }

        if (hasher.Finish() != _footer.PagesHash)
        {
            throw new IndexDamagedException($"the pages of {_path} are not those it was sealed with");
        }
    }

    public void Dispose() => _file.Dispose();

    private IndexDamagedException Damaged(int page)
    {
        OnDamage?.Invoke();
        return new IndexDamagedException(
            $"page {page} of {_path} is damaged; opening the store again makes the index again from the log");
    }

    private static SegmentReader Open(IFile file, string path, long number)
    {
        var length = file.Length;
        var bytes = new byte[SegmentFooter.Size];
        if (length < SegmentFooter.Size || file.ReadAt(length - bytes.Length, bytes) != bytes.Length)
        {
            throw new IndexDamagedException($"{path} is too short");
        }

        var topLength = SegmentFooter.TopLengthOf(bytes);
        if (topLength < 0 || topLength > length - SegmentFooter.Size)
        {
            throw new IndexDamagedException($"{path} has no footer");
        }

        var top = new byte[topLength];
        if (file.ReadAt(length - SegmentFooter.Size - topLength, top) != topLength
            || !SegmentFooter.TryDecode(bytes, top, out var footer)
            || length != (long)footer.Pages * PageView.Size + topLength + SegmentFooter.Size)
        {
            throw new IndexDamagedException($"the footer of {path} is damaged");
        }

        return new SegmentReader(file, path, number, footer, top);
    }

    private ReadOnlySpan<byte> FirstKey(PageCache cache, int ordinal) =>
        new PageView(cache.Get(this, DataPage(cache, ordinal), PageKind.Data)).Key(0);

    private ReadOnlySpan<byte> FencePage(PageCache cache, int index) =>
        new PageView(cache.Get(this, PageOf(_top, index), PageKind.Fences)).Payload;

    private int LastFenceAtMost(PageCache cache, ReadOnlySpan<byte> fence)
    {
        var index = LastAtMost(_top, _footer.FencePages, fence);
        if (index < 0)
        {
            return -1;
        }

        var per = FencesPerPage(_fenceLength);
        var count = Math.Min(per, _footer.DataPages - index * per);
        return index * per + LastAtMost(FencePage(cache, index), count, fence);
    }

    private int LastAtMost(ReadOnlySpan<byte> lines, int count, ReadOnlySpan<byte> fence)
    {
        var (low, high) = (-1, count - 1);
        while (low < high)
        {
            var middle = low + (high - low + 1) / 2;
            if (lines.Slice(middle * LineLength, _fenceLength).SequenceCompareTo(fence) <= 0)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private int PageOf(ReadOnlySpan<byte> lines, int index) =>
        BinaryPrimitives.ReadInt32LittleEndian(lines[(index * LineLength + _fenceLength)..]);
}
