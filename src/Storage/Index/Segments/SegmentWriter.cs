using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// Writes one segment in one pass over ascending entries, in memory that does not depend on their number but for one
/// line per 300 pages. Worthless until <see cref="Finish"/> returned and a manifest names it.
/// </summary>
internal sealed class SegmentWriter : IDisposable
{
    private const int BufferSize = 32 * PageView.Size;

    /// <summary>Bytes after which they are made durable on the way: the sync at the end then has little left to wait
    /// for, and neither has whoever seals or commits meanwhile: its own sync waits for what the disk was given before.
    /// </summary>
    private const long SyncBytes = 1024 * 1024;

    private readonly IFile _file;
    private readonly IndexTable _table;
    private readonly PageBuilder _page = new();
    private readonly MapPages _fences;
    private readonly FilterPages? _filter;
    private readonly Blake3Hasher _pagesHash = Blake3Hasher.Create();
    private readonly byte[] _buffer = new byte[BufferSize];
    private readonly byte[] _firstKey = new byte[PageView.Size];
    private int _buffered;
    private int _firstKeyLength;
    private int _pages;
    private int _dataPages;
    private long _entries;
    private long _tombstones;
    private long _unsynced;

    /// <summary>Begins a segment in an empty file, which it then owns.</summary>
    /// <param name="file">Empty, open for appending.</param>
    /// <param name="table">Whose entries these are.</param>
    /// <param name="through">Last log record whose effect is in the entries.</param>
    public SegmentWriter(IFile file, IndexTable table, long through)
    {
        (_file, _table) = (file, table);
        Through = through;
        _fences = new MapPages(this, IndexTables.FenceLength(table));
        _filter = IndexTables.FilterLength(table) > 0 ? new FilterPages(this, table) : null;
        WriteHeader();
    }

    /// <summary>Last log record covered.</summary>
    public long Through { get; }

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone)
    {
        if (!_page.TryAdd(key, value, isTombstone))
        {
            EndPage();
            if (!_page.TryAdd(key, value, isTombstone))
            {
                throw new InvalidOperationException($"an entry of {key.Length} + {value.Length} bytes fits no page");
            }
        }

        if (_page.Count == 1)
        {
            key.CopyTo(_firstKey);
            _firstKeyLength = key.Length;
        }

        _filter?.Add(key);
        _entries++;
        _tombstones += isTombstone ? 1 : 0;
    }

    /// <summary>Ends the segment; durable on return, but for its name in the folder.</summary>
    public SegmentFooter Finish()
    {
        EndPage();
        _fences.End();
        _filter?.End();
        byte[] top = [.. _fences.Top, .. _filter?.Top ?? []];
        var footer = new SegmentFooter
        {
            Table = _table,
            Entries = _entries,
            Tombstones = _tombstones,
            Through = Through,
            DataPages = _dataPages,
            FencePages = _fences.Count,
            FilterPages = _filter?.Count ?? 0,
            Pages = _pages,
            TopLength = top.Length,
            PagesHash = _pagesHash.Finish(),
        };
        Flush();
        _file.Append(top);
        _file.Append(footer.Encode(top));
        _file.Sync();
        Length += top.Length + SegmentFooter.Size;
        return footer;
    }

    public void Dispose()
    {
        _pagesHash.Dispose();
        _file.Dispose();
    }

    private void WriteHeader()
    {
        Span<byte> page = stackalloc byte[PageView.Size];
        page.Clear();
        var payload = page[PageView.HeadSize..];
        SegmentFooter.Magic.CopyTo(payload);
        payload[8] = (byte)_table;
        BinaryPrimitives.WriteInt64LittleEndian(payload[16..], Through);
        Emit(page, PageView.Seal(page, _pages, 0, PageKind.Header));
    }

    private void EndPage()
    {
        if (_page.Count == 0)
        {
            return;
        }

        _fences.Add(_firstKey.AsSpan(0, _firstKeyLength), _pages);
        _dataPages++;
        Emit(_page.Finish(_pages, out var check), check);
        _fences.EmitWhenFull();
    }

    private int Emit(ReadOnlySpan<byte> page, ulong check)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, check);
        _pagesHash.Update(bytes);
        if (_buffered == BufferSize)
        {
            Flush();
        }

        if (_unsynced >= SyncBytes)
        {
            _file.Sync();
            _unsynced = 0;
        }

        page.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += PageView.Size;
        Length += PageView.Size;
        return _pages++;
    }

    private void Flush()
    {
        if (_buffered > 0)
        {
            _file.Append(_buffer.AsSpan(0, _buffered));
            _unsynced += _buffered;
            _buffered = 0;
        }
    }

    /// <summary>Fence pages as they fill, and the line of the top for each.</summary>
    private sealed class MapPages(SegmentWriter writer, int fenceLength)
    {
        private readonly byte[] _page = new byte[PageView.Size];
        private int _count;

        public List<byte> Top { get; } = [];

        public int Count { get; private set; }

        public void Add(ReadOnlySpan<byte> key, int page)
        {
            var line = _page.AsSpan(PageView.HeadSize + _count * (fenceLength + 4), fenceLength + 4);
            line.Clear();
            key[..Math.Min(key.Length, fenceLength)].CopyTo(line);
            BinaryPrimitives.WriteInt32LittleEndian(line[fenceLength..], page);
            _count++;
        }

        public void EmitWhenFull()
        {
            if (_count == SegmentReader.FencesPerPage(fenceLength))
            {
                End();
            }
        }

        public void End()
        {
            if (_count == 0)
            {
                return;
            }

            AddLine(Top, _page.AsSpan(PageView.HeadSize, fenceLength), writer._pages);
            writer.Emit(_page, PageView.Seal(_page, writer._pages, _count, PageKind.Fences));
            _page.AsSpan().Clear();
            _count = 0;
            Count++;
        }

        public static void AddLine(List<byte> top, ReadOnlySpan<byte> fence, int page)
        {
            Span<byte> number = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(number, page);
            top.AddRange(fence);
            top.AddRange(number);
        }
    }

    /// <summary>Filter pages, each over neighbouring keys; a page ends where the next key differs in its fence, so that
    /// the top alone says which page a key is in.</summary>
    private sealed class FilterPages(SegmentWriter writer, IndexTable table)
    {
        private readonly int _length = IndexTables.FilterLength(table);
        private readonly int _fenceLength = IndexTables.FenceLength(table);
        private readonly byte[] _page = new byte[PageView.Size];
        private byte[] _last = [];
        private byte[] _first = [];
        private int _keys;

        public List<byte> Top { get; } = [];

        public int Count { get; private set; }

        public void Add(ReadOnlySpan<byte> key)
        {
            var prefix = key[.._length];
            if (_keys > 0 && prefix.SequenceEqual(_last))
            {
                return;
            }

            if (_keys >= BloomPage.KeysMax && !prefix[.._fenceLength].SequenceEqual(_last.AsSpan(0, _fenceLength)))
            {
                End();
            }

            if (_keys++ == 0)
            {
                _first = prefix[.._fenceLength].ToArray();
            }

            if (_last.Length == 0)
            {
                _last = new byte[_length];
            }

            prefix.CopyTo(_last);
            BloomPage.Add(_page.AsSpan(PageView.HeadSize), BloomPage.Digest(prefix));
        }

        public void End()
        {
            if (_keys == 0)
            {
                return;
            }

            MapPages.AddLine(Top, _first, writer._pages);
            writer.Emit(_page, PageView.Seal(_page, writer._pages, 0, PageKind.Filter));
            _page.AsSpan().Clear();
            _keys = 0;
            Count++;
        }
    }
}
