using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Federation.Following;

/// <summary>A verified entry as it is kept: its identity in the tree, and its bytes.</summary>
internal readonly record struct KeptEntry(Hash256 Identity, ReadOnlyMemory<byte> Bytes);

/// <summary>What one audience of a followed domain may see, at its verified head.</summary>
internal sealed class AudienceSet(string name, int index)
{
    private readonly SortedDictionary<ArtifactKey, KeptEntry> _entries = [];

    public string Name { get; } = name;

    /// <summary>Stands for the name in document keys; never reused within a domain.</summary>
    public int Index { get; } = index;

    public IReadOnlyDictionary<ArtifactKey, KeptEntry> Entries => _entries;

    public PrefixTree Tree { get; private set; } = PrefixTree.Empty(new MemoryNodeStore());

    public void Put(ArtifactKey key, KeptEntry entry) => _entries[key] = entry;

    public void Remove(ArtifactKey key) => _entries.Remove(key);

    /// <summary>The tree of what is kept, made anew so that nodes of older sets are let go.</summary>
    public void Rebuild() => Tree = TreeOf(_entries.Select(e => new PrefixTreeEdit(e.Key, e.Value.Identity)));

    public static PrefixTree TreeOf(IEnumerable<PrefixTreeEdit> edits) =>
        PrefixTree.Empty(new MemoryNodeStore()).Apply(edits);
}
