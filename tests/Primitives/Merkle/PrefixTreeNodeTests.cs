using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

public sealed class PrefixTreeNodeTests
{
    private static readonly PrefixTreeEntry[] Sorted = [.. TreeKeys.Entries(17, sharedNibbles: 4).OrderBy(e => e.Key)];

    [Fact]
    public void NodesOfATreeDecodeToThemselves()
    {
        var tree = PrefixTree.Empty(new MemoryNodeStore())
            .Apply(TreeKeys.Entries(300, sharedNibbles: 0).Select(e => new PrefixTreeEdit(e.Key, e.Value)));
        var root = tree.Nodes().First().Bytes;
        Assert.True(PrefixTreeNode.TryDecode(root.Span, default, 300, out var node, out _));
        Assert.False(node.IsBucket);
        Assert.Equal(root.ToArray(), node.Encode());
        Assert.InRange(root.Length, 500, PrefixTreeNode.SizeBytesMax);
    }

    [Fact]
    public void FullestNodesFitTheBound()
    {
        Assert.InRange(Bucket(Sorted.AsSpan(0, 16)).Length, 1, PrefixTreeNode.SizeBytesMax);
        var children = Enumerable.Repeat(new PrefixTreeChild(PrefixTree.EmptyRoot, long.MaxValue / 16), 16).ToArray();
        Assert.InRange(Inner(children, 63).Length, 1, PrefixTreeNode.SizeBytesMax);
    }

    [Fact]
    public void UnsortedRepeatedForeignAndSurplusKeysAreRefused()
    {
        Refused("tree-order", Bucket([Sorted[1], Sorted[0]]), default, 2);
        Refused("tree-order", Bucket([Sorted[0], Sorted[0]]), default, 2);
        Refused("tree-prefix", Bucket(Sorted.AsSpan(0, 2)), default(PrefixPath).Child(1), 2);
        Refused("tree-prefix", Bucket(Sorted.AsSpan(0, 2)), default(PrefixPath).Child(0).Child(0).Child(0).Child(9), 2);
        Refused("tree-overfull", Bucket(Sorted), default, 17);
        Refused("tree-count", Bucket(Sorted.AsSpan(0, 2)), default, 3);
        Refused("tree-count", Bucket([]), default, 1);
        var path = default(PrefixPath).Child(0).Child(0).Child(0).Child(0);
        Assert.True(PrefixTreeNode.TryDecode(Bucket(Sorted.AsSpan(0, 16)), path, 16, out _, out _));
    }

    [Fact]
    public void InnerNodeThatShouldBeABucketOrStandElsewhereIsRefused()
    {
        Refused("tree-underfull", Inner(Children(8, 8), 0), default, 16);
        Refused("tree-underfull", Inner(Children(), 0), default, 0);
        Refused("tree-depth", Inner(Children(9, 8), 1), default, 17);
        Refused("tree-depth", Inner(Children(9, 8), 0), default(PrefixPath).Child(3), 17);
        Refused("tree-count", Inner(Children(9, 8), 0), default, 18);
        Refused("tree-count", Inner(Children(long.MaxValue, 1), 0), default, null);
        Refused("tree-count", Inner(Children(20, 0), 0, zeroIsNull: false), default, 20);
        Refused("tree-shape", Inner(Children(20)[..15], 0), default, 20);
        Assert.True(PrefixTreeNode.TryDecode(Inner(Children(9, 8), 0), default, 17, out _, out _));
    }

    [Fact]
    public void NoInnerNodeStandsAtTheEndOfAKey()
    {
        PrefixPath path = default;
        for (var i = 0; i < PrefixPath.DepthMax; i++)
            path = path.Child(0);
        Refused("tree-depth", Inner(Children(9, 8), 64), path, 17);
        Assert.Throws<InvalidOperationException>(() => path.Child(0));
    }

    [Fact]
    public void EveryCutAndEveryFlippedBitIsAValue()
    {
        foreach (var bytes in new[] { Bucket(Sorted.AsSpan(0, 3)), Inner(Children(9, 8), 0) })
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                Assert.False(PrefixTreeNode.TryDecode(bytes.AsSpan(0, i), default, null, out _, out var error));
                Assert.False(error.IsNone);
                for (var bit = 0; bit < 8; bit++)
                {
                    var flipped = bytes.ToArray();
                    flipped[i] ^= (byte)(1 << bit);
                    if (PrefixTreeNode.TryDecode(flipped, default, null, out var node, out _))
                        Assert.Equal(flipped, node.Encode());
                }
            }
        }
    }

    [Fact]
    public void LongInputIsRefusedUnread() =>
        Refused("tree-node-size", new byte[PrefixTreeNode.SizeBytesMax + 1], default, null);

    [Fact]
    public void PathCoversItsKeys()
    {
        PrefixPath path = default;
        var key = Sorted[5].Key;
        for (var depth = 0; depth < PrefixPath.DepthMax; depth++)
        {
            Assert.True(path.Covers(key));
            Assert.False(path.Child(15 - PrefixPath.NibbleOf(key, depth)).Covers(key));
            path = path.Child(PrefixPath.NibbleOf(key, depth));
        }
        Assert.True(path.Covers(key));
    }

    private static void Refused(string code, byte[] bytes, PrefixPath path, long? count)
    {
        Assert.False(PrefixTreeNode.TryDecode(bytes, path, count, out var node, out var error));
        Assert.Null(node);
        Assert.Equal(code, error.Code);
    }

    private static PrefixTreeChild[] Children(params long[] counts)
    {
        var children = new PrefixTreeChild[16];
        for (var i = 0; i < counts.Length; i++)
            children[i] = new PrefixTreeChild(Blake3.Hash([(byte)i]), counts[i]);
        return children;
    }

    private static byte[] Bucket(ReadOnlySpan<PrefixTreeEntry> entries)
    {
        var writer = new CborWriter();
        writer.WriteMapStart(1);
        writer.WriteKey("leaf");
        writer.WriteArrayStart(2 * entries.Length);
        foreach (var entry in entries)
        {
            writer.WriteBytes(entry.Key.AsSpan());
            writer.WriteBytes(entry.Value.AsSpan());
        }
        return writer.ToArray();
    }

    private static byte[] Inner(PrefixTreeChild[] children, int depth, bool zeroIsNull = true)
    {
        var writer = new CborWriter();
        writer.WriteMapStart(2);
        writer.WriteKey("node");
        writer.WriteArrayStart(children.Length);
        foreach (var child in children)
        {
            if (child.Count == 0 && (zeroIsNull || child.Hash.IsDefault))
            {
                writer.WriteNull();
                continue;
            }
            writer.WriteArrayStart(2);
            writer.WriteUInt((ulong)child.Count);
            writer.WriteBytes(child.Hash.AsSpan());
        }
        writer.WriteKey("depth");
        writer.WriteUInt((ulong)depth);
        return writer.ToArray();
    }
}
