using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

public sealed class PrefixTreeDiffTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 5, 0)]
    [InlineData(5, 0, 0)]
    [InlineData(16, 1, 0)]
    [InlineData(300, 40, 0)]
    [InlineData(40, 300, 0)]
    [InlineData(30, 30, 7)]
    public void DifferenceIsTheDifferenceOfTheSets(int left, int right, int sharedNibbles)
    {
        for (var seed = 1; seed <= 6; seed++)
        {
            var pool = TreeKeys.Shuffled(TreeKeys.Entries(left + right, sharedNibbles), seed);
            var common = Math.Min(left, right) / 2;
            var before = pool[..left].ToDictionary(e => e.Key, e => e.Value);
            var after = pool[(left - common)..(left - common + right)].ToDictionary(e => e.Key, e => e.Value);
            foreach (var changed in after.Keys.Take(common / 3).ToList())
                after[changed] = Blake3.Hash([1]);
            var difference = PrefixTree.Diff(Tree(before), Tree(after)).ToList();
            Assert.Equal(Expected(before, after), difference);
        }
    }

    [Fact]
    public void OnlyNodesThatDifferAreRead()
    {
        var entries = TreeKeys.Entries(5000, sharedNibbles: 0);
        var store = new CountingStore();
        var before = PrefixTree.Empty(store).Apply(entries.Select(e => new PrefixTreeEdit(e.Key, e.Value)));
        var after = before.Insert(entries[77].Key, PrefixTree.EmptyRoot).Remove(entries[4000].Key);
        var nodes = before.Nodes().Select(n => n.Hash).ToHashSet();
        nodes.SymmetricExceptWith(after.Nodes().Select(n => n.Hash));
        store.Reads.Clear();
        Assert.Equal(2, PrefixTree.Diff(before, after).Count());
        Assert.Subset(nodes, store.Reads.ToHashSet());
        Assert.InRange(store.Reads.Count, 4, 20);
        store.Reads.Clear();
        Assert.Empty(PrefixTree.Diff(after, after));
        Assert.Empty(store.Reads);
    }

    private static IEnumerable<PrefixTreeDifference> Expected(
        Dictionary<ArtifactKey, Hash256> before, Dictionary<ArtifactKey, Hash256> after)
    {
        foreach (var key in before.Keys.Union(after.Keys).Order())
        {
            Hash256? left = before.TryGetValue(key, out var l) ? l : null;
            Hash256? right = after.TryGetValue(key, out var r) ? r : null;
            if (left != right)
                yield return new PrefixTreeDifference(key, left, right);
        }
    }

    private static PrefixTree Tree(Dictionary<ArtifactKey, Hash256> entries) =>
        PrefixTree.Empty(new MemoryNodeStore()).Apply(entries.Select(e => new PrefixTreeEdit(e.Key, e.Value)));

    private sealed class CountingStore : INodeStore
    {
        private readonly MemoryNodeStore _inner = new();

        public List<Hash256> Reads { get; } = [];

        public bool TryGet(Hash256 hash, out ReadOnlyMemory<byte> node)
        {
            Reads.Add(hash);
            return _inner.TryGet(hash, out node);
        }

        public void Put(Hash256 hash, ReadOnlyMemory<byte> node) => _inner.Put(hash, node);
    }
}
