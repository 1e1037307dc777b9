using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.History;

/// <summary>
/// The commitments of one log, 32 bytes each in a file that only grows, and the RFC 6962 tree over them. Nothing of
/// either is in memory but the tree's growing edge: hashes of full subtrees of 256 leaves and more lie in a
/// <see cref="SubtreeFile"/> beside it, smaller ones are folded from one 8 KiB read. So opening costs the same at any
/// size, and a proof O(log n). Appends are durable after <see cref="Sync"/>. One caller at a time.
/// </summary>
public sealed class LeafFile : INodeHashSource, IDisposable
{
    private const int TileLevel = SubtreeFile.TileLevel;
    private const int TileLeaves = 1 << TileLevel;

    private readonly IFile _file;
    private readonly SubtreeFile _subtrees;
    private readonly string _path;
    private readonly Hash256[] _tile = new Hash256[TileLeaves];
    private LogTree _tree = new();
    private long _tileIndex = -1;
    private int _tileCount;

    private LeafFile(IFile file, SubtreeFile subtrees, string path) =>
        (_file, _subtrees, _path) = (file, subtrees, path);

    /// <summary>Count of leaves.</summary>
    public long Size => _tree.Size;

    /// <summary>Root over all leaves.</summary>
    public Hash256 Root => _tree.Root;

    /// <summary>
    /// Opens the leaves at a path, whose folder must be there; makes an empty file where there is none and cuts off a
    /// leaf that was half written. Hashes of subtrees that are missing are computed; those that are there are held
    /// against what they cover when they are used.
    /// </summary>
    public static LeafFile Open(IFileSystem files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        IFile file = DurableFiles.OpenOrCreate(files, path);
        try
        {
            var leaves = new LeafFile(file, SubtreeFile.Open(files, path), path);
            leaves.Load();
            return leaves;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Removes the leaves at a path and what is kept beside them.</summary>
    public static void Delete(IFileSystem files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        files.Delete(path);
        SubtreeFile.Delete(files, path);
    }

    /// <summary>Adds a leaf.</summary>
    /// <returns>Its index.</returns>
    public long Append(Hash256 commitment)
    {
        _file.Append(commitment.AsSpan());
        return Grow(commitment);
    }

    /// <summary>Adds leaves with one write.</summary>
    public void Append(IReadOnlyList<Hash256> commitments)
    {
        ArgumentNullException.ThrowIfNull(commitments);
        var bytes = new byte[checked(commitments.Count * Hash256.Size)];
        for (int i = 0; i < commitments.Count; i++)
            commitments[i].CopyTo(bytes.AsSpan(i * Hash256.Size));
        _file.Append(bytes);
        foreach (Hash256 commitment in commitments)
            Grow(commitment);
    }

    /// <summary>Makes all appends durable.</summary>
    public void Sync()
    {
        _file.Sync();
        _subtrees.Sync();
    }

    /// <summary>Forgets all leaves from an index on; not durable before <see cref="Sync"/>.</summary>
    public void Truncate(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        _subtrees.Truncate(size / TileLeaves);
        _file.Truncate(size * Hash256.Size);
        _tileIndex = -1;
        _tree = LogTree.At(this, size);
    }

    /// <summary>Root over the first leaves. O(log n).</summary>
    public Hash256 RootAt(long size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        return size == Size ? Root : Proofs.RootAt(this, size);
    }

    /// <summary>The commitment of one leaf.</summary>
    public Hash256 Commitment(long index) => Commitments(index, index + 1)[0];

    /// <summary>The commitments of leaves [from, to).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not within the log.</exception>
    public Hash256[] Commitments(long from, long to)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, Size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);
        var commitments = new Hash256[checked((int)(to - from))];
        Read(from, commitments);
        return commitments;
    }

    /// <inheritdoc/>
    public Hash256 Node(int level, long index)
    {
        if (level > TileLevel)
        {
            if (!_subtrees.TryReadWhole(level, index, out Hash256 hash))
            {
                Recompute(0, _file.Length / Hash256.Size / TileLeaves);
                hash = _subtrees.Read(level, index);
            }

            return hash;
        }

        long first = index << level;
        ReadTile(first >> TileLevel);
        int at = (int)(first & (TileLeaves - 1));
        return Fold(_tile.AsSpan(at, 1 << level));
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _subtrees.Dispose();
    }

    /// <summary>Whether the kept hash of a subtree of 256 leaves or more is this one; of smaller ones none is kept.
    /// </summary>
    internal bool HoldsSubtree(int level, long index, Hash256 hash) =>
        level < TileLevel || _subtrees.Read(level, index) == hash;

    private static Hash256 Fold(ReadOnlySpan<Hash256> leaves)
    {
        if (leaves.Length == 1)
            return leaves[0];
        int half = leaves.Length / 2;
        return Rfc6962.NodeHash(Fold(leaves[..half]), Fold(leaves[half..]));
    }

    private void Load()
    {
        long count = _file.Length / Hash256.Size;
        if (_file.Length != count * Hash256.Size)
            _file.Truncate(count * Hash256.Size);
        long tiles = count / TileLeaves;
        _subtrees.Truncate(tiles);
        Recompute(_subtrees.Tiles, tiles);
        _tree = LogTree.At(this, count);
    }

    /// <summary>Computes the kept hashes from a tile on from the leaves.</summary>
    private void Recompute(long from, long to)
    {
        _subtrees.Truncate(from);
        _tileIndex = -1;
        for (long tile = from; tile < to; tile++)
        {
            ReadTile(tile);
            _subtrees.Append(Fold(_tile));
        }

        _subtrees.Flush();
    }

    private long Grow(Hash256 commitment)
    {
        long index = _tree.Append(LogCommitment.LeafHash(commitment), _subtrees);
        _subtrees.Flush();
        return index;
    }

    private void Read(long from, Span<Hash256> commitments)
    {
        var bytes = new byte[commitments.Length * Hash256.Size];
        int done = 0;
        while (done < bytes.Length)
        {
            int count = _file.ReadAt((from * Hash256.Size) + done, bytes.AsSpan(done));
            if (count == 0)
                throw new StoreDamagedException($"{_path} ended at leaf {from + (done / Hash256.Size)} of {Size}");
            done += count;
        }

        for (int i = 0; i < commitments.Length; i++)
            commitments[i] = Hash256.From(bytes.AsSpan(i * Hash256.Size, Hash256.Size));
    }

    private void ReadTile(long tileIndex)
    {
        int count = (int)Math.Min(TileLeaves, (_file.Length / Hash256.Size) - (tileIndex * TileLeaves));
        if (_tileIndex == tileIndex && _tileCount == count)
            return;
        Read(tileIndex * TileLeaves, _tile.AsSpan(0, count));
        for (int i = 0; i < count; i++)
            _tile[i] = LogCommitment.LeafHash(_tile[i]);
        (_tileIndex, _tileCount) = (tileIndex, count);
    }
}
