using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Tests.Merkle;

public sealed class PrefixTreeTests
{
    [Fact]
    public void EmptySetHasTheFixedRoot()
    {
        var tree = PrefixTree.Empty(new MemoryNodeStore());
        Assert.Equal(PrefixTree.EmptyRoot, tree.Root);
        Assert.Equal(0, tree.Count);
        Assert.Empty(tree.Enumerate());
        Assert.Equal(tree.Root, PrefixTree.Open(new MemoryNodeStore(), PrefixTree.EmptyRoot).Root);
        // {"leaf": []} under BLAKE3.
        Assert.Equal(Blake3.Hash([0xa1, 0x64, .. "leaf"u8, 0x80]), tree.Root);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(16, 0)]
    [InlineData(17, 0)]
    [InlineData(300, 0)]
    [InlineData(60, 9)] // keys that share their first nibbles: a deep tree
    [InlineData(200, 61)]
    public void RootDependsOnTheSetAlone(int count, int sharedNibbles)
    {
        var entries = TreeKeys.Entries(count, sharedNibbles);
        var expected = OneByOne(entries).Root;
        Assert.Equal(expected, OneByOne(entries.AsEnumerable().Reverse()).Root);
        for (var seed = 1; seed <= 5; seed++)
        {
            var shuffled = TreeKeys.Shuffled(entries, seed);
            Assert.Equal(expected, OneByOne(shuffled).Root);
            Assert.Equal(expected, AtOnce(shuffled).Root);
            Assert.Equal(expected, WithDetours(shuffled, TreeKeys.Entries(40, sharedNibbles, salt: 1)).Root);
        }
    }

    [Fact]
    public void EverySizeAroundTheBucketLimitIsTheSameGrownOrShrunk()
    {
        var entries = TreeKeys.Entries(60, sharedNibbles: 0);
        var grown = PrefixTree.Empty(new MemoryNodeStore());
        var rootsBySize = new List<Hash256> { grown.Root };
        foreach (var entry in entries)
        {
            grown = grown.Insert(entry.Key, entry.Value);
            rootsBySize.Add(grown.Root);
        }
        Assert.Equal(rootsBySize.Count, rootsBySize.Distinct().Count());
        for (var size = entries.Length; size > 0; size--)
        {
            Assert.Equal(rootsBySize[size], grown.Root);
            Assert.Equal(size, grown.Count);
            grown = grown.Remove(entries[size - 1].Key);
        }
        Assert.Equal(PrefixTree.EmptyRoot, grown.Root);
    }

    [Fact]
    public void EntriesComeBackSortedAndAreFound()
    {
        var entries = TreeKeys.Entries(500, sharedNibbles: 0);
        var tree = AtOnce(entries);
        Assert.Equal(entries.OrderBy(e => e.Key), tree.Enumerate());
        foreach (var entry in entries)
        {
            Assert.True(tree.TryFind(entry.Key, out var value));
            Assert.Equal(entry.Value, value);
        }
        foreach (var absent in TreeKeys.Entries(50, sharedNibbles: 0, salt: 1))
            Assert.False(tree.TryFind(absent.Key, out _));
    }

    [Fact]
    public void EnumerationGoesOnAfterAnyKey()
    {
        var entries = TreeKeys.Entries(120, sharedNibbles: 1).OrderBy(e => e.Key).ToArray();
        var tree = AtOnce(entries);
        for (var i = 0; i < entries.Length; i++)
            Assert.Equal(entries[(i + 1)..], tree.Enumerate(entries[i].Key));
        var between = TreeKeys.Entries(20, sharedNibbles: 1, salt: 3);
        foreach (var other in between)
            Assert.Equal(entries.Where(e => e.Key > other.Key), tree.Enumerate(other.Key));
    }

    [Fact]
    public void NewValueChangesTheRootAndTheOldOneBringsItBack()
    {
        var entries = TreeKeys.Entries(100, sharedNibbles: 0);
        var tree = AtOnce(entries);
        var changed = tree.Insert(entries[7].Key, entries[8].Value);
        Assert.NotEqual(tree.Root, changed.Root);
        Assert.Equal(100, changed.Count);
        Assert.Equal(tree.Root, changed.Insert(entries[7].Key, entries[7].Value).Root);
    }

    [Fact]
    public void RemovingWhatIsNotThereChangesNothing()
    {
        var tree = AtOnce(TreeKeys.Entries(100, sharedNibbles: 0));
        Assert.Equal(tree.Root, tree.Remove(TreeKeys.Entries(1, sharedNibbles: 0, salt: 1)[0].Key).Root);
        Assert.Equal(tree.Root, tree.Apply([]).Root);
    }

    [Fact]
    public void LastEditOfAKeyWins()
    {
        var entry = TreeKeys.Entries(1, sharedNibbles: 0)[0];
        var tree = PrefixTree.Empty(new MemoryNodeStore())
            .Apply([new(entry.Key, PrefixTree.EmptyRoot), new(entry.Key, null), new(entry.Key, entry.Value)]);
        Assert.Equal([entry], tree.Enumerate());
    }

    [Fact]
    public void EditPutsOneNodeADepth()
    {
        var store = new MemoryNodeStore();
        var tree = PrefixTree.Empty(store).Apply(Edits(TreeKeys.Entries(1000, sharedNibbles: 0)));
        var before = store.Count;
        tree.Insert(TreeKeys.Entries(1, sharedNibbles: 0, salt: 1)[0].Key, PrefixTree.EmptyRoot);
        Assert.InRange(store.Count - before, 2, 5);
    }

    [Fact]
    public void EarlierTreeStaysReadable()
    {
        var entries = TreeKeys.Entries(100, sharedNibbles: 0);
        var before = AtOnce(entries);
        before.Apply(entries.Select(e => new PrefixTreeEdit(e.Key, null)));
        Assert.Equal(entries.OrderBy(e => e.Key), before.Enumerate());
    }

    [Fact]
    public void SweepKeepsLiveRootsWhole()
    {
        var store = new MemoryNodeStore();
        var entries = TreeKeys.Entries(200, sharedNibbles: 0);
        var tree = PrefixTree.Empty(store);
        foreach (var entry in entries)
            tree = tree.Insert(entry.Key, entry.Value);
        Assert.True(store.Sweep(tree.Root) > 100);
        Assert.Equal(tree.Nodes().Count(), store.Count);
        Assert.Equal(200, PrefixTree.Open(store, tree.Root).Enumerate().Count());
        Assert.Equal(store.Count, store.Sweep(PrefixTree.EmptyRoot) + store.Count);
    }

    [Fact]
    public void DamagedStoreIsNoticed()
    {
        var store = new MemoryNodeStore();
        var entries = TreeKeys.Entries(40, sharedNibbles: 0);
        var tree = PrefixTree.Empty(store).Apply(Edits(entries));
        var damaged = new MemoryNodeStore();
        foreach (var (hash, bytes) in tree.Nodes())
        {
            var flipped = bytes.ToArray();
            if (hash != tree.Root)
                flipped[^1] ^= 1;
            damaged.Put(hash, flipped);
        }
        Assert.Throws<NodeStoreException>(() => PrefixTree.Open(damaged, tree.Root).Enumerate().Count());
        Assert.Throws<NodeStoreException>(() => PrefixTree.Open(new MemoryNodeStore(), tree.Root));
    }

    [Fact]
    public void PresenceAndAbsenceAreProven()
    {
        foreach (var count in new[] { 0, 1, 16, 17, 400 })
        {
            var entries = TreeKeys.Entries(count, sharedNibbles: 0);
            var tree = AtOnce(entries);
            foreach (var entry in entries)
            {
                Assert.True(PrefixTreeProof.TryVerify(tree.Root, entry.Key, tree.Prove(entry.Key), out var value));
                Assert.Equal(entry.Value, value);
            }
            foreach (var absent in TreeKeys.Entries(20, sharedNibbles: 0, salt: 1))
            {
                Assert.True(PrefixTreeProof.TryVerify(tree.Root, absent.Key, tree.Prove(absent.Key), out var value));
                Assert.Null(value);
            }
        }
    }

    [Fact]
    public void ProofThatIsCutExtendedOrForAnotherRootIsRefused()
    {
        var entries = TreeKeys.Entries(400, sharedNibbles: 0);
        var tree = AtOnce(entries);
        var key = entries[0].Key;
        var proof = tree.Prove(key);
        Assert.True(proof.Count >= 2);
        for (var length = 0; length < proof.Count; length++)
            Assert.False(PrefixTreeProof.TryVerify(tree.Root, key, [.. proof.Take(length)], out _));
        Assert.False(PrefixTreeProof.TryVerify(tree.Root, key, [.. proof, proof[0]], out var value));
        Assert.Null(value);
        Assert.False(PrefixTreeProof.TryVerify(tree.Remove(key).Root, key, proof, out _));
        Assert.False(PrefixTreeProof.TryVerify(PrefixTree.EmptyRoot, key, proof, out _));
    }

    private static PrefixTree OneByOne(IEnumerable<PrefixTreeEntry> entries)
    {
        var tree = PrefixTree.Empty(new MemoryNodeStore());
        foreach (var entry in entries)
            tree = tree.Insert(entry.Key, entry.Value);
        return tree;
    }

    private static PrefixTree AtOnce(IEnumerable<PrefixTreeEntry> entries) =>
        PrefixTree.Empty(new MemoryNodeStore()).Apply(Edits(entries));

    // Strangers come first and go again one by one between the real inserts.
    private static PrefixTree WithDetours(PrefixTreeEntry[] entries, PrefixTreeEntry[] strangers)
    {
        var tree = AtOnce(strangers);
        var next = 0;
        foreach (var entry in entries)
        {
            tree = tree.Insert(entry.Key, entry.Value);
            if (next < strangers.Length)
                tree = tree.Remove(strangers[next++].Key);
        }
        return tree.Apply(strangers[next..].Select(s => new PrefixTreeEdit(s.Key, null)));
    }

    private static IEnumerable<PrefixTreeEdit> Edits(IEnumerable<PrefixTreeEntry> entries) =>
        entries.Select(e => new PrefixTreeEdit(e.Key, e.Value));
}
