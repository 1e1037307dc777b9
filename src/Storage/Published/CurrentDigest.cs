using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Published;

/// <summary>
/// The digest of everything live in a domain (<c>status.current</c>): root of the prefix tree over (ArtifactKey,
/// <see cref="ValueOf(ReadOnlySpan{byte}, DomainId, string)"/>). It depends on the set alone, so it is equal after any
/// rebuild, on any machine. It is shown to the owner; the world sees only a blinded commitment. Costs what changed
/// since it was last asked for. Safe for use from several threads.
/// </summary>
public sealed class CurrentDigest
{
    private const string Name = "current";
    private const int MaterialMax = 2 * Hash256.Size + ArtifactRow.TextMax;

    private readonly IndexStore _tables;

    /// <summary>A digest of its own, in memory.</summary>
    public CurrentDigest()
    {
        _tables = IndexStore.InMemory();
        Tree = new PathTree(_tables, Name, new ValueTable(_tables, PathTree.TagOf(Name)), keepsNodes: false);
    }

    /// <summary>The digest of a set in the index.</summary>
    internal CurrentDigest(IndexStore tables, ITreeSource live)
    {
        _tables = tables;
        Tree = new PathTree(tables, Name, live, keepsNodes: false);
    }

    /// <summary>The digest now.</summary>
    public Hash256 Root
    {
        get
        {
            lock (_tables.Gate)
            {
                return Tree.Root;
            }
        }
    }

    /// <summary>Count of artifacts in it.</summary>
    public long Count
    {
        get
        {
            lock (_tables.Gate)
            {
                return Tree.Count;
            }
        }
    }

    internal PathTree Tree { get; }

    /// <summary>
    /// What stands for a live artifact:
    /// <c>BLAKE3.derive_key("omega current-entry v1", BLAKE3(entry) (32) || source DomainID (32) || audience)</c>.
    /// </summary>
    public static Hash256 ValueOf(ReadOnlySpan<byte> entry, DomainId source, string audience) =>
        ValueOf(Blake3.Hash(entry), source, System.Text.Encoding.UTF8.GetBytes(audience));

    /// <summary>An artifact is live with this value, or its value changed.</summary>
    public void Set(ArtifactKey key, Hash256 value)
    {
        lock (_tables.Gate)
        {
            _tables.Put(IndexTable.Published, ValueTable.KeyOf(PathTree.TagOf(Name), key), value.AsSpan());
            Tree.Touch(key);
        }
    }

    /// <summary>An artifact is live no longer.</summary>
    public void Remove(ArtifactKey key)
    {
        lock (_tables.Gate)
        {
            _tables.Delete(IndexTable.Published, ValueTable.KeyOf(PathTree.TagOf(Name), key));
            Tree.Touch(key);
        }
    }

    internal static Hash256 ValueOf(Hash256 entryHash, DomainId source, ReadOnlySpan<byte> audienceUtf8)
    {
        var length = 2 * Hash256.Size + audienceUtf8.Length;
        var material = length <= MaterialMax ? stackalloc byte[length] : new byte[length];
        entryHash.CopyTo(material);
        source.AsSpan().CopyTo(material[Hash256.Size..]);
        audienceUtf8.CopyTo(material[(2 * Hash256.Size)..]);
        Span<byte> value = stackalloc byte[Hash256.Size];
        Blake3.DeriveKey("omega current-entry v1", material, value);
        return Hash256.From(value);
    }

    /// <summary>An artifact came, went, or changed in the index.</summary>
    internal void Touch(ArtifactKey key) => Tree.Touch(key);
}

/// <summary>A set as rows of the index under one tag, each value beginning with the hash that the tree holds.</summary>
internal sealed class ValueTable(IndexStore tables, byte[] tag) : ITreeSource
{
    public static byte[] KeyOf(byte[] tag, ArtifactKey key) => [.. tag, .. key.AsSpan()];

    public List<PrefixTreeEntry> From(ArtifactKey from, int countMax)
    {
        var entries = new List<PrefixTreeEntry>(Math.Min(countMax, 32));
        using var scan = tables.ScanFrom(IndexTable.Published, KeyOf(tag, from), tag);
        while (entries.Count < countMax && scan.MoveNext())
        {
            entries.Add(new PrefixTreeEntry(
                ArtifactKey.From(Hash256.From(scan.Key[tag.Length..])), Hash256.From(scan.Value[..Hash256.Size])));
        }

        return entries;
    }
}
