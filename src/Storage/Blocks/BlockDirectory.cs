using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Blocks;

/// <summary>What the bytes of a block entry are.</summary>
internal enum BlockCodec : byte
{
    /// <summary>The bytes whose BLAKE3 is the entry's id: a content or a chunk.</summary>
    Raw = 0,

    /// <summary>Reserved: the same, zstd-compressed.</summary>
    Zstd = 1,

    /// <summary>The chunk list of the content that the id names.</summary>
    ChunkList = 16,

    /// <summary>A page of a chunk list; the id is BLAKE3 of the page.</summary>
    ListPage = 17,
}

/// <summary>One entry of a block's directory.</summary>
internal readonly record struct BlockEntry(Hash256 Id, int Offset, int Length, BlockCodec Codec);

/// <summary>
/// The end of a block, which survives its bytes: entries by offset, then a fixed trailer. Little-endian.
/// <code>
/// entry, 48 bytes:   0 32 id   32 8 offset   40 4 length   44 1 codec   45 3 zero
/// trailer, 64 bytes: 0  8 magic "ASLBLK1\n"   8 8 length of the records' bytes   16 4 entries   20 4 zero
///                    24 16 class tag          40 24 first bytes of BLAKE3(entries | trailer bytes 0..40)
/// </code>
/// Gaps between entries are zeros: an entry of at most 16 KiB never crosses a 16 KiB boundary.
/// </summary>
internal sealed record BlockDirectory(ClassTag Class, int PayloadLength, IReadOnlyList<BlockEntry> Entries)
{
    public const int EntrySize = 48;
    public const int TrailerSize = 64;
    public const int AlignedMax = 16 * 1024;

    private const int CheckOffset = 40;

    private static ReadOnlySpan<byte> Magic => "ASLBLK1\n"u8;

    /// <summary>Bytes of directory and trailer together.</summary>
    public int EncodedLength => Entries.Count * EntrySize + TrailerSize;

    /// <summary>Bytes of the whole block.</summary>
    public int BlockLength => PayloadLength + EncodedLength;

    /// <summary>Where an entry goes that follows <paramref name="end"/>.</summary>
    public static int Place(int end, int length)
    {
        var room = AlignedMax - end % AlignedMax;
        return length <= AlignedMax && length > room ? end + room : end;
    }

    public byte[] Encode()
    {
        var bytes = new byte[EncodedLength];
        var at = 0;
        foreach (var entry in Entries)
        {
            entry.Id.CopyTo(bytes.AsSpan(at));
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at + 32), entry.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at + 40), entry.Length);
            bytes[at + 44] = (byte)entry.Codec;
            at += EntrySize;
        }

        var trailer = bytes.AsSpan(at);
        Magic.CopyTo(trailer);
        BinaryPrimitives.WriteInt64LittleEndian(trailer[8..], PayloadLength);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[16..], Entries.Count);
        Class.CopyTo(trailer[24..]);
        Blake3.Hash(bytes.AsSpan(0, at + CheckOffset)).AsSpan()[..24].CopyTo(trailer[CheckOffset..]);
        return bytes;
    }

    /// <summary>Length of directory and trailer as a trailer states it; false where it is no trailer.</summary>
    public static bool TryReadLength(ReadOnlySpan<byte> trailer, out int length)
    {
        length = 0;
        if (trailer.Length != TrailerSize || !trailer[..8].SequenceEqual(Magic))
        {
            return false;
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(trailer[16..]);
        if (count is < 0 or > (int.MaxValue - TrailerSize) / EntrySize)
        {
            return false;
        }

        length = count * EntrySize + TrailerSize;
        return true;
    }

    /// <summary>Decodes directory and trailer; false where the check or the order of the entries is wrong.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out BlockDirectory? directory)
    {
        directory = null;
        if (bytes.Length < TrailerSize || !TryReadLength(bytes[^TrailerSize..], out var length)
            || length != bytes.Length)
        {
            return false;
        }

        var trailer = bytes[^TrailerSize..];
        var check = Blake3.Hash(bytes[..^(TrailerSize - CheckOffset)]).AsSpan()[..24];
        var payload = BinaryPrimitives.ReadInt64LittleEndian(trailer[8..]);
        if (!check.SequenceEqual(trailer[CheckOffset..]) || payload is < 0 or > int.MaxValue)
        {
            return false;
        }

        var entries = new BlockEntry[(length - TrailerSize) / EntrySize];
        var end = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = ReadEntry(bytes.Slice(i * EntrySize, EntrySize));
            if (entries[i].Offset < end || entries[i].Length < 0 || entries[i].Length > payload - entries[i].Offset)
            {
                return false;
            }

            end = entries[i].Offset + entries[i].Length;
        }

        directory = new BlockDirectory(ClassTag.From(trailer.Slice(24, ClassTag.Size)), (int)payload, entries);
        return true;
    }

    private static BlockEntry ReadEntry(ReadOnlySpan<byte> bytes)
    {
        var offset = BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]);
        return new BlockEntry(
            Hash256.From(bytes[..32]),
            offset is < 0 or > int.MaxValue ? -1 : (int)offset,
            BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]),
            (BlockCodec)bytes[44]);
    }
}
