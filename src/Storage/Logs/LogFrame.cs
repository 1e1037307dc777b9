using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.Logs;

/// <summary>
/// One frame of the local log, little-endian:
/// <code>
/// 0   4  record length, 1..LogRecordMax
/// 4   4  inline length, 0 once the inline bytes have moved to a block
/// 8   4  flags: bit 0 = first frame written at a time, so all before it was durable when it was written;
///        bit 1 = the next frame belongs to the same commit
/// 12  4  first four bytes of BLAKE3(inline bytes), zero where there are none
/// 16 32  record hash = BLAKE3.derive_key("omega local-log v1", previous hash | number (8) | flags (4) | record)
/// 48     record, then inline bytes
/// </code>
/// Inline bytes are outside the record's hash: dropping them changes no record (law 2).
/// </summary>
internal readonly struct LogFrame
{
    public const int HeaderSize = 48;
    public const uint CommitStart = 1;
    public const uint CommitContinues = 2;

    /// <summary>Previous hash, number, flags: what is hashed before a record.</summary>
    private const int HeadSize = 44;

    private const int StackMax = 2048;
    private const string HashContext = "omega local-log v1";

    public required int RecordLength { get; init; }

    public required int InlineLength { get; init; }

    public required uint Flags { get; init; }

    public required uint InlineCheck { get; init; }

    public required Hash256 Hash { get; init; }

    public int Length => HeaderSize + RecordLength + InlineLength;

    /// <summary>The chained hash of a record; see the table above.</summary>
    [SkipLocalsInit]
    public static Hash256 HashOf(Hash256 previous, long number, uint flags, ReadOnlySpan<byte> record)
    {
        var length = HeadSize + record.Length;
        var material = length <= StackMax ? stackalloc byte[StackMax] : new byte[length];
        previous.CopyTo(material);
        BinaryPrimitives.WriteInt64LittleEndian(material[32..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(material[40..], flags);
        record.CopyTo(material[HeadSize..]);
        Span<byte> hash = stackalloc byte[Hash256.Size];
        Blake3.DeriveKey(HashContext, material[..length], hash);
        return Hash256.From(hash);
    }

    public static uint CheckOf(ReadOnlySpan<byte> inline) => inline.IsEmpty ? 0 : CheckFrom(Blake3.Hash(inline));

    /// <summary>The check of inline bytes by their BLAKE3.</summary>
    public static uint CheckFrom(Hash256 hash) => BinaryPrimitives.ReadUInt32LittleEndian(hash.AsSpan());

    /// <summary>Reads a header; false where the lengths are out of bounds, which no frame of ours has.</summary>
    public static bool TryRead(ReadOnlySpan<byte> header, int recordMax, out LogFrame frame)
    {
        frame = new LogFrame
        {
            RecordLength = BinaryPrimitives.ReadInt32LittleEndian(header),
            InlineLength = BinaryPrimitives.ReadInt32LittleEndian(header[4..]),
            Flags = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]),
            InlineCheck = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]),
            Hash = Hash256.From(header.Slice(16, 32)),
        };
        return frame.RecordLength > 0 && frame.RecordLength <= recordMax && frame.InlineLength >= 0
            && frame.InlineLength <= int.MaxValue / 2 && frame.Flags <= (CommitStart | CommitContinues);
    }

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, RecordLength);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], InlineLength);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], InlineCheck);
        Hash.CopyTo(destination[16..]);
    }
}
