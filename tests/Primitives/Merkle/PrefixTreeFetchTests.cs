using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

public sealed class PrefixTreeFetchTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(2000)]
    public void WholeTreeArrives(int count)
    {
        var remote = Tree(count);
        var store = new MemoryNodeStore();
        var fetch = new PrefixTreeFetch(store, remote.Root, nodesMax: 10_000);
        Run(fetch, remote, batch: 7);
        Assert.True(fetch.IsComplete);
        Assert.Equal(remote.Nodes().Count(), store.Count);
        Assert.Equal(remote.Enumerate(), PrefixTree.Open(store, remote.Root).Enumerate());
    }

    [Fact]
    public void OnlyTheDifferenceIsAskedFor()
    {
        var old = Tree(2000);
        var store = new MemoryNodeStore();
        Run(new PrefixTreeFetch(store, old.Root, 10_000), old, batch: 100);
        var remote = old.Insert(TreeKeys.Entries(1, 0, salt: 1)[0].Key, PrefixTree.EmptyRoot);
        var fetch = new PrefixTreeFetch(store, remote.Root, 10_000);
        Run(fetch, remote, batch: 1);
        Assert.True(fetch.IsComplete);
        Assert.InRange(fetch.NodesAccepted, 2, 5);
    }

    [Fact]
    public void NodeEntersTheStoreAfterAllBelowIt()
    {
        var remote = Tree(2000);
        var nodes = remote.Nodes().ToDictionary(n => n.Hash, n => n.Bytes);
        var store = new MemoryNodeStore();
        var fetch = new PrefixTreeFetch(store, remote.Root, 10_000);
        for (var step = 0; step < 60; step++)
            Assert.True(fetch.TryAccept(nodes[fetch.Take(1)[0]].Span, out _));
        Assert.False(fetch.IsComplete);
        Assert.False(store.TryGet(remote.Root, out _));
        Assert.True(store.Count > 0);

        // Broken off here; the next attempt does not ask again for what arrived whole.
        var kept = store.Count;
        var again = new PrefixTreeFetch(store, remote.Root, 10_000);
        Run(again, remote, batch: 3);
        Assert.True(again.IsComplete);
        Assert.Equal(nodes.Count - kept, again.NodesAccepted);
    }

    [Fact]
    public void WrongUnaskedAndRepeatedNodesChangeNothing()
    {
        var remote = Tree(100);
        var root = remote.Nodes().First().Bytes.ToArray();
        var fetch = new PrefixTreeFetch(new MemoryNodeStore(), remote.Root, 1000);
        var flipped = root.ToArray();
        flipped[20] ^= 1;
        Assert.False(fetch.TryAccept(flipped, out var error));
        Assert.Equal("tree-unasked", error.Code);
        Assert.False(fetch.TryAccept(new byte[PrefixTreeNode.SizeBytesMax + 1], out error));
        Assert.Equal("tree-unasked", error.Code);
        Assert.True(fetch.TryAccept(root, out _));
        Assert.False(fetch.TryAccept(root, out error));
        Assert.Equal("tree-unasked", error.Code);
        Assert.True(fetch.Error.IsNone);
        Run(fetch, remote, batch: 4);
        Assert.True(fetch.IsComplete);
    }

    [Fact]
    public void NodeNotAnsweredIsAskedForAgain()
    {
        var remote = Tree(10);
        var fetch = new PrefixTreeFetch(new MemoryNodeStore(), remote.Root, 1000);
        Assert.Equal([remote.Root], fetch.Take(5));
        Assert.Empty(fetch.Take(5));
        fetch.Return(remote.Root);
        fetch.Return(remote.Root);
        fetch.Return(PrefixTree.EmptyRoot);
        Assert.Equal([remote.Root], fetch.Take(5));
    }

    [Fact]
    public void TreeLargerThanAllowedIsRefusedForGood()
    {
        var remote = Tree(2000);
        var store = new MemoryNodeStore();
        var fetch = new PrefixTreeFetch(store, remote.Root, nodesMax: 10);
        Assert.False(fetch.TryAccept(remote.Nodes().First().Bytes.Span, out var error));
        Assert.Equal("tree-too-large", error.Code);
        Assert.Equal(error, fetch.Error);
        Assert.False(fetch.IsComplete);
        Assert.Empty(fetch.Take(5));
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void LyingRootIsRefusedForGood()
    {
        // A root that says 20 entries lie under nibble 0 where its child has 3.
        var bucket = PrefixTreeNode.Bucket([.. TreeKeys.Entries(3, sharedNibbles: 2).OrderBy(e => e.Key)]).Encode();
        var children = new PrefixTreeChild[16];
        children[0] = new PrefixTreeChild(Blake3.Hash(bucket), 20);
        var root = PrefixTreeNode.Inner(children, 0).Encode();
        var store = new MemoryNodeStore();
        var fetch = new PrefixTreeFetch(store, Blake3.Hash(root), 1000);
        Assert.True(fetch.TryAccept(root, out _));
        Assert.False(fetch.TryAccept(bucket, out var error));
        Assert.Equal("tree-count", error.Code);
        Assert.Equal("tree-count", fetch.Error.Code);
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void KnownSubtreeCannotBeHungElsewhere()
    {
        var store = new MemoryNodeStore();
        var known = PrefixTree.Empty(store)
            .Apply(TreeKeys.Entries(100, sharedNibbles: 2).Select(e => new PrefixTreeEdit(e.Key, e.Value)));
        var atDepth1 = known.Nodes().Skip(1).First().Hash;
        var atDepth2 = known.Nodes().Skip(2).First().Hash;

        AssertRefused(store, Parent(nibble: 5, atDepth1, 100)); // right depth, wrong nibble
        AssertRefused(store, Parent(nibble: 0, atDepth2, 100)); // right nibble, wrong depth
        Assert.False(new PrefixTreeFetch(store, atDepth1, 1000).IsComplete);
        Assert.Equal("tree-prefix", new PrefixTreeFetch(store, atDepth1, 1000).Error.Code);
        Assert.True(new PrefixTreeFetch(store, known.Root, 1000).IsComplete);
    }

    private static byte[] Parent(int nibble, Hash256 child, long count)
    {
        var children = new PrefixTreeChild[16];
        children[nibble] = new PrefixTreeChild(child, count);
        return PrefixTreeNode.Inner(children, 0).Encode();
    }

    private static void AssertRefused(MemoryNodeStore store, byte[] root)
    {
        var fetch = new PrefixTreeFetch(store, Blake3.Hash(root), 1000);
        Assert.False(fetch.TryAccept(root, out var error));
        Assert.Equal("tree-prefix", error.Code);
        Assert.False(fetch.IsComplete);
    }

    private static void Run(PrefixTreeFetch fetch, PrefixTree remote, int batch)
    {
        var nodes = remote.Nodes().ToDictionary(n => n.Hash, n => n.Bytes);
        while (fetch.Take(batch) is { Count: > 0 } asked)
        {
            foreach (var hash in asked)
                Assert.True(fetch.TryAccept(nodes[hash].Span, out var error), error.ToString());
        }
    }

    private static PrefixTree Tree(int count) =>
        PrefixTree.Empty(new MemoryNodeStore())
            .Apply(TreeKeys.Entries(count, sharedNibbles: 0).Select(e => new PrefixTreeEdit(e.Key, e.Value)));
}
