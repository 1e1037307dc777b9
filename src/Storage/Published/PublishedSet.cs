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

    /// <summary>Keys that were put or removed last, which are remembered for whoever follows the set.</summary>
    private const int RecentMax = 1024;

    private readonly IndexStore _tables;
    private readonly byte[] _tag;
    private readonly Queue<ArtifactKey> _recent = new();

    public PublishedSet(IndexStore tables, string audience)
    {
        _tables = tables;
        _tag = PathTree.TagOf($"audience/{audience}");
        Tree = new PathTree(tables, $"audience/{audience}", new ValueTable(tables, _tag), keepsNodes: true);
    }

    public PathTree Tree { get; }

    /// <summary>Keys put or removed since the store was opened.</summary>
    public long Changes { get; private set; }

    /// <summary>Keys put or removed since there were so many changes; false where they are not remembered any more.
    /// </summary>
    public bool TryChangesSince(long changes, out IReadOnlyList<ArtifactKey> keys)
    {
        var count = Changes - changes;
        var isRemembered = changes >= 0 && count >= 0 && count <= _recent.Count;
        keys = isRemembered ? [.. _recent.Skip(_recent.Count - (int)count).Distinct()] : [];
        return isRemembered;
    }

    public void Put(ArtifactKey key, Hash256 entryHash, LogSpot spot)
    {
        Span<byte> row = stackalloc byte[RowLength];
        entryHash.CopyTo(row);
        BinaryPrimitives.WriteInt64LittleEndian(row[32..], spot.Number);
        BinaryPrimitives.WriteInt64LittleEndian(row[40..], spot.Position);
        BinaryPrimitives.WriteInt32LittleEndian(row[48..], spot.Length);
        _tables.Put(IndexTable.Published, ValueTable.KeyOf(_tag, key), row);
        Touch(key);
    }

    public bool Remove(ArtifactKey key)
    {
        if (_tables.Get(IndexTable.Published, ValueTable.KeyOf(_tag, key)) is null)
        {
            return false;
        }

        _tables.Delete(IndexTable.Published, ValueTable.KeyOf(_tag, key));
        Touch(key);
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

    private void Touch(ArtifactKey key)
    {
        Tree.Touch(key);
        Changes++;
        _recent.Enqueue(key);
        if (_recent.Count > RecentMax)
        {
            _recent.Dequeue();
        }
    }
}
