using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Published;

/// <summary>One audience's entries and the tree over them.</summary>
internal sealed class PublishedSet
{
    private readonly SortedDictionary<ArtifactKey, ReadOnlyMemory<byte>> _entries = [];
    private readonly EditedTree _tree = new();

    public Hash256 Root => _tree.Root;

    public Hash256 CommitRoot() => _tree.CommitRoot();

    public Hash256 Put(ArtifactKey key, ReadOnlyMemory<byte> entry)
    {
        Hash256 hash = Blake3.Hash(entry.Span);
        _entries[key] = entry;
        _tree.Set(key, hash);
        return hash;
    }

    public bool Remove(ArtifactKey key)
    {
        if (!_entries.Remove(key))
            return false;
        _tree.Set(key, null);
        return true;
    }

    public bool TryEntry(ArtifactKey key, out ReadOnlyMemory<byte> entry) => _entries.TryGetValue(key, out entry);

    public bool TryNode(Hash256 hash, out ReadOnlyMemory<byte> node) => _tree.TryNode(hash, out node);

    public IEnumerable<KeyValuePair<ArtifactKey, ReadOnlyMemory<byte>>> Entries() => _entries;
}
