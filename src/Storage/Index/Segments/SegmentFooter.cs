using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Index.Segments;

/// <summary>
/// Last 128 bytes of a segment, little-endian; before them its top, before that its pages.
/// <code>
/// 0   8 magic "ASLIDX2\n"     8  1 table   9 1 zero   10 2 fence length   12 2 filter length   14 2 bits per key
/// 16  8 entries               24 8 tombstones among them                  32 8 last log record it covers
/// 40  4 data pages            44 4 fence pages        48 4 filter pages   52 4 pages in all, header included
/// 56  4 length of the top     60 4 zero
/// 64 32 BLAKE3 over the checks (8 bytes each) of all pages in order
/// 96 32 BLAKE3 over the top and the 96 bytes before
/// </code>
/// The top lists the fence pages, then the filter pages, each as the first fence or filter prefix in it (fence length)
/// and its page number (4).
/// </summary>
internal readonly record struct SegmentFooter
{
    public const int Size = 128;

    private const int CheckOffset = 96;

    public required IndexTable Table { get; init; }

    public required long Entries { get; init; }

    public required long Tombstones { get; init; }

    public required long Through { get; init; }

    public required int DataPages { get; init; }

    public required int FencePages { get; init; }

    public required int FilterPages { get; init; }

    public required int Pages { get; init; }

    public required int TopLength { get; init; }

    public required Hash256 PagesHash { get; init; }

    public static ReadOnlySpan<byte> Magic => "ASLIDX2\n"u8;

    public byte[] Encode(ReadOnlySpan<byte> top)
    {
        var bytes = new byte[Size];
        var span = bytes.AsSpan();
        Magic.CopyTo(span);
        span[8] = (byte)Table;
        BinaryPrimitives.WriteUInt16LittleEndian(span[10..], (ushort)IndexTables.FenceLength(Table));
        BinaryPrimitives.WriteUInt16LittleEndian(span[12..], (ushort)IndexTables.FilterLength(Table));
        BinaryPrimitives.WriteUInt16LittleEndian(span[14..], BloomPage.BitsPerKey);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], Entries);
        BinaryPrimitives.WriteInt64LittleEndian(span[24..], Tombstones);
        BinaryPrimitives.WriteInt64LittleEndian(span[32..], Through);
        BinaryPrimitives.WriteInt32LittleEndian(span[40..], DataPages);
        BinaryPrimitives.WriteInt32LittleEndian(span[44..], FencePages);
        BinaryPrimitives.WriteInt32LittleEndian(span[48..], FilterPages);
        BinaryPrimitives.WriteInt32LittleEndian(span[52..], Pages);
        BinaryPrimitives.WriteInt32LittleEndian(span[56..], TopLength);
        PagesHash.CopyTo(span[64..]);
        CheckOf(top, bytes).CopyTo(span[CheckOffset..]);
        return bytes;
    }

    /// <summary>Reads a footer; false where it, or the top, is not what was written for such a table.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> top, out SegmentFooter footer)
    {
        footer = default;
        if (bytes.Length != Size || !bytes[..8].SequenceEqual(Magic) || bytes[8] >= IndexTables.Count
            || CheckOf(top, bytes) != Hash256.From(bytes[CheckOffset..]))
        {
            return false;
        }

        var table = (IndexTable)bytes[8];
        footer = new SegmentFooter
        {
            Table = table,
            Entries = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            Tombstones = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            Through = BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            DataPages = BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]),
            FencePages = BinaryPrimitives.ReadInt32LittleEndian(bytes[44..]),
            FilterPages = BinaryPrimitives.ReadInt32LittleEndian(bytes[48..]),
            Pages = BinaryPrimitives.ReadInt32LittleEndian(bytes[52..]),
            TopLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[56..]),
            PagesHash = Hash256.From(bytes.Slice(64, Hash256.Size)),
        };
        return BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]) == IndexTables.FenceLength(table)
            && BinaryPrimitives.ReadUInt16LittleEndian(bytes[12..]) == IndexTables.FilterLength(table)
            && footer.TopLength == (footer.FencePages + footer.FilterPages) * (IndexTables.FenceLength(table) + 4)
            && footer.TopLength == top.Length;
    }

    /// <summary>Length of the top as a footer states it, unchecked; -1 where it cannot be one.</summary>
    public static int TopLengthOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size && bytes[..8].SequenceEqual(Magic)
            ? BinaryPrimitives.ReadInt32LittleEndian(bytes[56..])
            : -1;

    private static Hash256 CheckOf(ReadOnlySpan<byte> top, ReadOnlySpan<byte> footer)
    {
        using var hasher = Blake3Hasher.Create();
        hasher.Update(top);
        hasher.Update(footer[..CheckOffset]);
        return hasher.Finish();
    }
}

/// <summary>A part of the index is not what was written. Nothing is lost: it is dropped and made again from the log.
/// </summary>
internal sealed class IndexDamagedException : IOException
{
    public IndexDamagedException(string message) : base(message)
    {
    }

    public IndexDamagedException(string message, Exception inner) : base(message, inner)
    {
    }

    public IndexDamagedException() : base("the index is damaged")
    {
    }
}
