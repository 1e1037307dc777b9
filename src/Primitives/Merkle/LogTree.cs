using System.Numerics;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// The growing edge of an RFC 6962 tree: its size and the hashes of its peaks (the full subtrees of the size's binary
/// digits, largest first). At most 63 hashes whatever the size. Not safe for concurrent use.
/// </summary>
public sealed class LogTree
{
    private readonly List<Hash256> _peaks = [];

    /// <summary>Count of leaves, 0..2^63-1.</summary>
    public long Size { get; private set; }

    /// <summary>
    /// The compact range: one hash per set bit of <see cref="Size"/>, largest subtree first. A live view.
    /// </summary>
    public IReadOnlyList<Hash256> Peaks => _peaks;

    /// <summary>Root over all leaves so far; <see cref="Rfc6962.EmptyRoot"/> for none. O(log n).</summary>
    public Hash256 Root
    {
        get
        {
            if (_peaks.Count == 0)
                return Rfc6962.EmptyRoot;
            var root = _peaks[^1];
            for (var i = _peaks.Count - 2; i >= 0; i--)
                root = Rfc6962.NodeHash(_peaks[i], root);
            return root;
        }
    }

    /// <summary>
    /// Restores a tree from what <see cref="Size"/> and <see cref="Peaks"/> gave. False for a negative size or a
    /// count of peaks other than the size's set bits; the hashes themselves are taken on trust.
    /// </summary>
    public static bool TryCreate(long size, ReadOnlySpan<Hash256> peaks, out LogTree? tree)
    {
        tree = null;
        if (size < 0 || BitOperations.PopCount((ulong)size) != peaks.Length)
            return false;
        tree = new LogTree { Size = size };
        tree._peaks.AddRange(peaks);
        return true;
    }

    /// <summary>The tree of the given size over a source of full-subtree hashes.</summary>
    public static LogTree At(INodeHashSource source, long size)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        var tree = new LogTree { Size = size };
        long start = 0;
        for (var level = 62; level >= 0; level--)
        {
            if ((size & (1L << level)) == 0)
                continue;
            tree._peaks.Add(source.Node(level, start >> level));
            start += 1L << level;
        }
        return tree;
    }

    /// <summary>
    /// Adds one leaf hash and hands every subtree it completes, leaf first, to <paramref name="sink"/>. Amortised two
    /// hashes an append.
    /// </summary>
    /// <returns>The index of the new leaf.</returns>
    public long Append(Hash256 leafHash, INodeHashSink? sink = null)
    {
        var index = Size;
        var size = checked(Size + 1);
        var hash = leafHash;
        sink?.Put(0, index, hash);
        var level = 0;
        for (var rest = index; (rest & 1) == 1; rest >>= 1)
        {
            hash = Rfc6962.NodeHash(_peaks[^1], hash);
            _peaks.RemoveAt(_peaks.Count - 1);
            level++;
            sink?.Put(level, index >> level, hash);
        }
        _peaks.Add(hash);
        Size = size;
        return index;
    }

    /// <summary>A second tree of the same state; appends to one leave the other as it was.</summary>
    public LogTree Clone()
    {
        var copy = new LogTree { Size = Size };
        copy._peaks.AddRange(_peaks);
        return copy;
    }
}
