using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Index;

/// <summary>One sealed block as the index knows it. Fields change only under the store's state lock.</summary>
internal sealed class BlockState
{
    public required BlockId Id { get; init; }

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
/// Where objects lie in sealed blocks, held in memory and rebuilt from block directories on opening. Chunk lists are
/// found by the content they describe, everything else by its own hash. Not thread-safe: guarded by the state lock.
/// </summary>
internal sealed class ChunkIndex
{
    private readonly Dictionary<BlockId, BlockState> _blocks = [];
    private readonly Table _objects = new();
    private readonly Table _lists = new();

    public IEnumerable<BlockState> Blocks => _blocks.Values;

    public int BlockCount => _blocks.Count;

    /// <summary>Grows whenever bytes appear or go: cached answers about availability are stale then.</summary>
    public long Version { get; private set; }

    /// <summary>Blocks whose bytes are away; zero means every content is whole.</summary>
    public int AwayCount { get; private set; }

    public bool TryGetBlock(BlockId id, out BlockState? block) => _blocks.TryGetValue(id, out block);

    public BlockState Add(BlockId id, BlockDirectory directory, bool isHere)
    {
        Version++;
        if (_blocks.TryGetValue(id, out var known))
        {
            SetHere(known, isHere);
            return known;
        }

        var block = new BlockState
        {
            Id = id,
            Class = directory.Class,
            Length = directory.BlockLength,
            EntryBytes = directory.Entries.Sum(entry => entry.Length),
            IsHere = isHere,
        };
        _blocks.Add(id, block);
        AwayCount += isHere ? 0 : 1;
        foreach (var entry in directory.Entries)
        {
            TableOf(entry.Codec).Add(entry.Id, new Place(block, entry.Offset, entry.Length, entry.Codec));
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
        }
    }

    /// <summary>Forgets a block and its places; nothing happens where it is unknown.</summary>
    public void Remove(BlockId id, BlockDirectory directory)
    {
        if (!_blocks.Remove(id, out var block))
        {
            return;
        }

        Version++;
        AwayCount -= block.IsHere ? 0 : 1;
        foreach (var entry in directory.Entries)
        {
            TableOf(entry.Codec).Remove(entry.Id, block);
        }
    }

    /// <summary>A copy on this disk, preferring blocks that stay.</summary>
    public bool TryFindHere(Hash256 id, BlockCodec codec, out Place place)
    {
        place = default;
        var found = false;
        foreach (var candidate in TableOf(codec).Of(id))
        {
            if (candidate.Block.IsHere && (!found || place.Block.IsLeaving))
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
        foreach (var place in TableOf(codec).Of(id))
        {
            if (place.Block is { IsHere: true, IsLeaving: false } && classes.Contains(place.Block.Class))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Ids of everything placed in a block; one pass over the index.</summary>
    public IEnumerable<Hash256> ObjectsIn(BlockState block) => _objects.In(block).Concat(_lists.In(block));

    /// <summary>All known places, evicted ones included.</summary>
    public IEnumerable<Place> PlacesOf(Hash256 id, BlockCodec codec) => TableOf(codec).Of(id);

    private Table TableOf(BlockCodec codec) => codec == BlockCodec.ChunkList ? _lists : _objects;

    /// <summary>One place per id in the common case, a list beside it for the rest.</summary>
    private sealed class Table
    {
        private readonly Dictionary<Hash256, Place> _first = [];
        private readonly Dictionary<Hash256, List<Place>> _more = [];

        public void Add(Hash256 id, Place place)
        {
            if (_first.TryAdd(id, place))
            {
                return;
            }

            if (!_more.TryGetValue(id, out var list))
            {
                _more.Add(id, list = []);
            }

            list.Add(place);
        }

        public void Remove(Hash256 id, BlockState block)
        {
            if (_more.TryGetValue(id, out var list))
            {
                list.RemoveAll(place => place.Block == block);
            }

            if (_first.TryGetValue(id, out var first) && first.Block == block)
            {
                _first.Remove(id);
                if (list is { Count: > 0 })
                {
                    _first.Add(id, list[^1]);
                    list.RemoveAt(list.Count - 1);
                }
            }

            if (list is { Count: 0 })
            {
                _more.Remove(id);
            }
        }

        public IEnumerable<Hash256> In(BlockState block) =>
            _first.Where(pair => pair.Value.Block == block).Select(pair => pair.Key)
                .Concat(_more.Where(pair => pair.Value.Exists(place => place.Block == block)).Select(pair => pair.Key));

        public IEnumerable<Place> Of(Hash256 id)
        {
            if (!_first.TryGetValue(id, out var first))
            {
                yield break;
            }

            yield return first;
            if (_more.TryGetValue(id, out var list))
            {
                foreach (var place in list)
                {
                    yield return place;
                }
            }
        }
    }
}
