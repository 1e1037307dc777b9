using System.Numerics;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.History;

/// <summary>
/// Hashes of the full subtrees of 256 leaves (a <em>tile</em>) and more, 32 bytes each, in the order in which they are
/// completed: after a tile its own, then those of the larger subtrees it completes. Where one lies follows from its
/// level and index, a quarter byte of file a leaf. A view of the leaves: what is missing or wrong is computed anew.
/// </summary>
internal sealed class SubtreeFile : INodeHashSink, IDisposable
{
    /// <summary>Level of a tile.</summary>
    public const int TileLevel = 8;

    private const int BufferSize = 1024 * Hash256.Size;

    private readonly IFile _file;
    private readonly byte[] _buffer = new byte[BufferSize];
    private int _buffered;
    private bool _isSynced = true;

    private SubtreeFile(IFile file) => _file = file;

    /// <summary>Tiles whose hashes are all here.</summary>
    public long Tiles { get; private set; }

    /// <summary>Opens the file beside that of the leaves, or makes an empty one.</summary>
    public static SubtreeFile Open(IFileSystem files, string leaves)
    {
        var subtrees = new SubtreeFile(DurableFiles.OpenOrCreate(files, PathOf(leaves)));
        subtrees.Tiles = TilesIn(subtrees._file.Length / Hash256.Size);
        return subtrees;
    }

    public static void Delete(IFileSystem files, string leaves) => files.Delete(PathOf(leaves));

    /// <summary>The hash of a full subtree of at least a tile, unverified.</summary>
    public Hash256 Read(int level, long index)
    {
        // The subtree is completed by its last tile, after all that the tiles before completed.
        int above = level - TileLevel;
        long tile = ((index + 1) << above) - 1;
        Span<byte> hash = stackalloc byte[Hash256.Size];
        int read = _file.ReadAt((CountOf(tile) + above) * Hash256.Size, hash);
        return read == hash.Length ? Hash256.From(hash) : default;
    }

    /// <summary>The hash of a full subtree above a tile; false where it is not that of its two halves.</summary>
    public bool TryReadWhole(int level, long index, out Hash256 hash)
    {
        hash = Read(level, index);
        return hash == Rfc6962.NodeHash(Read(level - 1, 2 * index), Read(level - 1, (2 * index) + 1));
    }

    /// <summary>Adds the hash of the next tile and those of the subtrees it completes.</summary>
    public void Append(Hash256 tile)
    {
        long index = Tiles;
        Put(TileLevel, index, tile);
        for (int level = TileLevel; (index & 1) == 1; index >>= 1)
        {
            Flush();
            tile = Rfc6962.NodeHash(Read(level, index - 1), tile);
            Put(++level, index >> 1, tile);
        }
    }

    /// <summary>Takes each subtree that an append completes; smaller ones than a tile are passed over.</summary>
    public void Put(int level, long index, Hash256 hash)
    {
        if (level < TileLevel)
            return;
        if (_buffered == BufferSize)
            Flush();
        hash.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += Hash256.Size;
        Tiles += level == TileLevel ? 1 : 0;
    }

    /// <summary>Writes what was put; before that it cannot be read.</summary>
    public void Flush()
    {
        if (_buffered == 0)
            return;
        _file.Append(_buffer.AsSpan(0, _buffered));
        (_buffered, _isSynced) = (0, false);
    }

    /// <summary>Makes everything durable; free where nothing was added.</summary>
    public void Sync()
    {
        if (_isSynced)
            return;
        _file.Sync();
        _isSynced = true;
    }

    /// <summary>Forgets the hashes of all tiles from an index on, and of what they complete.</summary>
    public void Truncate(long tiles)
    {
        _buffered = 0; // what could not be written is forgotten, too
        Tiles = Math.Min(tiles, Tiles);
        if (_file.Length != CountOf(Tiles) * Hash256.Size)
            _file.Truncate(CountOf(Tiles) * Hash256.Size);
    }

    public void Dispose() => _file.Dispose();

    private static string PathOf(string leaves) => leaves + ".subtrees";

    /// <summary>Hashes that so many tiles have: their own, and one for every two trees that became one.</summary>
    private static long CountOf(long tiles) => (2 * tiles) - BitOperations.PopCount((ulong)tiles);

    /// <summary>The most tiles of which so many hashes are all.</summary>
    private static long TilesIn(long hashes)
    {
        long tiles = hashes / 2;
        while (CountOf(tiles + 1) <= hashes)
            tiles++;
        return tiles;
    }
}
