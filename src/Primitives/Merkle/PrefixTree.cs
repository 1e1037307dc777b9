using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// A set of (ArtifactKey, value hash) as a canonical Merkle prefix tree: the root depends on the set alone, never on
/// the order of edits (design section 9). Immutable: an edit gives a new tree and puts O(depth) new nodes into the
/// store. Not safe for concurrent use unless the store is.
/// </summary>
/// <remarks>
/// Reading throws <see cref="NodeStoreException"/> when the store is damaged; bytes from the network come in through
/// <see cref="PrefixTreeFetch"/> or <see cref="PrefixTreeNode.TryDecode"/> first.
/// </remarks>
public sealed partial class PrefixTree
{
    private readonly INodeStore _store;
    private readonly PrefixTreeChild _root;

    private PrefixTree(INodeStore store, PrefixTreeChild root)
    {
        _store = store;
        _root = root;
    }

    /// <summary>Root of the empty set: the hash of a bucket without entries. No store needs to hold that
    /// node.</summary>
    public static Hash256 EmptyRoot { get; } = Blake3.Hash(PrefixTreeNode.Bucket([]).Encode());

    /// <summary>Hash of the top node.</summary>
    public Hash256 Root => _root.Count == 0 ? EmptyRoot : _root.Hash;

    /// <summary>Count of entries.</summary>
    public long Count => _root.Count;

    /// <summary>The empty set.</summary>
    public static PrefixTree Empty(INodeStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return new PrefixTree(store, default);
    }

    /// <summary>The set with this root.</summary>
    /// <exception cref="NodeStoreException">The store lacks the root, or holds damage under it.</exception>
    public static PrefixTree Open(INodeStore store, Hash256 root)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (root == EmptyRoot)
            return Empty(store);
        var top = Load(store, root, default, expectedCount: null);
        return new PrefixTree(store, new PrefixTreeChild(root, top.Count));
    }

    /// <summary>Looks a key up in O(depth) nodes.</summary>
    public bool TryFind(ArtifactKey key, out Hash256 value)
    {
        foreach (var (_, node) in PathTo(key))
        {
            if (!node.IsBucket)
                continue;
            foreach (var entry in node.Entries)
            {
                if (entry.Key != key)
                    continue;
                value = entry.Value;
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>
    /// Entries by ascending key, those after <paramref name="after"/> when given. Lazy: holds one path of nodes.
    /// </summary>
    public IEnumerable<PrefixTreeEntry> Enumerate(ArtifactKey? after = null) => EntriesUnder(_root, default, after);

    /// <summary>Every node of the tree with its bytes, parents first; nothing for the empty set.</summary>
    public IEnumerable<(Hash256 Hash, ReadOnlyMemory<byte> Bytes)> Nodes() =>
        _root.Count == 0 ? [] : NodesUnder(_root, default);

    /// <summary>
    /// The nodes from the root to where the key is or would be: a proof of presence or of absence for
    /// <see cref="PrefixTreeProof.TryVerify"/>. Empty for the empty set.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Prove(ArtifactKey key) =>
        [.. PathTo(key).Select(step => (ReadOnlyMemory<byte>)step.Node.Encode())];

    private IEnumerable<(PrefixPath Path, PrefixTreeNode Node)> PathTo(ArtifactKey key)
    {
        PrefixPath path = default;
        var next = _root;
        while (next.Count > 0)
        {
            var node = Load(next, path);
            yield return (path, node);
            if (node.IsBucket)
                yield break;
            var nibble = PrefixPath.NibbleOf(key, path.Depth);
            next = node.Children[nibble];
            path = path.Child(nibble);
        }
    }

    private IEnumerable<PrefixTreeEntry> EntriesUnder(PrefixTreeChild child, PrefixPath path, ArtifactKey? after)
    {
        if (child.Count == 0 || (after is { } low && path.CompareTo(low) < 0))
            yield break;
        var node = Load(child, path);
        for (var i = 0; i < node.Entries.Length; i++)
        {
            if (after is null || node.Entries[i].Key > after.Value)
                yield return node.Entries[i];
        }
        for (var nibble = 0; nibble < node.Children.Length; nibble++)
        {
            foreach (var entry in EntriesUnder(node.Children[nibble], path.Child(nibble), after))
                yield return entry;
        }
    }

    private IEnumerable<(Hash256 Hash, ReadOnlyMemory<byte> Bytes)> NodesUnder(PrefixTreeChild child, PrefixPath path)
    {
        var node = Load(child, path);
        yield return (child.Hash, node.Encode());
        for (var nibble = 0; nibble < node.Children.Length; nibble++)
        {
            if (node.Children[nibble].Count == 0)
                continue;
            foreach (var below in NodesUnder(node.Children[nibble], path.Child(nibble)))
                yield return below;
        }
    }

    private PrefixTreeNode Load(PrefixTreeChild child, PrefixPath path) =>
        Load(_store, child.Hash, path, child.Count);

    // Hash checked after the read as well as before the write: a damaged store is found here, not in a wrong root.
    internal static PrefixTreeNode Load(INodeStore store, Hash256 hash, PrefixPath path, long? expectedCount)
    {
        if (!store.TryGet(hash, out var bytes))
            throw new NodeStoreException(hash, "missing");
        if (Blake3.Hash(bytes.Span) != hash)
            throw new NodeStoreException(hash, "its bytes have another hash");
        if (!PrefixTreeNode.TryDecode(bytes.Span, path, expectedCount, out var node, out var error))
            throw new NodeStoreException(hash, error.ToString());
        return node;
    }
}
