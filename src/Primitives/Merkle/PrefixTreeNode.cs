using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>One member of the set: the key, and the hash that identifies what stands under it.</summary>
public readonly record struct PrefixTreeEntry(ArtifactKey Key, Hash256 Value);

/// <summary>What a node says of one child: its hash, and how many entries are below. Count 0 is no child.</summary>
public readonly record struct PrefixTreeChild(Hash256 Hash, long Count);

/// <summary>
/// A node of the prefix tree, decoded. A <em>bucket</em> holds up to 16 entries; an <em>inner</em> node has 16 children
/// by the nibble at its depth and more than 16 entries below. So the form follows from the set alone.
/// </summary>
/// <remarks>
/// <code>
/// bucket  { "leaf": [ key (32), value (32), … ] }              keys ascending, 0..16 pairs
/// inner   { "node": [ null | [ count, hash (32) ], ×16 ],
///           "depth": 0..63 }                                     counts at least 1, their sum above 16
/// </code>
/// The hash of a node is BLAKE3 of these bytes (canonical CBOR, at most 2,048). The depth is written so that one
/// hash can stand at one depth only.
/// </remarks>
public sealed class PrefixTreeNode
{
    /// <summary>Children of an inner node.</summary>
    public const int FanOut = 16;

    /// <summary>Most entries of a bucket, which is also the least an inner node must exceed.</summary>
    public const int BucketEntriesMax = 16;

    /// <summary>Longest encoding accepted, in bytes.</summary>
    public const int SizeBytesMax = 2048;

    private readonly PrefixTreeEntry[] _entries;
    private readonly PrefixTreeChild[] _children;

    private PrefixTreeNode(PrefixTreeEntry[] entries, PrefixTreeChild[] children, int depth)
    {
        _entries = entries;
        _children = children;
        Depth = depth;
        Count = children.Length == 0 ? entries.Length : children.Sum(c => c.Count);
    }

    /// <summary>True for a bucket.</summary>
    public bool IsBucket => _children.Length == 0;

    /// <summary>The entries of a bucket by ascending key; empty for an inner node.</summary>
    public ReadOnlySpan<PrefixTreeEntry> Entries => _entries;

    /// <summary>The 16 children of an inner node; empty for a bucket.</summary>
    public ReadOnlySpan<PrefixTreeChild> Children => _children;

    /// <summary>Depth of an inner node; 0 for a bucket, which does not say.</summary>
    public int Depth { get; }

    /// <summary>Entries in and below this node.</summary>
    public long Count { get; }

    /// <summary>
    /// Reads a node that stands at <paramref name="path"/> and below which a parent counted
    /// <paramref name="expectedCount"/> entries (null for a root, of which nobody has said). Errors: those of the CBOR
    /// reader, and <c>tree-node-size</c>, <c>tree-shape</c>, <c>tree-order</c>, <c>tree-prefix</c>, <c>tree-count</c>,
    /// <c>tree-overfull</c>, <c>tree-underfull</c>, <c>tree-depth</c>.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, PrefixPath path, long? expectedCount,
        [NotNullWhen(true)] out PrefixTreeNode? node, out DecodeError error)
    {
        node = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = new DecodeError("tree-node-size", "", "A tree node has at most 2,048 bytes.");
            return false;
        }
        var reader = new CborReader(bytes);
        PrefixTreeNode? read = null;
        var good = reader.TryReadMapStart(out var count)
            && (count == 1
                ? TryReadBucket(ref reader, path, out read)
                : TryReadInner(ref reader, count, path, out read))
            && reader.TryFinish()
            && (expectedCount is null || read?.Count == expectedCount
                || reader.Refuse("tree-count", "", "A node does not hold as many entries as its parent says."));
        error = reader.Error;
        node = good ? read : null;
        return good;
    }

    /// <summary>The canonical bytes.</summary>
    public byte[] Encode()
    {
        var writer = new CborWriter(IsBucket ? 8 + (70 * _entries.Length) : 1024);
        WriteTo(writer);
        return writer.ToArray();
    }

    /// <summary>Writes the canonical bytes, for whoever encodes many in turn.</summary>
    public void WriteTo(CborWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteMapStart(IsBucket ? 1 : 2);
        if (IsBucket)
        {
            writer.WriteKey("leaf"u8);
            writer.WriteArrayStart(2 * _entries.Length);
            foreach (var entry in _entries)
            {
                writer.WriteBytes(entry.Key.AsSpan());
                writer.WriteBytes(entry.Value.AsSpan());
            }
            return;
        }
        writer.WriteKey("node"u8);
        writer.WriteArrayStart(FanOut);
        foreach (var child in _children)
        {
            if (child.Count == 0)
            {
                writer.WriteNull();
                continue;
            }
            writer.WriteArrayStart(2);
            writer.WriteUInt((ulong)child.Count);
            writer.WriteBytes(child.Hash.AsSpan());
        }
        writer.WriteKey("depth"u8);
        writer.WriteUInt((ulong)Depth);
    }

    /// <summary>A bucket of at most 16 entries by ascending key, which the caller vouches for. Keeps the array.
    /// </summary>
    public static PrefixTreeNode Bucket(PrefixTreeEntry[] entries) => new(entries, [], 0);

    /// <summary>An inner node of 16 children with more than 16 entries below, which the caller vouches for. Keeps the
    /// array.</summary>
    public static PrefixTreeNode Inner(PrefixTreeChild[] children, int depth) => new([], children, depth);

    private static bool TryReadBucket(ref CborReader reader, PrefixPath path, out PrefixTreeNode? node)
    {
        node = null;
        if (!reader.TryReadKey("leaf"u8) || !reader.TryReadArrayStart(out var items))
            return false;
        if (items % 2 != 0)
            return reader.Refuse("tree-shape", "leaf", "A bucket is a list of pairs.");
        if (items > 2 * BucketEntriesMax)
            return reader.Refuse("tree-overfull", "leaf", "A bucket has at most 16 entries.");
        var entries = new PrefixTreeEntry[items / 2];
        for (var i = 0; i < entries.Length; i++)
        {
            if (!reader.TryReadHash(out var hash) || !reader.TryReadHash(out var value))
                return false;
            var key = ArtifactKey.From(hash);
            if (!path.Covers(key))
                return reader.Refuse("tree-prefix", "leaf", "A key does not belong under this node.");
            if (i > 0 && entries[i - 1].Key >= key)
                return reader.Refuse("tree-order", "leaf", "Keys of a bucket ascend.");
            entries[i] = new PrefixTreeEntry(key, value);
        }
        node = Bucket(entries);
        return true;
    }

    private static bool TryReadInner(ref CborReader reader, int keys, PrefixPath path, out PrefixTreeNode? node)
    {
        node = null;
        if (keys != 2)
            return reader.Refuse("tree-shape", "", "A node is a bucket or an inner node.");
        if (!reader.TryReadKey("node"u8) || !reader.TryReadArrayStart(out var items))
            return false;
        if (items != FanOut)
            return reader.Refuse("tree-shape", "node", "An inner node has 16 children.");
        var children = new PrefixTreeChild[FanOut];
        long total = 0;
        for (var i = 0; i < FanOut; i++)
        {
            if (reader.PeekKind() == CborKind.Null ? !reader.TryReadNull() : !TryReadChild(ref reader, out children[i]))
                return false;
            if (children[i].Count > long.MaxValue - total)
                return reader.Refuse("tree-count", "node", "More entries than can be.");
            total += children[i].Count;
        }
        if (total <= BucketEntriesMax)
            return reader.Refuse("tree-underfull", "node", "16 entries or fewer make a bucket.");
        if (!reader.TryReadKey("depth"u8) || !reader.TryReadSize(out var depth))
            return false;
        if (depth != path.Depth || depth >= PrefixPath.DepthMax)
            return reader.Refuse("tree-depth", "depth", "A node stands at another depth than it says.");
        node = Inner(children, (int)depth);
        return true;
    }

    private static bool TryReadChild(ref CborReader reader, out PrefixTreeChild child)
    {
        child = default;
        if (!reader.TryReadArrayStart(out var items))
            return false;
        if (items != 2)
            return reader.Refuse("tree-shape", "node", "A child is a count and a hash.");
        if (!reader.TryReadSize(out var count) || !reader.TryReadHash(out var hash))
            return false;
        if (count == 0)
            return reader.Refuse("tree-count", "node", "A child without entries is null.");
        child = new PrefixTreeChild(hash, count);
        return true;
    }
}
