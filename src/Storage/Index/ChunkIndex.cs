using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Index;

/// <summary>One sealed block as the index knows it. Fields change only under the store's state lock.</summary>
internal sealed class BlockState
{
    public required BlockId Id { get; init; }

    /// <summary>What places call it; never given twice.</summary>
    public required int Number { get; init; }

    public required ClassTag Class { get; init; }

    /// <summary>Length of the block file, directory included.</summary>
    public required int Length { get; init; }

    /// <summary>Sum of its entries' lengths.</summary>
    public required int EntryBytes { get; init; }

    /// <summary>Whether the bytes are on this disk; the directory always is.</summary>
    public bool IsHere { get; set; }

    /// <summary>Set while an eviction or a repack empties it: nothing new may lean on it.</summary>
    public bool IsLeaving { get; set; }
}

/// <summary>Where a copy of an object lies.</summary>
internal readonly record struct Place(BlockState Block, int Offset, int Length, BlockCodec Codec);

/// <summary>
/// Where objects lie in sealed blocks. Chunk lists are found by the content they describe, everything else by its own
/// hash. Places are in the index's tables; the blocks themselves, about 150 bytes for each 4 to 16 MiB, in memory. Not
/// thread-safe: guarded by the state lock.
/// </summary>
internal sealed class ChunkIndex(IndexStore tables)
{
    private const int KeyLength = Hash256.Size + 1 + 4;
    private const int PlaceLength = 9;
    private const int BlockRowLength = 4 + ClassTag.Size + 4 + 4 + 1;

    private readonly Dictionary<BlockId, BlockState> _blocks = [];
    private readonly Dictionary<int, BlockState> _byNumber = [];

    public IEnumerable<BlockState> Blocks => _blocks.Values;

    public int BlockCount => _blocks.Count;

    /// <summary>Number the next block gets. Kept with the index: places of a block that is gone may linger there.
    /// </summary>
    public int NextNumber { get; set; } = 1;

    /// <summary>Grows whenever bytes appear or go: cached answers about availability are stale then.</summary>
    public long Version { get; private set; }

    /// <summary>Blocks whose bytes are away; zero means every content is whole.</summary>
    public int AwayCount { get; private set; }

    public bool TryGetBlock(BlockId id, out BlockState? block) => _blocks.TryGetValue(id, out block);

    /// <summary>Takes up the blocks that the tables hold.</summary>
    public void Load()
    {
        using var scan = tables.Scan(IndexTable.Blocks, []);
        while (scan.MoveNext())
        {
            var row = scan.Value;
            Keep(new BlockState
            {
                Id = BlockId.From(Hash256.From(scan.Key)),
                Number = BinaryPrimitives.ReadInt32LittleEndian(row),
                Class = ClassTag.From(row.Slice(4, ClassTag.Size)),
                Length = BinaryPrimitives.ReadInt32LittleEndian(row[(4 + ClassTag.Size)..]),
                EntryBytes = BinaryPrimitives.ReadInt32LittleEndian(row[(8 + ClassTag.Size)..]),
                IsHere = row[12 + ClassTag.Size] != 0,
            });
        }
    }

    public BlockState Add(BlockId id, BlockDirectory directory, bool isHere)
    {
        if (_blocks.TryGetValue(id, out var known))
        {
            SetHere(known, isHere);
            Version++;
            return known;
        }

        var block = new BlockState
        {
            Id = id,
            Number = NextNumber++,
            Class = directory.Class,
            Length = directory.BlockLength,
            EntryBytes = directory.Entries.Sum(entry => entry.Length),
            IsHere = isHere,
        };
        Keep(block);
        Write(block);
        Span<byte> key = stackalloc byte[KeyLength];
        Span<byte> place = stackalloc byte[PlaceLength];
        foreach (var entry in directory.Entries)
        {
            KeyOf(entry.Id, entry.Codec, block.Number, key);
            BinaryPrimitives.WriteInt32LittleEndian(place, entry.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(place[4..], entry.Length);
            place[8] = (byte)entry.Codec;
            tables.Put(IndexTable.Objects, key, place);
        }

        return block;
    }

    public void SetHere(BlockState block, bool isHere)
    {
        if (block.IsHere != isHere)
        {
            Version++;
            AwayCount += isHere ? -1 : 1;
            block.IsHere = isHere;
            Write(block);
        }
    }

    /// <summary>Forgets a block; nothing happens where it is unknown. Without a directory its places linger, unseen.
    /// </summary>
    public void Remove(BlockId id, BlockDirectory? directory)
    {
        if (!_blocks.Remove(id, out var block))
        {
            return;
        }

        Version++;
        AwayCount -= block.IsHere ? 0 : 1;
        _byNumber.Remove(block.Number);
        tables.Delete(IndexTable.Blocks, id.AsSpan());
        Span<byte> key = stackalloc byte[KeyLength];
        foreach (var entry in directory?.Entries ?? [])
        {
            KeyOf(entry.Id, entry.Codec, block.Number, key);
            tables.Delete(IndexTable.Objects, key);
        }
    }

    /// <summary>A copy on this disk, preferring blocks that stay.</summary>
    public bool TryFindHere(Hash256 id, BlockCodec codec, out Place place)
    {
        place = default;
        var found = false;
        using var scan = Places(id, codec, expectAbsent: false);
        while (scan.MoveNext())
        {
            if (TryPlace(scan.Key, scan.Value, out var candidate) && candidate.Block.IsHere
                && (!found || place.Block.IsLeaving))
            {
                place = candidate;
                found = true;
            }
        }

        return found;
    }

    /// <summary>Whether a copy on this disk lies in one of these classes and in a block that stays.</summary>
    public bool IsKeptIn(Hash256 id, BlockCodec codec, IReadOnlyCollection<ClassTag> classes)
    {
        using var scan = Places(id, codec, expectAbsent: true);
        while (scan.MoveNext())
        {
            if (TryPlace(scan.Key, scan.Value, out var place)
                && place.Block is { IsHere: true, IsLeaving: false } && classes.Contains(place.Block.Class))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ids of everything placed in a block; one pass over the index.</summary>
    public IEnumerable<Hash256> ObjectsIn(BlockState block)
    {
        var ids = new List<Hash256>();
        using var scan = tables.Scan(IndexTable.Objects, []);
        while (scan.MoveNext())
        {
            if (NumberOf(scan.Key) == block.Number)
            {
                ids.Add(Hash256.From(scan.Key[..Hash256.Size]));
            }
        }

        return ids;
    }

    /// <summary>All known places, evicted ones included.</summary>
    public IReadOnlyList<Place> PlacesOf(Hash256 id, BlockCodec codec)
    {
        var places = new List<Place>();
        using var scan = Places(id, codec, expectAbsent: false);
        while (scan.MoveNext())
        {
            if (TryPlace(scan.Key, scan.Value, out var place))
            {
                places.Add(place);
            }
        }

        return places;
    }

    private static void KeyOf(Hash256 id, BlockCodec codec, int number, Span<byte> key)
    {
        id.CopyTo(key);
        key[Hash256.Size] = codec == BlockCodec.ChunkList ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(key[(Hash256.Size + 1)..], number);
    }

    private static int NumberOf(ReadOnlySpan<byte> key) =>
        BinaryPrimitives.ReadInt32BigEndian(key[(Hash256.Size + 1)..]);

    private IndexScan Places(Hash256 id, BlockCodec codec, bool expectAbsent)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        KeyOf(id, codec, 0, key);
        return tables.Scan(IndexTable.Objects, key[..(Hash256.Size + 1)], expectAbsent);
    }

    private bool TryPlace(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, out Place place)
    {
        place = default;
        if (!_byNumber.TryGetValue(NumberOf(key), out var block))
        {
            return false;
        }

        place = new Place(
            block, BinaryPrimitives.ReadInt32LittleEndian(value), BinaryPrimitives.ReadInt32LittleEndian(value[4..]),
            (BlockCodec)value[8]);
        return true;
    }

    private void Keep(BlockState block)
    {
        Version++;
        _blocks.Add(block.Id, block);
        _byNumber.Add(block.Number, block);
        AwayCount += block.IsHere ? 0 : 1;
    }

    private void Write(BlockState block)
    {
        Span<byte> row = stackalloc byte[BlockRowLength];
        BinaryPrimitives.WriteInt32LittleEndian(row, block.Number);
        block.Class.CopyTo(row[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(row[(4 + ClassTag.Size)..], block.Length);
        BinaryPrimitives.WriteInt32LittleEndian(row[(8 + ClassTag.Size)..], block.EntryBytes);
        row[12 + ClassTag.Size] = block.IsHere ? (byte)1 : (byte)0;
        tables.Put(IndexTable.Blocks, block.Id.AsSpan(), row);
    }
}
