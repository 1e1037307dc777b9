using System.Buffers.Binary;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Published;

/// <summary>
/// The prefix tree of a set that lies in the index, kept up to date by what changed: inner nodes are rows under their
/// path, and folding in the keys touched since reads and writes the nodes above them only. Touched keys are in memory:
/// the index is never frozen before they are folded in, so there are no more of them than entries in the memtable. The
/// root is that of <see cref="PrefixTree"/> over the same set, whatever way it came about. Guarded by the index's gate.
/// </summary>
internal sealed partial class PathTree
{
    private const int TagLength = 16;
    private const int KeyLength = TagLength + Hash256.Size;
    private const int BatchCount = 1024;
    private const int RootDepth = 255;
    private const int LookAhead = PrefixTreeNode.BucketEntriesMax + 1;

    private readonly IndexStore _tables;
    private readonly ITreeSource _source;
    private readonly byte[] _tag;
    private readonly bool _keepsNodes;
    private readonly HashSet<ArtifactKey> _touched = [];
    private readonly CborWriter _writer = new(PrefixTreeNode.SizeBytesMax);
    private readonly Queue<PrefixTreeEntry> _ahead = new(2 * LookAhead);
    private ArtifactKey[] _folding = [];
    private int _folded;

    /// <param name="tables">Where rows go.</param>
    /// <param name="name">Distinguishes this tree from others there.</param>
    /// <param name="source">The set.</param>
    /// <param name="keepsNodes">Whether all nodes, buckets too, can be asked for by hash.</param>
    public PathTree(IndexStore tables, string name, ITreeSource source, bool keepsNodes)
    {
        (_tables, _source, _keepsNodes) = (tables, source, keepsNodes);
        _tag = TagOf(name);
    }

    /// <summary>Whether rows are of no worth: the set came about without <see cref="Touch"/>. The next root is made
    /// from the whole set.</summary>
    public bool IsStale { get; set; }

    /// <summary>Keys touched and not folded in yet; at least one where everything is to be made anew.</summary>
    public int PendingCount => IsStale ? Math.Max(1, _touched.Count) : _touched.Count + _folding.Length - _folded;

    /// <summary>Called between batches of a long walk, when rows may be sealed.</summary>
    public Action Breathe { get; set; } = static () => { };

    /// <summary>Root of the set as it is now.</summary>
    public Hash256 Root => Top().Count == 0 ? PrefixTree.EmptyRoot : Top().Hash;

    /// <summary>Count of members.</summary>
    public long Count => Top().Count;

    /// <summary>What stands before each key of a set with this name.</summary>
    public static byte[] TagOf(string name) =>
        Blake3.Hash(System.Text.Encoding.UTF8.GetBytes(name)).AsSpan()[..TagLength].ToArray();

    /// <summary>Notes that a member came, went, or has another value.</summary>
    public void Touch(ArtifactKey key)
    {
        if (!IsStale)
        {
            _touched.Add(key);
        }
    }

    /// <summary>Folds at most so many changes in.</summary>
    /// <returns>Whether there were any.</returns>
    public bool Fold(int countMax)
    {
        if (IsStale)
        {
            SetTop(Build(ReaderFrom(default), default));
            IsStale = false;
            return true;
        }

        if (_folded == _folding.Length)
        {
            // Neighbours together: they share the nodes above them.
            (_folding, _folded) = ([.. _touched.Order()], 0);
            _touched.Clear();
        }

        var count = Math.Min(countMax, _folding.Length - _folded);
        if (count == 0)
        {
            return false;
        }

        SetTop(Update(default, _folding.AsSpan(_folded, count), ReadTop()));
        _folded += count;
        if (_folded == _folding.Length)
        {
            (_folding, _folded) = ([], 0);
        }

        return true;
    }

    private PrefixTreeChild Top()
    {
        while (Fold(BatchCount))
        {
        }

        return ReadTop();
    }

    private PrefixTreeChild ReadTop() =>
        _tables.Get(IndexTable.Tree, RowKey(RootDepth, default)) is { } row
            ? new PrefixTreeChild(Hash256.From(row.AsSpan(0, Hash256.Size)), BitConverter.ToInt64(row, Hash256.Size))
            : default;

    private void SetTop(PrefixTreeChild top)
    {
        Span<byte> row = stackalloc byte[Hash256.Size + sizeof(long)];
        top.Hash.CopyTo(row);
        BinaryPrimitives.WriteInt64LittleEndian(row[Hash256.Size..], top.Count);
        _tables.Put(IndexTable.Tree, RowKey(RootDepth, default), row);
    }

    /// <summary>The node at a path after the keys under it changed; <paramref name="before"/> is what stood there.
    /// </summary>
    private PrefixTreeChild Update(PrefixPath path, ReadOnlySpan<ArtifactKey> changed, PrefixTreeChild before)
    {
        if (before.Count <= PrefixTreeNode.BucketEntriesMax)
        {
            Retire(path, changed[0], before);
            return Build(ReaderFrom(FirstUnder(path, changed[0])), path);
        }

        var children = ReadInner(path, changed[0], before.Count).Children.ToArray();
        long total = 0;
        var rest = changed;
        for (var nibble = 0; nibble < children.Length; nibble++)
        {
            var here = 0;
            while (here < rest.Length && PrefixPath.NibbleOf(rest[here], path.Depth) == nibble)
            {
                here++;
            }

            if (here > 0)
            {
                children[nibble] = Update(path.Child(nibble), rest[..here], children[nibble]);
                rest = rest[here..];
            }

            total += children[nibble].Count;
        }

        Retire(path, changed[0], before);
        if (total > PrefixTreeNode.BucketEntriesMax)
        {
            return Write(path, changed[0], PrefixTreeNode.Inner(children, path.Depth));
        }

        // Few are left, so every child is a bucket, and they all become one.
        for (var nibble = 0; _keepsNodes && nibble < children.Length; nibble++)
        {
            Retire(path.Child(nibble), With(changed[0], path.Depth, nibble), children[nibble]);
        }

        return Build(ReaderFrom(FirstUnder(path, changed[0])), path);
    }

    /// <summary>Makes the nodes of everything under a path from the set.</summary>
    private PrefixTreeChild Build(Reader reader, PrefixPath path)
    {
        var count = reader.CountUnder(path);
        if (count == 0)
        {
            return default;
        }

        var first = reader.Peek.Key;
        if (count <= PrefixTreeNode.BucketEntriesMax)
        {
            return Write(path, first, PrefixTreeNode.Bucket(reader.Take(count)));
        }

        var children = new PrefixTreeChild[PrefixTreeNode.FanOut];
        for (var nibble = 0; nibble < children.Length; nibble++)
        {
            children[nibble] = Build(reader, path.Child(nibble));
        }

        return Write(path, first, PrefixTreeNode.Inner(children, path.Depth));
    }

    private PrefixTreeChild Write(PrefixPath path, ArtifactKey under, PrefixTreeNode node)
    {
        _writer.Reset();
        node.WriteTo(_writer);
        var bytes = _writer.Written;
        var hash = Blake3.Hash(bytes);
        if (!node.IsBucket || _keepsNodes)
        {
            var key = RowKey(path.Depth, under);
            _tables.Put(IndexTable.Tree, key, bytes);
            if (_keepsNodes)
            {
                _tables.Put(IndexTable.NodePlaces, Under(hash), key.AsSpan(TagLength));
            }
        }

        return new PrefixTreeChild(hash, node.Count);
    }

    private PrefixTreeNode ReadInner(PrefixPath path, ArtifactKey under, long count) =>
        _tables.Get(IndexTable.Tree, RowKey(path.Depth, under)) is { } bytes
            && PrefixTreeNode.TryDecode(bytes, path, count, out var node, out _) && !node.IsBucket
                ? node
                : throw new IndexDamagedException("the index lacks a node of a tree");

    private byte[] Under(Hash256 hash)
    {
        var key = new byte[KeyLength];
        _tag.CopyTo(key, 0);
        hash.CopyTo(key.AsSpan(TagLength));
        return key;
    }

    /// <summary>Tag, depth, and the nibbles down to there of any key under the path.</summary>
    private byte[] RowKey(int depth, ArtifactKey under)
    {
        var nibbles = depth == RootDepth ? 0 : depth;
        var key = new byte[TagLength + 1 + (nibbles + 1) / 2];
        _tag.CopyTo(key, 0);
        key[TagLength] = (byte)depth;
        under.AsSpan()[..((nibbles + 1) / 2)].CopyTo(key.AsSpan(TagLength + 1));
        if ((nibbles & 1) == 1)
        {
            key[^1] &= 0xf0;
        }

        return key;
    }

    private static ArtifactKey FirstUnder(PrefixPath path, ArtifactKey under)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        under.AsSpan()[..(path.Depth / 2)].CopyTo(bytes);
        if ((path.Depth & 1) == 1)
        {
            bytes[path.Depth / 2] = (byte)(under.AsSpan()[path.Depth / 2] & 0xf0);
        }

        return ArtifactKey.From(Hash256.From(bytes));
    }

    private static ArtifactKey With(ArtifactKey under, int depth, int nibble)
    {
        Span<byte> bytes = stackalloc byte[Hash256.Size];
        under.AsSpan().CopyTo(bytes);
        ref var pair = ref bytes[depth / 2];
        pair = (byte)((depth & 1) == 0 ? (pair & 0x0f) | (nibble << 4) : (pair & 0xf0) | nibble);
        return ArtifactKey.From(Hash256.From(bytes));
    }

    /// <summary>One at a time: what it looks ahead at lies in memory that the next one takes over.</summary>
    private Reader ReaderFrom(ArtifactKey from)
    {
        _ahead.Clear();
        return new Reader(_source, from, _ahead, Breathe);
    }

    /// <summary>Walks the set with a look ahead of seventeen: enough to tell a bucket from an inner node.</summary>
    private sealed class Reader(ITreeSource source, ArtifactKey from, Queue<PrefixTreeEntry> ahead, Action breathe)
    {
        private ArtifactKey _next = from;
        private int _wanted = LookAhead;
        private bool _isAtEnd;

        public PrefixTreeEntry Peek => ahead.Peek();

        /// <summary>Members under a path, which must be where the walk stands; 17 for more than 16.</summary>
        public int CountUnder(PrefixPath path)
        {
            Fill();
            var count = 0;
            foreach (var entry in ahead)
            {
                if (count == LookAhead || !path.Covers(entry.Key))
                {
                    break;
                }

                count++;
            }

            return count;
        }

        public PrefixTreeEntry[] Take(int count)
        {
            var entries = new PrefixTreeEntry[count];
            for (var i = 0; i < count; i++)
            {
                entries[i] = ahead.Dequeue();
            }

            return entries;
        }

        private void Fill()
        {
            while (!_isAtEnd && ahead.Count < LookAhead)
            {
                var entries = source.From(_next, _wanted);
                entries.ForEach(ahead.Enqueue);
                _isAtEnd = entries.Count < _wanted || !TryAfter(entries[^1].Key, out _next);
                if (_wanted == BatchCount)
                {
                    breathe();
                }

                _wanted = Math.Min(BatchCount, _wanted * 4);
            }
        }

        private static bool TryAfter(ArtifactKey key, out ArtifactKey next)
        {
            Span<byte> bytes = stackalloc byte[Hash256.Size];
            key.AsSpan().CopyTo(bytes);
            var at = bytes.Length - 1;
            while (at >= 0 && unchecked(++bytes[at]) == 0)
            {
                at--;
            }

            next = ArtifactKey.From(Hash256.From(bytes));
            return at >= 0;
        }
    }
}
