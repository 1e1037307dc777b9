using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// Hashes of the <em>full</em> subtrees of a log. Level 0 is a leaf hash; (level, index) covers the 2^level leaves
/// from index · 2^level on. A full subtree's hash never changes once its last leaf is appended.
/// </summary>
public interface INodeHashSource
{
    /// <summary>
    /// The hash at (level, index). Callers ask only for subtrees that are full at the size they were given;
    /// an implementation throws its own I/O error when it cannot answer.
    /// </summary>
    Hash256 Node(int level, long index);
}

/// <summary>Takes each full subtree's hash once, in the moment an append completes it.</summary>
public interface INodeHashSink
{
    /// <summary>Called leaf first, then upwards: (0, i), then (1, i / 2) if i completes it, and so on.</summary>
    void Put(int level, long index, Hash256 hash);
}
