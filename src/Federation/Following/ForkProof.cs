using System.Numerics;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Federation.Following;

/// <summary>
/// Law 8: a failed consistency proof is guilt only when it is a valid proof from another root. The fold is RFC 9162
/// section 2.1.4.2; it tells the old root that the proof itself implies.
/// </summary>
internal static class ForkProof
{
    /// <summary>
    /// True iff the proof leads from (<paramref name="m"/>, r') to (<paramref name="n"/>, <paramref name="rootN"/>)
    /// where r' is not <paramref name="rootM"/>. For m a power of two the proof implies no root of its own: false.
    /// </summary>
    public static bool Convicts(long m, long n, Hash256 rootM, Hash256 rootN, ReadOnlySpan<Hash256> proof)
    {
        if (m <= 0 || m >= n || proof.IsEmpty || proof.Length > Proofs.HashCountMax || BitOperations.IsPow2(m))
            return false;
        var implied = Fold(m, n, proof);
        return implied is { } other && other != rootM && Proofs.VerifyConsistency(m, n, other, rootN, proof);
    }

    private static Hash256? Fold(long m, long n, ReadOnlySpan<Hash256> proof)
    {
        var (node, last) = (m - 1, n - 1);
        while ((node & 1) == 1)
            (node, last) = (node >> 1, last >> 1);
        var folded = proof[0];
        foreach (ref readonly var sibling in proof[1..])
        {
            if (last == 0)
                return null;
            if ((node & 1) == 1 || node == last)
            {
                folded = Rfc6962.NodeHash(sibling, folded);
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return folded;
    }
}
