using System.Numerics;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// Inclusion and consistency proofs of RFC 6962 section 2.1: written from full-subtree hashes here, checked in
/// <c>Proofs.Verify.cs</c>. A proof is its hashes alone, in the order of the RFC.
/// </summary>
public static partial class Proofs
{
    /// <summary>No honest proof has more hashes: sizes stop at 2^63 - 1. Decoders refuse longer lists unread.</summary>
    public const int HashCountMax = 64;

    /// <summary>The root of the tree of the first <paramref name="size"/> leaves.</summary>
    public static Hash256 RootAt(INodeHashSource source, long size)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return size == 0 ? Rfc6962.EmptyRoot : RangeRoot(source, 0, size);
    }

    /// <summary>The audit path of leaf <paramref name="index"/> in the tree of the first
    /// <paramref name="size"/> leaves, sibling of the leaf first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">index is not in 0..size-1.</exception>
    public static Hash256[] Inclusion(INodeHashSource source, long index, long size)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<Hash256>();
        long start = 0;
        var count = size;
        while (count > 1)
        {
            var left = SplitPoint(count);
            if (index - start < left)
            {
                path.Add(RangeRoot(source, start + left, count - left));
                count = left;
            }
            else
            {
                path.Add(RangeRoot(source, start, left));
                start += left;
                count -= left;
            }
        }
        path.Reverse();
        return [.. path];
    }

    /// <summary>
    /// The proof that the tree of the first <paramref name="m"/> leaves is a prefix of the one of
    /// <paramref name="n"/>. Empty for m = n, and for m = 0, which everything extends.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">m is not in 0..n.</exception>
    public static Hash256[] Consistency(INodeHashSource source, long m, long n)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(m);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(m, n);
        if (m == 0 || m == n)
            return [];
        var path = new List<Hash256>();
        long start = 0;
        var count = n;
        // SUBPROOF of the RFC: walk down the right edge of the old tree until it ends on a whole subtree.
        while (m - start != count)
        {
            var left = SplitPoint(count);
            if (m - start <= left)
            {
                path.Add(RangeRoot(source, start + left, count - left));
                count = left;
            }
            else
            {
                path.Add(RangeRoot(source, start, left));
                start += left;
                count -= left;
            }
        }
        // The verifier knows the old root itself when the old tree is one whole subtree from leaf 0.
        if (start != 0)
            path.Add(RangeRoot(source, start, count));
        path.Reverse();
        return [.. path];
    }

    private static Hash256 RangeRoot(INodeHashSource source, long start, long count)
    {
        if (BitOperations.IsPow2(count))
        {
            var level = BitOperations.Log2((ulong)count);
            return source.Node(level, start >> level);
        }
        var left = SplitPoint(count);
        var leftHash = RangeRoot(source, start, left);
        return Rfc6962.NodeHash(leftHash, RangeRoot(source, start + left, count - left));
    }

    // The largest power of two below count, for count of at least 2.
    private static long SplitPoint(long count) => 1L << BitOperations.Log2((ulong)(count - 1));
}
