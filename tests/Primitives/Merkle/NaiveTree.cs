using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

/// <summary>
/// The definitions of RFC 6962 section 2.1 word for word: recursive, and the judge of the fast code. Roots are
/// kept, since each is asked for often.
/// </summary>
internal sealed class NaiveTree(Hash256[] leaves)
{
    private readonly Dictionary<(int Start, int Count), Hash256> _roots = [];

    public Hash256 Root(int n) => Root(0, n);

    public List<Hash256> Path(int m, int n) => Path(m, 0, n);

    public List<Hash256> Proof(int m, int n) => SubProof(m, 0, n, isKnown: true);

    public Hash256 Root(int start, int n)
    {
        if (n == 0)
            return Rfc6962.EmptyRoot;
        if (n == 1)
            return leaves[start];
        lock (_roots)
        {
            if (_roots.TryGetValue((start, n), out var root))
                return root;
            var k = Split(n);
            return _roots[(start, n)] = Rfc6962.NodeHash(Root(start, k), Root(start + k, n - k));
        }
    }

    private List<Hash256> Path(int m, int start, int n)
    {
        if (n == 1)
            return [];
        var k = Split(n);
        return m < k
            ? [.. Path(m, start, k), Root(start + k, n - k)]
            : [.. Path(m - k, start + k, n - k), Root(start, k)];
    }

    private List<Hash256> SubProof(int m, int start, int n, bool isKnown)
    {
        if (m == n)
            return isKnown ? [] : [Root(start, n)];
        var k = Split(n);
        return m <= k
            ? [.. SubProof(m, start, k, isKnown), Root(start + k, n - k)]
            : [.. SubProof(m - k, start + k, n - k, isKnown: false), Root(start, k)];
    }

    private static int Split(int n)
    {
        var k = 1;
        while (k * 2 < n)
            k *= 2;
        return k;
    }
}
