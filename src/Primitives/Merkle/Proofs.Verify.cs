using System.Numerics;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Merkle;

// Verification after RFC 9162 sections 2.1.3.2 and 2.1.4.2, total for every input.
public static partial class Proofs
{
    /// <summary>
    /// True iff the proof folds the leaf at <paramref name="index"/> into <paramref name="root"/> at
    /// <paramref name="size"/>. Any missing or surplus hash, and any index outside 0..size-1, is false.
    /// </summary>
    public static bool VerifyInclusion(
        in Hash256 leafHash, long index, long size, ReadOnlySpan<Hash256> proof, in Hash256 root)
    {
        if (index < 0 || index >= size || proof.Length > HashCountMax)
            return false;
        var node = index;
        var last = size - 1;
        var hash = leafHash;
        foreach (ref readonly var sibling in proof)
        {
            if (last == 0)
                return false;
            if (IsOdd(node) || node == last)
            {
                hash = Rfc6962.NodeHash(sibling, hash);
                SkipLevelsWithoutSibling(ref node, ref last);
            }
            else
            {
                hash = Rfc6962.NodeHash(hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }

    /// <summary>
    /// True iff the tree (<paramref name="m"/>, <paramref name="rootM"/>) is a prefix of
    /// (<paramref name="n"/>, <paramref name="rootN"/>). For m = n the proof is empty and the roots equal; for m = 0
    /// the proof is empty and rootM is <see cref="Rfc6962.EmptyRoot"/>. A verified proof from (m, r') where r' is not
    /// the root its signer announced for m is evidence of a fork (law 8).
    /// </summary>
    public static bool VerifyConsistency(
        long m, long n, in Hash256 rootM, in Hash256 rootN, ReadOnlySpan<Hash256> proof)
    {
        if (m < 0 || m > n || proof.Length > HashCountMax)
            return false;
        if (m == n)
            return proof.IsEmpty && rootM == rootN && (m != 0 || rootM == Rfc6962.EmptyRoot);
        if (m == 0)
            return proof.IsEmpty && rootM == Rfc6962.EmptyRoot;
        Hash256 seed;
        if (BitOperations.IsPow2(m))
        {
            seed = rootM;
        }
        else
        {
            if (proof.IsEmpty)
                return false;
            seed = proof[0];
            proof = proof[1..];
        }
        return FoldConsistency(m, n, seed, proof, out var foldedM, out var foldedN)
            && foldedM == rootM && foldedN == rootN;
    }

    private static bool FoldConsistency(
        long m, long n, in Hash256 seed, ReadOnlySpan<Hash256> proof, out Hash256 foldedM, out Hash256 foldedN)
    {
        foldedM = foldedN = seed;
        var node = m - 1;
        var last = n - 1;
        while (IsOdd(node))
        {
            node >>= 1;
            last >>= 1;
        }
        foreach (ref readonly var sibling in proof)
        {
            if (last == 0)
                return false;
            if (IsOdd(node) || node == last)
            {
                foldedM = Rfc6962.NodeHash(sibling, foldedM);
                foldedN = Rfc6962.NodeHash(sibling, foldedN);
                SkipLevelsWithoutSibling(ref node, ref last);
            }
            else
            {
                foldedN = Rfc6962.NodeHash(foldedN, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0;
    }

    // On the right edge a node of even index has no sibling and rises unchanged.
    private static void SkipLevelsWithoutSibling(ref long node, ref long last)
    {
        while (!IsOdd(node) && node != 0)
        {
            node >>= 1;
            last >>= 1;
        }
    }

    private static bool IsOdd(long value) => (value & 1) == 1;
}
