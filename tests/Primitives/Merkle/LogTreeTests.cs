using System.Numerics;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

public sealed class LogTreeTests
{
    private const int SizeMax = 130;
    private static readonly Hash256[] Leaves =
        [.. Enumerable.Range(0, SizeMax).Select(i => Rfc6962.LeafHash(BitConverter.GetBytes(i)))];

    private static readonly NaiveTree Naive = new(Leaves);

    [Fact]
    public void RootAfterEachAppendIsTheOneTheRfcDefines()
    {
        var tree = new LogTree();
        Assert.Equal(Rfc6962.EmptyRoot, tree.Root);
        for (var n = 1; n <= SizeMax; n++)
        {
            Assert.Equal(n - 1, tree.Append(Leaves[n - 1]));
            Assert.Equal(n, tree.Size);
            Assert.Equal(Naive.Root(n), tree.Root);
        }
    }

    [Fact]
    public void PeaksCarryTheTreeOverARestart()
    {
        for (var n = 0; n <= 40; n++)
        {
            var tree = Grown(n);
            Assert.True(LogTree.TryCreate(n, [.. tree.Peaks], out var again));
            again!.Append(Leaves[n]);
            tree.Append(Leaves[n]);
            Assert.Equal(tree.Root, again.Root);
        }
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(-1, 64)]
    [InlineData(0, 1)]
    [InlineData(5, 1)]
    [InlineData(5, 3)]
    [InlineData(4, 0)]
    public void PeaksOfAWrongCountAreRefused(long size, int peaks) =>
        Assert.False(LogTree.TryCreate(size, new Hash256[peaks], out _));

    [Fact]
    public void SinkGetsEveryFullSubtreeOnce()
    {
        var nodes = new NodeHashes();
        var tree = new LogTree();
        foreach (var leaf in Leaves)
            tree.Append(leaf, nodes);
        for (var level = 0; level <= BitOperations.Log2(SizeMax); level++)
        {
            for (var index = 0; (index + 1) << level <= SizeMax; index++)
                Assert.Equal(Naive.Root(index << level, 1 << level), nodes.Node(level, index));
        }
        Assert.Equal(SizeMax, nodes.Size);
    }

    [Fact]
    public void TreeAtAnySizeIsReadFromSubtreeHashes()
    {
        var nodes = new NodeHashes();
        var tree = new LogTree();
        foreach (var leaf in Leaves)
            tree.Append(leaf, nodes);
        for (var n = 0; n <= SizeMax; n++)
            Assert.Equal(Grown(n).Peaks, LogTree.At(nodes, n).Peaks);
    }

    [Fact]
    public void CloneGrowsOnItsOwn()
    {
        var tree = Grown(5);
        var root = tree.Root;
        tree.Clone().Append(Leaves[5]);
        Assert.Equal(root, tree.Root);
        Assert.Equal(5, tree.Size);
    }

    [Fact]
    public void HashesOutOfOrderAreOurBug()
    {
        var nodes = new NodeHashes();
        Assert.Throws<InvalidOperationException>(() => nodes.Put(0, 1, Leaves[0]));
    }

    private static LogTree Grown(int n)
    {
        var tree = new LogTree();
        for (var i = 0; i < n; i++)
            tree.Append(Leaves[i]);
        return tree;
    }
}
