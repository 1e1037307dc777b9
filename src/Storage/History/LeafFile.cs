using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Documents;
using Omega.P2P.Storage.Files;

namespace Omega.P2P.Storage.History;

/// <summary>
/// The commitments of one log, 32 bytes each in a file that only grows, and the RFC 6962 tree over them. In memory are
/// only the hashes of full subtrees of 256 leaves and more (a quarter byte a leaf); smaller ones are folded from one
/// 8 KiB read, so a proof costs O(log n) and memory stays small. Appends are durable after <see cref="Sync"/>. One
/// caller at a time.
/// </summary>
public sealed class LeafFile : INodeHashSource, IDisposable
{
    private const int TileLevel = 8;
    private const int TileLeaves = 1 << TileLevel;

    private readonly IFile _file;
    private readonly string _path;
    private readonly List<List<Hash256>> _upper = [];
    private readonly Hash256[] _tile = new Hash256[TileLeaves];
    private readonly UpperNodes _sink;
    private LogTree _tree = new();
    private long _tileIndex = -1;
    private int _tileCount;

    private LeafFile(IFile file, string path)
    {
        (_file, _path) = (file, path);
        _sink = new UpperNodes(_upper);
    }

    /// <summary>Count of leaves.</summary>
    public long Size => _tree.Size;

    /// <summary>Root over all leaves.</summary>
    public Hash256 Root => _tree.Root;

    /// <summary>
    /// Opens the leaves at a path, whose folder must be there; makes an empty file where there is none and cuts off a
    /// leaf that was half written. The hashes are computed from the file, not trusted.
    /// </summary>
    public static LeafFile Open(IFileSystem files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        FileOpenMode mode = files.Exists(path) ? FileOpenMode.ReadWrite : FileOpenMode.CreateNew;
        var leaves = new LeafFile(files.Open(path, mode), path);
        try
        {
            leaves.Load();
            return leaves;
        }
        catch
        {
            leaves.Dispose();
            throw;
        }
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
    public void Sync() => _file.Sync();

    /// <summary>Forgets all leaves from an index on; not durable before <see cref="Sync"/>.</summary>
    public void Truncate(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        _file.Truncate(size * Hash256.Size);
        for (int level = 0; level < _upper.Count; level++)
        {
            int keep = (int)(size >> (TileLevel + level));
            _upper[level].RemoveRange(keep, _upper[level].Count - keep);
        }

        _tileIndex = -1;
        _tree = LogTree.At(this, size);
    }

    /// <summary>Root over the first leaves. O(log n).</summary>
    public Hash256 RootAt(long size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Size);
        return Proofs.RootAt(this, size);
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
        if (level >= TileLevel)
            return _upper[level - TileLevel][checked((int)index)];
        long first = index << level;
        ReadTile(first >> TileLevel);
        int at = (int)(first & (TileLeaves - 1));
        return Fold(_tile.AsSpan(at, 1 << level));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

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
        var batch = new Hash256[TileLeaves * 16];
        for (long at = 0; at < count; at += batch.Length)
        {
            Span<Hash256> some = batch.AsSpan(0, (int)Math.Min(batch.Length, count - at));
            Read(at, some);
            foreach (Hash256 commitment in some)
                Grow(commitment);
        }
    }

    private long Grow(Hash256 commitment) => _tree.Append(LogCommitment.LeafHash(commitment), _sink);

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

    private sealed class UpperNodes(List<List<Hash256>> levels) : INodeHashSink
    {
        public void Put(int level, long index, Hash256 hash)
        {
            if (level < TileLevel)
                return;
            while (levels.Count <= level - TileLevel)
                levels.Add([]);
            levels[level - TileLevel].Add(hash);
        }
    }
}
