using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Storage.Published;

/// <summary>
/// A prefix tree that gathers edits and folds them in when its root is asked for, so that a thousand puts between two
/// looks write each node once. Nodes live in memory; those of the present root and of the last two committed ones stay,
/// the rest is swept when the nodes written since outnumber those that live.
/// </summary>
internal sealed class EditedTree
{
    private const int SweepCountMin = 1024;
    private readonly CountingStore _store = new();
    private readonly Dictionary<ArtifactKey, PrefixTreeEdit> _edits = [];
    private PrefixTree _tree;
    private Hash256 _committed = PrefixTree.EmptyRoot;
    private Hash256 _committedBefore = PrefixTree.EmptyRoot;
    private int _live;

    public EditedTree() => _tree = PrefixTree.Empty(_store);

    /// <summary>Root of the set with all edits.</summary>
    public Hash256 Root
    {
        get
        {
            Fold();
            return _tree.Root;
        }
    }

    /// <summary>Count of entries.</summary>
    public long Count
    {
        get
        {
            Fold();
            return _tree.Count;
        }
    }

    /// <summary>Nodes in memory.</summary>
    public int NodeCount => _store.Count;

    /// <summary>Puts, replaces or (null) removes a key.</summary>
    public void Set(ArtifactKey key, Hash256? value) => _edits[key] = new PrefixTreeEdit(key, value);

    /// <summary>The root, whose nodes now stay until another was committed twice.</summary>
    public Hash256 CommitRoot()
    {
        Hash256 root = Root;
        if (root != _committed)
            (_committedBefore, _committed) = (_committed, root);
        if (_store.Puts > Math.Max(SweepCountMin, _live))
            Sweep();
        return root;
    }

    /// <summary>A node by its hash, as it would be sent.</summary>
    public bool TryNode(Hash256 hash, out ReadOnlyMemory<byte> node) => _store.TryGet(hash, out node);

    private void Fold()
    {
        if (_edits.Count == 0)
            return;
        _tree = _tree.Apply(_edits.Values);
        _edits.Clear();
    }

    private void Sweep()
    {
        _store.Sweep(_tree.Root, _committed, _committedBefore);
        _live = _store.Count;
    }

    private sealed class CountingStore : INodeStore
    {
        private readonly MemoryNodeStore _nodes = new();

        public int Puts { get; private set; }

        public int Count => _nodes.Count;

        public bool TryGet(Hash256 hash, out ReadOnlyMemory<byte> node) => _nodes.TryGet(hash, out node);

        public void Put(Hash256 hash, ReadOnlyMemory<byte> node)
        {
            _nodes.Put(hash, node);
            Puts++;
        }

        public void Sweep(params ReadOnlySpan<Hash256> roots)
        {
            _nodes.Sweep(roots);
            Puts = 0;
        }
    }
}
