using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// One write to an import's journal. Little-endian.
/// <code>
/// head, 80 bytes:  0 8 magic "ASLIMP1\n"   8 32 content   40 16 class tag   56 8 size   64 16 check
/// frame:           0 16 check   16 4 length of what follows   20 8 seen   28 4 chunks   32 4 groups
///                  36 per chunk id (32), length (4), block (4); then per group its chaining value (32)
/// </code>
/// A check is the first bytes of BLAKE3 of everything before it in the head, and after it in the frame.
/// </summary>
internal static class ImportFrame
{
    public const int HeadSize = 80;

    private const int CheckSize = 16;
    private const int FixedSize = 36;
    private const int ChunkSize = 40;

    /// <summary>A frame covers one buffer of the pipeline, or a resumed import's share of it; more is no frame.
    /// </summary>
    private const int LengthMax = 16 << 20;

    private static ReadOnlySpan<byte> Magic => "ASLIMP1\n"u8;

    public static byte[] Head(ContentId content, ClassTag tag, long size)
    {
        var head = new byte[HeadSize];
        Magic.CopyTo(head);
        content.Hash.CopyTo(head.AsSpan(8));
        tag.CopyTo(head.AsSpan(40));
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(56), size);
        CheckOf(head.AsSpan(0, HeadSize - CheckSize)).CopyTo(head.AsSpan(HeadSize - CheckSize));
        return head;
    }

    public static byte[] Of(long seen, ReadOnlySpan<ImportedChunk> chunks, IReadOnlyList<Hash256> cvs)
    {
        var frame = new byte[FixedSize + chunks.Length * ChunkSize + cvs.Count * Hash256.Size];
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(16), frame.Length - CheckSize - sizeof(int));
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(20), seen);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(28), chunks.Length);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(32), cvs.Count);
        var rest = frame.AsSpan(FixedSize);
        foreach (var chunk in chunks)
        {
            chunk.Id.CopyTo(rest);
            BinaryPrimitives.WriteInt32LittleEndian(rest[32..], chunk.Length);
            BinaryPrimitives.WriteInt32LittleEndian(rest[36..], chunk.Block);
            rest = rest[ChunkSize..];
        }

        foreach (var cv in cvs)
        {
            cv.CopyTo(rest);
            rest = rest[Hash256.Size..];
        }

        CheckOf(frame.AsSpan(CheckSize)).CopyTo(frame);
        return frame;
    }

    /// <summary>Takes the next frame off a journal's bytes; false at the end, or where something else begins.</summary>
    public static bool TryTake(
        ref ReadOnlySpan<byte> bytes, List<ImportedChunk> chunks, List<Hash256> cvs, ref long seen)
    {
        if (bytes.Length < FixedSize)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        var (chunkCount, cvCount) = (
            BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]));
        if (length is < FixedSize - CheckSize - sizeof(int) or > LengthMax
            || length > bytes.Length - CheckSize - sizeof(int) || chunkCount < 0 || cvCount < 0
            || length != FixedSize - CheckSize - sizeof(int) + (long)chunkCount * ChunkSize + (long)cvCount * 32)
        {
            return false;
        }

        var frame = bytes[..(CheckSize + sizeof(int) + length)];
        if (!CheckOf(frame[CheckSize..]).SequenceEqual(frame[..CheckSize]))
        {
            return false;
        }

        if (BinaryPrimitives.ReadInt64LittleEndian(frame[20..]) is var told && told < 0)
        {
            return false;
        }

        seen = Math.Max(seen, told);
        var rest = frame[FixedSize..];
        for (var i = 0; i < chunkCount; i++, rest = rest[ChunkSize..])
        {
            chunks.Add(new ImportedChunk(
                Hash256.From(rest[..32]), BinaryPrimitives.ReadInt32LittleEndian(rest[32..]),
                BinaryPrimitives.ReadInt32LittleEndian(rest[36..])));
        }

        for (var i = 0; i < cvCount; i++, rest = rest[Hash256.Size..])
        {
            cvs.Add(Hash256.From(rest[..Hash256.Size]));
        }

        bytes = bytes[frame.Length..];
        return true;
    }

    private static ReadOnlySpan<byte> CheckOf(ReadOnlySpan<byte> bytes) =>
        Blake3.Hash(bytes).AsSpan()[..CheckSize].ToArray();
}
