using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// One page of a segment, 4,096 bytes, little-endian. Every page begins with 16 bytes:
/// <code>
/// 0  4  CRC-32C of bytes 8..4096    4  4  zero
/// 8  4  the page's number in its file, from 0
/// 12 2  entries
/// 14 2  kind: 0 header, 1 data, 2 filter, 3 fences, 4 top and footer
/// </code>
/// A data page then has its entries by ascending key, each key length (2), value length (2, 0xFFFF for a tombstone),
/// key, value; and from its end backwards the offset of each entry (2).
/// </summary>
internal readonly ref struct PageView(ReadOnlySpan<byte> page)
{
    public const int Size = 4096;
    public const int HeadSize = 16;
    public const int PayloadSize = Size - HeadSize;

    /// <summary>Longest key and value together that fit a page.</summary>
    public const int EntryMax = PayloadSize - EntryHead - SlotSize;

    internal const int EntryHead = 4;
    internal const int SlotSize = 2;
    internal const ushort Tombstone = ushort.MaxValue;

    private readonly ReadOnlySpan<byte> _page = page;

    public int Count => BinaryPrimitives.ReadUInt16LittleEndian(_page[12..]);

    public PageKind Kind => (PageKind)BinaryPrimitives.ReadUInt16LittleEndian(_page[14..]);

    public ReadOnlySpan<byte> Payload => _page[HeadSize..];

    public ReadOnlySpan<byte> Key(int index)
    {
        var at = Offset(index);
        return _page.Slice(at + EntryHead, BinaryPrimitives.ReadUInt16LittleEndian(_page[at..]));
    }

    /// <summary>The value; false for a tombstone.</summary>
    public bool TryValue(int index, out ReadOnlySpan<byte> value)
    {
        var at = Offset(index);
        var keyLength = BinaryPrimitives.ReadUInt16LittleEndian(_page[at..]);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(_page[(at + 2)..]);
        value = length == Tombstone ? [] : _page.Slice(at + EntryHead + keyLength, length);
        return length != Tombstone;
    }

    /// <summary>Index of the first entry whose key is not below <paramref name="key"/>; Count where all are.</summary>
    public int LowerBound(ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Key(middle).SequenceCompareTo(key) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Completes a page's head over bytes that are otherwise final; returns the check.</summary>
    public static ulong Seal(Span<byte> page, int number, int count, PageKind kind)
    {
        BinaryPrimitives.WriteInt32LittleEndian(page[8..], number);
        BinaryPrimitives.WriteUInt16LittleEndian(page[12..], (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(page[14..], (ushort)kind);
        var check = CheckOf(page);
        BinaryPrimitives.WriteUInt64LittleEndian(page, check);
        return check;
    }

    /// <summary>Whether these are the bytes that were written as this page of its file.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> page, int number, PageKind kind) =>
        BinaryPrimitives.ReadUInt64LittleEndian(page) == CheckOf(page)
        && BinaryPrimitives.ReadInt32LittleEndian(page[8..]) == number
        && BinaryPrimitives.ReadUInt16LittleEndian(page[14..]) == (ushort)kind;

    /// <summary>Told rot from what was written; nobody signs by it, so it need not withstand an adversary, and costs a
    /// quarter of a page's BLAKE3.</summary>
    private static ulong CheckOf(ReadOnlySpan<byte> page)
    {
        var crc = uint.MaxValue;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(page[8..]))
        {
            crc = BitOperations.Crc32C(
                crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        return ~crc;
    }

    private int Offset(int index) => BinaryPrimitives.ReadUInt16LittleEndian(_page[(Size - (index + 1) * SlotSize)..]);
}

/// <summary>What a page holds.</summary>
internal enum PageKind : ushort
{
    Header = 0,
    Data = 1,
    Filter = 2,
    Fences = 3,
    Top = 4,
}
