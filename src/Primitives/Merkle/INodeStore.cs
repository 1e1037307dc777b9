using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// Keeps prefix-tree nodes by their BLAKE3 hash. Rule for all who write: a node is put only after everything below it,
/// so a node that is here is here with its whole subtree. A sweep that frees nodes keeps what live roots reach.
/// </summary>
public interface INodeStore
{
    /// <summary>The bytes put under this hash, or false. The memory is not changed afterwards by either side.</summary>
    bool TryGet(Hash256 hash, out ReadOnlyMemory<byte> node);

    /// <summary>Keeps a node; putting it again changes nothing. The memory is kept, not copied.</summary>
    void Put(Hash256 hash, ReadOnlyMemory<byte> node);
}

/// <summary>A node store in memory, for small trees, tests and simulations. Not safe for concurrent use.</summary>
public sealed class MemoryNodeStore : INodeStore
{
    private readonly Dictionary<Hash256, ReadOnlyMemory<byte>> _nodes = [];

    /// <summary>Count of nodes held.</summary>
    public int Count => _nodes.Count;

    /// <inheritdoc/>
    public bool TryGet(Hash256 hash, out ReadOnlyMemory<byte> node) => _nodes.TryGetValue(hash, out node);

    /// <inheritdoc/>
    public void Put(Hash256 hash, ReadOnlyMemory<byte> node) => _nodes.TryAdd(hash, node);

    /// <summary>Frees every node that none of the roots reaches.</summary>
    /// <returns>Count of nodes freed.</returns>
    public int Sweep(params ReadOnlySpan<Hash256> liveRoots)
    {
        var live = new HashSet<Hash256>();
        foreach (var root in liveRoots)
        {
            foreach (var (hash, _) in PrefixTree.Open(this, root).Nodes())
                live.Add(hash);
        }
        var dead = _nodes.Keys.Where(hash => !live.Contains(hash)).ToList();
        foreach (var hash in dead)
            _nodes.Remove(hash);
        return dead.Count;
    }
}

/// <summary>The store lacks a node that it must have, or gave bytes that are not that node: damage, not hostility.
/// </summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "always names a node")]
public sealed class NodeStoreException : Exception
{
    internal NodeStoreException(Hash256 node, string reason)
        : base($"prefix-tree node {node}: {reason}") => Node = node;

    /// <summary>The node that was asked for.</summary>
    public Hash256 Node { get; }
}
