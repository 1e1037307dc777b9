using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Published;

/// <summary>Nodes by hash: those of the present tree from its rows, those of the last two committed roots from memory,
/// as far as <see cref="RetiredMax"/> goes.</summary>
internal sealed partial class PathTree
{
    /// <summary>Nodes of former roots kept for those who are still walking them; about 3 MiB.</summary>
    private const int RetiredMax = 4096;

    private readonly Dictionary<Hash256, (byte[] Bytes, int Commit)> _retired = [];
    private Hash256 _committed = PrefixTree.EmptyRoot;
    private int _commit;

    /// <summary>The root, whose nodes now stay until another was committed twice.</summary>
    public Hash256 CommitRoot()
    {
        var root = Root;
        if (root != _committed)
        {
            _committed = root;
            _commit++;
            foreach (var (hash, (_, commit)) in _retired)
            {
                if (commit < _commit - 1)
                {
                    _retired.Remove(hash);
                }
            }
        }

        return root;
    }

    /// <summary>A node by its hash, as it would be sent.</summary>
    public bool TryNode(Hash256 hash, out ReadOnlyMemory<byte> node)
    {
        node = default;
        if (IsStale)
        {
            Fold(int.MaxValue);
        }

        if (_retired.TryGetValue(hash, out var kept))
        {
            node = kept.Bytes;
            return true;
        }

        if (_tables.Get(IndexTable.NodePlaces, Under(hash)) is not { } place
            || _tables.Get(IndexTable.Tree, [.. _tag, .. place]) is not { } bytes || Blake3.Hash(bytes) != hash)
        {
            return false;
        }

        node = bytes;
        return true;
    }

    /// <summary>Takes out the rows of a node that is about to be replaced.</summary>
    private void Retire(PrefixPath path, ArtifactKey under, PrefixTreeChild node)
    {
        if (node.Count == 0 || (!_keepsNodes && node.Count <= PrefixTreeNode.BucketEntriesMax))
        {
            return;
        }

        var key = RowKey(path.Depth, under);
        if (_keepsNodes)
        {
            if (_retired.Count < RetiredMax && _tables.Get(IndexTable.Tree, key) is { } bytes)
            {
                _retired[node.Hash] = (bytes, _commit);
            }

            _tables.Delete(IndexTable.NodePlaces, Under(node.Hash));
        }

        _tables.Delete(IndexTable.Tree, key);
    }
}
