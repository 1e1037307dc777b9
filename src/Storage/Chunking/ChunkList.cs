using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Chunking;

/// <summary>One stretch of a content: a chunk, or at higher levels a page that lists more of them.</summary>
internal readonly record struct ListEntry(Hash256 Id, long Length);

/// <summary>
/// A list of at most 1,024 entries; longer ones are trees of pages. Little-endian:
/// level (1), zero (3), entries (4), then per entry id (32) and covered length (8).
/// At level 0 entries are chunks, at level n pages of level n - 1.
/// </summary>
internal sealed record ListNode(int Level, IReadOnlyList<ListEntry> Entries)
{
    public const int EntriesMax = 1024;
    public const int HeadSize = 8;
    public const int EntrySize = 40;

    private const int LevelMax = 6;

    public int EncodedLength => HeadSize + Entries.Count * EntrySize;

    public void Write(Span<byte> destination)
    {
        destination[..HeadSize].Clear();
        destination[0] = (byte)Level;
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], Entries.Count);
        var at = HeadSize;
        foreach (var entry in Entries)
        {
            entry.Id.CopyTo(destination[at..]);
            BinaryPrimitives.WriteInt64LittleEndian(destination[(at + 32)..], entry.Length);
            at += EntrySize;
        }
    }

    public byte[] Encode()
    {
        var bytes = new byte[EncodedLength];
        Write(bytes);
        return bytes;
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out ListNode? node, out int length)
    {
        node = null;
        length = 0;
        if (bytes.Length < HeadSize || bytes[0] > LevelMax || bytes[1..4].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (count is < 0 or > EntriesMax || bytes.Length - HeadSize < count * EntrySize)
        {
            return false;
        }

        var entries = new ListEntry[count];
        for (var i = 0; i < count; i++)
        {
            var at = bytes[(HeadSize + i * EntrySize)..];
            entries[i] = new ListEntry(Hash256.From(at[..32]), BinaryPrimitives.ReadInt64LittleEndian(at[32..]));
            if (entries[i].Length <= 0)
            {
                return false;
            }
        }

        node = new ListNode(bytes[0], entries);
        length = node.EncodedLength;
        return true;
    }
}

/// <summary>
/// How a content of several chunks is put together: magic <c>ASLLIST1</c> (8), content id (32), size (8), the list of
/// its chunks, the list of the pieces of its outboard (whose first 8 bytes, the size header, are included), then the
/// first 16 bytes of BLAKE3 of all before.
/// </summary>
internal sealed record ChunkList(Hash256 Content, long Size, ListNode Chunks, ListNode Outboard)
{
    /// <summary>Bytes of an outboard that make one piece.</summary>
    public const int OutboardPiece = 256 * 1024;

    private const int HeadSize = 48;
    private const int CheckSize = 16;

    private static ReadOnlySpan<byte> Magic => "ASLLIST1"u8;

    public byte[] Encode()
    {
        var bytes = new byte[HeadSize + Chunks.EncodedLength + Outboard.EncodedLength + CheckSize];
        Magic.CopyTo(bytes);
        Content.CopyTo(bytes.AsSpan(8));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), Size);
        Chunks.Write(bytes.AsSpan(HeadSize));
        Outboard.Write(bytes.AsSpan(HeadSize + Chunks.EncodedLength));
        Blake3.Hash(bytes.AsSpan(0, bytes.Length - CheckSize)).AsSpan()[..CheckSize]
            .CopyTo(bytes.AsSpan(bytes.Length - CheckSize));
        return bytes;
    }

    public static bool TryDecode(ReadOnlySpan<byte> bytes, out ChunkList? list)
    {
        list = null;
        if (bytes.Length < HeadSize + CheckSize || !bytes[..8].SequenceEqual(Magic)
            || !Blake3.Hash(bytes[..^CheckSize]).AsSpan()[..CheckSize].SequenceEqual(bytes[^CheckSize..])
            || !ListNode.TryDecode(bytes[HeadSize..^CheckSize], out var chunks, out var length)
            || !ListNode.TryDecode(bytes[(HeadSize + length)..^CheckSize], out var outboard, out _))
        {
            return false;
        }

        list = new ChunkList(
            Hash256.From(bytes.Slice(8, 32)), BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]), chunks!, outboard!);
        return true;
    }
}
