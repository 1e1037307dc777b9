using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Published;

/// <summary>One audience's entries and the tree over them: a row each of (hash of the entry, where the log has it).
/// Guarded by the index's gate.</summary>
internal sealed class PublishedSet
{
    private const int RowLength = Hash256.Size + 8 + 8 + 4;

    private readonly IndexStore _tables;
    private readonly byte[] _tag;

    public PublishedSet(IndexStore tables, string audience)
    {
        _tables = tables;
        _tag = PathTree.TagOf($"audience/{audience}");
        Tree = new PathTree(tables, $"audience/{audience}", new ValueTable(tables, _tag), keepsNodes: true);
    }

    public PathTree Tree { get; }

    public void Put(ArtifactKey key, Hash256 entryHash, LogSpot spot)
    {
        Span<byte> row = stackalloc byte[RowLength];
        entryHash.CopyTo(row);
        BinaryPrimitives.WriteInt64LittleEndian(row[32..], spot.Number);
        BinaryPrimitives.WriteInt64LittleEndian(row[40..], spot.Position);
        BinaryPrimitives.WriteInt32LittleEndian(row[48..], spot.Length);
        _tables.Put(IndexTable.Published, ValueTable.KeyOf(_tag, key), row);
        Tree.Touch(key);
    }

    public bool Remove(ArtifactKey key)
    {
        if (_tables.Get(IndexTable.Published, ValueTable.KeyOf(_tag, key)) is null)
        {
            return false;
        }

        _tables.Delete(IndexTable.Published, ValueTable.KeyOf(_tag, key));
        Tree.Touch(key);
        return true;
    }

    public bool TryGet(ArtifactKey key, out Hash256 entryHash, out LogSpot spot)
    {
        (entryHash, spot) = (default, default);
        if (_tables.Get(IndexTable.Published, ValueTable.KeyOf(_tag, key)) is not { } row)
        {
            return false;
        }

        entryHash = Hash256.From(row.AsSpan(0, Hash256.Size));
        spot = new LogSpot(
            BinaryPrimitives.ReadInt64LittleEndian(row.AsSpan(32)),
            BinaryPrimitives.ReadInt64LittleEndian(row.AsSpan(40)),
            BinaryPrimitives.ReadInt32LittleEndian(row.AsSpan(48)));
        return true;
    }

    public List<PrefixTreeEntry> From(ArtifactKey from, int countMax) =>
        new ValueTable(_tables, _tag).From(from, countMax);
}
