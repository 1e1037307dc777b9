using System.Buffers.Binary;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>Fills one data page after the other. Keys must ascend; that is the caller's word.</summary>
internal sealed class PageBuilder
{
    private readonly byte[] _page = new byte[PageView.Size];
    private int _end = PageView.HeadSize;

    public int Count { get; private set; }

    /// <summary>Adds an entry; false where the page has no room left for it.</summary>
    public bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool isTombstone)
    {
        var length = PageView.EntryHead + key.Length + value.Length;
        var slot = PageView.Size - (Count + 1) * PageView.SlotSize;
        if (_end + length > slot)
        {
            return false;
        }

        var entry = _page.AsSpan(_end);
        BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)key.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(
            entry[2..], isTombstone ? PageView.Tombstone : (ushort)value.Length);
        key.CopyTo(entry[PageView.EntryHead..]);
        value.CopyTo(entry[(PageView.EntryHead + key.Length)..]);
        BinaryPrimitives.WriteUInt16LittleEndian(_page.AsSpan(slot), (ushort)_end);
        _end += length;
        Count++;
        return true;
    }

    /// <summary>The sealed page, valid until the next call; the builder is empty after that.</summary>
    public ReadOnlySpan<byte> Finish(int number, out ulong check)
    {
        // What lies between the entries and their offsets is zero, so that equal entries make equal pages.
        _page.AsSpan(_end, PageView.Size - Count * PageView.SlotSize - _end).Clear();
        check = PageView.Seal(_page, number, Count, PageKind.Data);
        Count = 0;
        _end = PageView.HeadSize;
        return _page;
    }
}
