using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Index;

/// <summary>
/// Where objects lie in sealed blocks, and the blocks themselves: all in the index's tables, none in memory but the
/// <see cref="RememberedMax"/> asked for last. Chunk lists are found by the content they describe, everything else by
/// its own hash. Not thread-safe: guarded by the state lock.
/// </summary>
internal sealed partial class ChunkIndex(IndexStore tables)
{
    private const int KeyLength = Hash256.Size + 1 + sizeof(int);
    private const int PlaceLength = 9;

    /// <summary>Blocks remembered; about 200 bytes each.</summary>
    private const int RememberedMax = 2048;

    private readonly Dictionary<int, BlockState> _remembered = [];
    private readonly HashSet<BlockId> _leaving = [];
    private long _losses;

    /// <summary>Figures of all blocks. Kept with the index.</summary>
    public BlockTotals Totals { get; set; }

    public long BlockCount => Totals.Count;

    /// <summary>Blocks whose bytes are away; zero means every content is whole.</summary>
    public long AwayCount => Totals.Away;

    /// <summary>Number the next block gets. Kept with the index: places of a block that is gone may linger there.
    /// </summary>
    public int NextNumber { get; set; } = 1;

    /// <summary>Grows whenever bytes may have gone: what was whole before may not be any more. Any thread.</summary>
    public long Losses => Volatile.Read(ref _losses);

    public bool TryGetBlock(BlockId id, out BlockState? block)
    {
        block = null;
        return TryNumber(id, out var number) && TryGetBlock(number, out block);
    }

    public BlockState Add(BlockId id, BlockDirectory directory, bool isHere)
    {
        if (TryGetBlock(id, out var known))
        {
            return SetHere(known!, isHere);
        }

        ForgetUnreadable(id);
        var block = new BlockState
        {
            Id = id,
            Number = NextNumber++,
            Class = directory.Class,
            Length = directory.BlockLength,
            EntryBytes = directory.Entries.Sum(entry => entry.Length),
            IsHere = isHere,
        };
        Totals = Totals.With(block, 1);
        Write(block);
        PutNumber(id, block.Number);
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

    /// <summary>Notes whether a block's bytes are on this disk.</summary>
    /// <returns>The block as it is now.</returns>
    public BlockState SetHere(BlockState block, bool isHere)
    {
        if (block.IsHere == isHere)
        {
            return block;
        }

        if (!isHere)
        {
            NoteLoss();
        }

        Totals = Totals.With(block, -1);
        block = new BlockState
        {
            Id = block.Id,
            Number = block.Number,
            Class = block.Class,
            Length = block.Length,
            EntryBytes = block.EntryBytes,
            IsHere = isHere,
        };
        Totals = Totals.With(block, 1);
        Write(block);
        return block;
    }

    /// <summary>Whether an eviction, a repack or a collection empties a block: nothing new may lean on it.</summary>
    public bool IsLeaving(BlockId id) => _leaving.Contains(id);

    public void SetLeaving(BlockId id, bool isLeaving)
    {
        if (isLeaving)
        {
            _leaving.Add(id);
        }
        else
        {
            _leaving.Remove(id);
        }
    }

    /// <summary>Forgets a block; nothing happens where it is unknown. Without a directory its places linger, unseen.
    /// </summary>
    public void Remove(BlockId id, BlockDirectory? directory)
    {
        if (!TryGetBlock(id, out var block))
        {
            ForgetUnreadable(id);
            return;
        }

        NoteLoss();
        Totals = Totals.With(block!, -1);
        _remembered.Remove(block!.Number);
        _leaving.Remove(id);
        tables.Delete(IndexTable.Blocks, id.AsSpan());
        Span<byte> key = stackalloc byte[KeyLength];
        BinaryPrimitives.WriteInt32BigEndian(key, block.Number);
        tables.Delete(IndexTable.BlockRows, key[..sizeof(int)]);
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
                && (!found || IsLeaving(place.Block.Id)))
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
        if (!MayBePlaced(id, codec))
        {
            return false;
        }

        using var scan = Places(id, codec, expectAbsent: true);
        while (scan.MoveNext())
        {
            if (TryPlace(scan.Key, scan.Value, out var place)
                && place.Block.IsHere && classes.Contains(place.Block.Class) && !IsLeaving(place.Block.Id))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether an object or a chunk list of that id was ever placed in a block that is known.</summary>
    public bool IsKnown(Hash256 id)
    {
        if (!MayBePlaced(id, BlockCodec.Raw) && !MayBePlaced(id, BlockCodec.ChunkList))
        {
            return false;
        }

        using var scan = tables.Scan(IndexTable.Objects, id.AsSpan(), expectAbsent: true);
        while (scan.MoveNext())
        {
            if (TryPlace(scan.Key, scan.Value, out _))
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

    /// <summary>Whether a copy is known anywhere, here or away.</summary>
    public bool IsPlaced(Hash256 id, BlockCodec codec)
    {
        using var scan = Places(id, codec, expectAbsent: true);
        while (scan.MoveNext())
        {
            if (TryGetBlock(NumberOf(scan.Key), out _))
            {
                return true;
            }
        }

        return false;
    }

    private void NoteLoss() => Volatile.Write(ref _losses, _losses + 1);

    private static void KeyOf(Hash256 id, BlockCodec codec, int number, Span<byte> key)
    {
        id.CopyTo(key);
        key[Hash256.Size] = codec == BlockCodec.ChunkList ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(key[(Hash256.Size + 1)..], number);
    }

    private static int NumberOf(ReadOnlySpan<byte> key) =>
        BinaryPrimitives.ReadInt32BigEndian(key[(Hash256.Size + 1)..]);

    private bool MayBePlaced(Hash256 id, BlockCodec codec)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        KeyOf(id, codec, 0, key);
        return tables.MayContain(IndexTable.Objects, key[..(Hash256.Size + 1)]);
    }

    private IndexScan Places(Hash256 id, BlockCodec codec, bool expectAbsent)
    {
        Span<byte> key = stackalloc byte[KeyLength];
        KeyOf(id, codec, 0, key);
        return tables.Scan(IndexTable.Objects, key[..(Hash256.Size + 1)], expectAbsent);
    }

    private bool TryPlace(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, out Place place)
    {
        place = default;
        if (!TryGetBlock(NumberOf(key), out var block))
        {
            return false;
        }

        place = new Place(
            block!, BinaryPrimitives.ReadInt32LittleEndian(value), BinaryPrimitives.ReadInt32LittleEndian(value[4..]),
            (BlockCodec)value[8]);
        return true;
    }

    private bool TryGetBlock(int number, out BlockState? block)
    {
        if (_remembered.TryGetValue(number, out block))
        {
            return true;
        }

        Span<byte> key = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        block = tables.Get(IndexTable.BlockRows, key) is { } row ? BlockState.Decode(number, row) : null;
        if (block is not null)
        {
            Remember(block);
        }

        return block is not null;
    }

    private void Remember(BlockState block)
    {
        if (_remembered.Count >= RememberedMax)
        {
            _remembered.Clear();
        }

        _remembered[block.Number] = block;
    }

    private void Write(BlockState block)
    {
        Span<byte> key = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(key, block.Number);
        Span<byte> row = stackalloc byte[BlockState.RowLength];
        block.Encode(row);
        tables.Put(IndexTable.BlockRows, key, row);
        Remember(block);
    }
}
