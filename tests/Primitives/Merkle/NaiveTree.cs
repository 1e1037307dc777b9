using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

/// <summary>The definitions of RFC 6962 section 2.1 word for word: slow, recursive, and the judge of the fast code.</summary>
internal static class NaiveTree
{
    public static Hash256 Root(ReadOnlySpan<Hash256> leaves)
    {
        if (leaves.IsEmpty)
            return Rfc6962.EmptyRoot;
        if (leaves.Length == 1)
            return leaves[0];
        var k = Split(leaves.Length);
        return Rfc6962.NodeHash(Root(leaves[..k]), Root(leaves[k..]));
    }

    public static List<Hash256> Path(int m, ReadOnlySpan<Hash256> leaves)
    {
        if (leaves.Length == 1)
            return [];
        var k = Split(leaves.Length);
        return m < k
            ? [.. Path(m, leaves[..k]), Root(leaves[k..])]
            : [.. Path(m - k, leaves[k..]), Root(leaves[..k])];
    }

    public static List<Hash256> Proof(int m, ReadOnlySpan<Hash256> leaves) => SubProof(m, leaves, true);

    private static List<Hash256> SubProof(int m, ReadOnlySpan<Hash256> leaves, bool known)
    {
        if (m == leaves.Length)
            return known ? [] : [Root(leaves)];
        var k = Split(leaves.Length);
        return m <= k
            ? [.. SubProof(m, leaves[..k], known), Root(leaves[k..])]
            : [.. SubProof(m - k, leaves[k..], false), Root(leaves[..k])];
    }

    private static int Split(int n)
    {
        var k = 1;
        while (k * 2 < n)
            k *= 2;
        return k;
    }
}
