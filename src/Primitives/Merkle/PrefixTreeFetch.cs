using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// Brings a tree of which only the root hash is known into a store, node by node, asking only for nodes the store
/// lacks:
/// <see cref="Take"/> says what to ask a peer for, <see cref="TryAccept"/> takes an answer. A node enters the store
/// after all below it, so a broken-off fetch leaves whole subtrees that the next one does not ask for again. Sans I/O.
/// </summary>
public sealed class PrefixTreeFetch
{
    private readonly INodeStore _store;
    private readonly long _nodesMax;
    private readonly Dictionary<Hash256, Pending> _pending = [];
    private readonly Stack<Hash256> _toAsk = new();

    /// <summary>Starts a fetch.</summary>
    /// <param name="store">Holds only nodes with their whole subtrees (the rule of <see cref="INodeStore"/>).</param>
    /// <param name="root">The root that a verified head commits to.</param>
    /// <param name="nodesMax">Refuses the tree once more new nodes than this would be needed.</param>
    public PrefixTreeFetch(INodeStore store, Hash256 root, long nodesMax)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _nodesMax = nodesMax;
        Root = root;
        if (root == PrefixTree.EmptyRoot)
            return;
        var top = new Pending(root, default, null, null);
        if (!store.TryGet(root, out _))
            Want(top);
        else if (!StandsAt(top))
            Fail("tree-prefix", "The root is a node from inside another tree.", out _);
    }

    /// <summary>The root asked for.</summary>
    public Hash256 Root { get; }

    /// <summary>
    /// Why the root commits to no tree that we take, or none. It stays: no other peer can help.
    /// </summary>
    public DecodeError Error { get; private set; } = DecodeError.None;

    /// <summary>True when the store has the whole tree.</summary>
    public bool IsComplete => _pending.Count == 0 && Error.IsNone;

    /// <summary>Nodes accepted so far.</summary>
    public long NodesAccepted { get; private set; }

    /// <summary>Up to <paramref name="countMax"/> hashes not yet asked for; they count as asked from now on.</summary>
    public IReadOnlyList<Hash256> Take(int countMax)
    {
        var taken = new List<Hash256>();
        while (taken.Count < countMax && _toAsk.TryPop(out var hash))
        {
            if (_pending.TryGetValue(hash, out var pending) && pending.Bytes.IsEmpty)
                taken.Add(hash);
        }
        return taken;
    }

    /// <summary>Puts a hash that was taken and not answered back among those to ask for.</summary>
    public void Return(Hash256 hash)
    {
        if (_pending.TryGetValue(hash, out var pending) && pending.Bytes.IsEmpty
            && Error.IsNone && !_toAsk.Contains(hash))
            _toAsk.Push(hash);
    }

    /// <summary>
    /// Takes a node from a peer; the bytes are copied. <c>tree-unasked</c> for bytes whose hash nobody asked for (a
    /// wrong or repeated node) is that peer's fault and changes nothing. All other errors (<c>tree-too-large</c>,
    /// <c>tree-prefix</c>, those of <see cref="PrefixTreeNode.TryDecode"/>) are in what the root commits to: they end
    /// the fetch and stay in <see cref="Error"/>.
    /// </summary>
    public bool TryAccept(ReadOnlySpan<byte> bytes, out DecodeError error)
    {
        error = Error;
        if (!Error.IsNone)
            return false;
        if (bytes.Length > PrefixTreeNode.SizeBytesMax
            || !_pending.TryGetValue(Blake3.Hash(bytes), out var pending) || !pending.Bytes.IsEmpty)
        {
            error = new DecodeError("tree-unasked", "", "Nobody asked for this node.");
            return false;
        }
        if (!PrefixTreeNode.TryDecode(bytes, pending.Path, pending.ExpectedCount, out var node, out error))
            return Fail(error.Code, error.Message, out error);
        var missing = new List<Pending>();
        for (var nibble = 0; nibble < node.Children.Length; nibble++)
        {
            var child = node.Children[nibble];
            if (child.Count == 0)
                continue;
            var below = new Pending(child.Hash, pending.Path.Child(nibble), child.Count, pending);
            if (!_store.TryGet(child.Hash, out _))
                missing.Add(below);
            else if (!StandsAt(below))
                return Fail("tree-prefix", "A known subtree belongs elsewhere.", out error);
        }
        if (missing.Exists(m => _pending.ContainsKey(m.Hash)))
            return Fail("tree-prefix", "One subtree stands in two places.", out error);
        if (NodesAccepted + _pending.Count + missing.Count > _nodesMax)
            return Fail("tree-too-large", "The tree has more nodes than allowed.", out error);
        NodesAccepted++;
        pending.Bytes = bytes.ToArray();
        pending.Missing = missing.Count;
        for (var i = missing.Count - 1; i >= 0; i--)
            Want(missing[i]);
        Settle(pending);
        return true;
    }

    // A subtree that the store has was checked at the place its keys and depth name; it must be this place.
    private bool StandsAt(Pending place)
    {
        var path = place.Path;
        var hash = place.Hash;
        var expectedCount = place.ExpectedCount;
        while (true)
        {
            if (!_store.TryGet(hash, out var bytes)
                || !PrefixTreeNode.TryDecode(bytes.Span, path, expectedCount, out var node, out _))
                return false;
            if (node.IsBucket)
                return true;
            var nibble = 0;
            while (node.Children[nibble].Count == 0)
                nibble++;
            (hash, expectedCount) = (node.Children[nibble].Hash, node.Children[nibble].Count);
            path = path.Child(nibble);
        }
    }

    private void Want(Pending pending)
    {
        _pending.Add(pending.Hash, pending);
        _toAsk.Push(pending.Hash);
    }

    private void Settle(Pending pending)
    {
        for (var done = pending; done is { Missing: 0 }; done = done.Parent)
        {
            _store.Put(done.Hash, done.Bytes);
            _pending.Remove(done.Hash);
            if (done.Parent is { } parent)
                parent.Missing--;
        }
    }

    private bool Fail(string code, string message, out DecodeError error)
    {
        Error = error = new DecodeError(code, "", message);
        _toAsk.Clear();
        return false;
    }

    private sealed class Pending(Hash256 hash, PrefixPath path, long? expectedCount, Pending? parent)
    {
        public Hash256 Hash { get; } = hash;

        public PrefixPath Path { get; } = path;

        public long? ExpectedCount { get; } = expectedCount;

        public Pending? Parent { get; } = parent;

        public ReadOnlyMemory<byte> Bytes { get; set; }

        public int Missing { get; set; }
    }
}
