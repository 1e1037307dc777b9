using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>Checks what <see cref="PrefixTree.Prove"/> wrote, without a store.</summary>
public static class PrefixTreeProof
{
    /// <summary>
    /// True iff the nodes lead from the root to the one bucket or gap where the key must be. The answer is then
    /// <paramref name="value"/>, null for a key proven absent. At most 65 nodes; surplus nodes are refused.
    /// </summary>
    public static bool TryVerify(
        Hash256 root, ArtifactKey key, IReadOnlyList<ReadOnlyMemory<byte>> nodes, out Hash256? value)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        value = null;
        if (root == PrefixTree.EmptyRoot)
            return nodes.Count == 0;
        PrefixPath path = default;
        var next = root;
        long? expectedCount = null;
        for (var i = 0; i < nodes.Count && i <= PrefixPath.DepthMax; i++)
        {
            if (Blake3.Hash(nodes[i].Span) != next
                || !PrefixTreeNode.TryDecode(nodes[i].Span, path, expectedCount, out var node, out _))
                return false;
            var isLast = i == nodes.Count - 1;
            if (node.IsBucket)
            {
                foreach (var entry in node.Entries)
                {
                    if (entry.Key == key)
                        value = isLast ? entry.Value : null;
                }
                return isLast;
            }
            var nibble = PrefixPath.NibbleOf(key, path.Depth);
            var child = node.Children[nibble];
            if (child.Count == 0)
                return isLast;
            next = child.Hash;
            expectedCount = child.Count;
            path = path.Child(nibble);
        }
        return false;
    }
}
