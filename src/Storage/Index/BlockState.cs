using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Index;

/// <summary>
/// One sealed block as the index knew it when it was asked: a copy. Two of the same block are equal. As a row,
/// little-endian:
/// <code>
/// 0 32 id    32 16 class    48 4 length    52 4 bytes of entries    56 1 whether the bytes are here
/// </code>
/// </summary>
internal sealed class BlockState : IEquatable<BlockState>
{
    public const int RowLength = Hash256.Size + ClassTag.Size + 9;

    private const int LengthAt = Hash256.Size + ClassTag.Size;

    public required BlockId Id { get; init; }

    /// <summary>What places call it; never given twice.</summary>
    public required int Number { get; init; }

    public required ClassTag Class { get; init; }

    /// <summary>Length of the block file, directory included.</summary>
    public required int Length { get; init; }

    /// <summary>Sum of its entries' lengths.</summary>
    public required int EntryBytes { get; init; }

    /// <summary>Whether the bytes are on this disk; the directory always is.</summary>
    public required bool IsHere { get; init; }

    public static BlockState Decode(int number, ReadOnlySpan<byte> row) => new()
    {
        Id = BlockId.From(Hash256.From(row[..Hash256.Size])),
        Number = number,
        Class = ClassTag.From(row.Slice(Hash256.Size, ClassTag.Size)),
        Length = BinaryPrimitives.ReadInt32LittleEndian(row[LengthAt..]),
        EntryBytes = BinaryPrimitives.ReadInt32LittleEndian(row[(LengthAt + 4)..]),
        IsHere = row[LengthAt + 8] != 0,
    };

    public void Encode(Span<byte> row)
    {
        Id.Hash.CopyTo(row);
        Class.CopyTo(row[Hash256.Size..]);
        BinaryPrimitives.WriteInt32LittleEndian(row[LengthAt..], Length);
        BinaryPrimitives.WriteInt32LittleEndian(row[(LengthAt + 4)..], EntryBytes);
        row[LengthAt + 8] = IsHere ? (byte)1 : (byte)0;
    }

    public bool Equals(BlockState? other) => other is not null && other.Id == Id;

    public override bool Equals(object? obj) => Equals(obj as BlockState);

    public override int GetHashCode() => Id.GetHashCode();
}

/// <summary>Where a copy of an object lies.</summary>
internal readonly record struct Place(BlockState Block, int Offset, int Length, BlockCodec Codec);

/// <summary>All blocks in figures.</summary>
/// <param name="Count">Blocks known.</param>
/// <param name="Away">Those whose bytes are not on this disk; zero means every content is whole.</param>
/// <param name="BytesHere">Length of the files of the others.</param>
/// <param name="Unreadable">Blocks that the log names beside those, and whose directory cannot be read.</param>
internal readonly record struct BlockTotals(long Count, long Away, long BytesHere, long Unreadable)
{
    /// <summary>With one block more, or less.</summary>
    public BlockTotals With(BlockState block, int sign) => this with
    {
        Count = Count + sign,
        Away = Away + (block.IsHere ? 0 : sign),
        BytesHere = BytesHere + (block.IsHere ? sign * (long)block.Length : 0),
    };
}
