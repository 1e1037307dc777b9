using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Published;

namespace Omega.P2P.Storage.Tests.Published;

public sealed class PublishedSetsTests
{
    [Fact]
    public void TheRootDependsOnTheSetAlone()
    {
        var one = new PublishedSets();
        var other = new PublishedSets();
        for (int i = 0; i < 200; i++)
            one.Publish("peers", Key(i), Entry(i));
        for (int i = 299; i >= 0; i--)
        {
            other.Publish("peers", Key(i), Entry(i + 1));
            other.Publish("peers", Key(i), Entry(i));
        }

        for (int i = 200; i < 300; i++)
            Assert.True(other.Unpublish("peers", Key(i)));
        Assert.Equal(one.Root("peers"), other.Root("peers"));
        Assert.Equal(one.Roots(), other.Roots());
        Assert.False(other.Unpublish("peers", Key(250)));
    }

    [Fact]
    public void WhoFollowsASetIsToldWhatChangedAsLongAsItIsRemembered()
    {
        var sets = new PublishedSets();
        long changes = -1;
        Assert.True(sets.TryFollow("public", ref changes, out var keys)); // nothing was ever published
        Assert.Empty(keys);
        sets.Publish("public", Key(1), Entry(1));
        sets.Publish("public", Key(2), Entry(2));
        sets.Publish("peers", Key(3), Entry(3));
        sets.Unpublish("public", Key(1));
        Assert.False(sets.Unpublish("public", Key(9)));
        Assert.True(sets.TryFollow("public", ref changes, out keys));
        Assert.Equal(new[] { Key(1), Key(2) }.Order(), keys.Order());
        Assert.Equal((false, true), (sets.Contains("public", Key(1)), sets.Contains("public", Key(2))));
        Assert.True(sets.TryFollow("public", ref changes, out keys));
        Assert.Empty(keys);

        long never = -1;
        Assert.False(sets.TryFollow("public", ref never, out _)); // a newcomer has to look at all
        Assert.Equal(changes, never);
        for (var i = 0; i < 1024; i++)
            sets.Publish("public", Key(i + 10), Entry(i));
        var seen = changes;
        Assert.True(sets.TryFollow("public", ref changes, out keys));
        Assert.Equal(1024, keys.Count);
        sets.Publish("public", Key(1), Entry(7));
        Assert.False(sets.TryFollow("public", ref seen, out _));
        Assert.Equal(changes + 1, seen);
    }

    [Fact]
    public void NodesAndEntriesOfOneAudienceAreNotThoseOfAnother()
    {
        var sets = new PublishedSets();
        Hash256 hash = sets.Publish("peers", Key(1), Entry(1));
        sets.Publish("public", Key(2), Entry(2));
        Assert.Equal(Blake3.Hash(Entry(1)), hash);
        Hash256 root = sets.Root("peers");
        Assert.True(sets.TryNode("peers", root, out ReadOnlyMemory<byte> node));
        Assert.Equal(root, Blake3.Hash(node.Span));
        Assert.False(sets.TryNode("public", root, out _));
        Assert.False(sets.TryNode("nobody", root, out _));
        Assert.True(sets.TryEntry("peers", Key(1), out ReadOnlyMemory<byte> entry));
        Assert.Equal(Entry(1), entry.ToArray());
        Assert.False(sets.TryEntry("public", Key(1), out _));
        Assert.Equal(["peers"], sets.AudiencesOf(Key(1)));
        Assert.Equal(PrefixTree.EmptyRoot, sets.Root("nobody"));
    }

    [Fact]
    public void TheFormerHeadsTreeCanStillBeWalkedAfterTheNextOne()
    {
        var sets = new PublishedSets();
        for (int i = 0; i < 5000; i++)
            sets.Publish("peers", Key(i), Entry(i));
        Hash256 former = sets.Roots()[0].Root;
        for (int i = 0; i < 5000; i += 2)
            sets.Unpublish("peers", Key(i));
        sets.Roots();
        for (int round = 0; round < 50; round++)
        {
            sets.Publish("peers", Key(9000), Entry(round));
            sets.Root("peers");
        }

        Assert.Equal(5000, PrefixTree.Open(new Walk(sets), former).Enumerate().Count());
    }

    [Fact]
    public void NodesThatNoLivingRootReachesAreFreed()
    {
        var sets = new PublishedSets();
        var roots = new List<Hash256>();
        for (int i = 0; i < 600; i++)
        {
            sets.Publish("peers", Key(i % 50), Entry(i));
            roots.Add(sets.Roots()[0].Root);
        }

        Assert.True(sets.TryNode("peers", roots[^1], out _));
        Assert.True(sets.TryNode("peers", roots[^2], out _));
        Assert.All(roots.SkipLast(3), root => Assert.False(sets.TryNode("peers", root, out _)));
    }

    [Fact]
    public void TheDigestOfCurrentIsEqualAfterAnyOrderOfEdits()
    {
        var one = new CurrentDigest();
        var other = new CurrentDigest();
        Hash256 value = CurrentDigest.ValueOf(Entry(1), DomainId.From(Blake3.Hash([1])), "internal");
        for (int i = 0; i < 100; i++)
            one.Set(Key(i), value);
        for (int i = 149; i >= 0; i--)
        {
            other.Set(Key(i), value);
            Assert.NotEqual(default, other.Root);
        }

        for (int i = 100; i < 150; i++)
            other.Remove(Key(i));
        Assert.Equal((one.Root, 100), (other.Root, other.Count));
        Assert.NotEqual(value, CurrentDigest.ValueOf(Entry(1), DomainId.From(Blake3.Hash([1])), "public"));
    }

    private static ArtifactKey Key(int number) => ArtifactKey.From(Blake3.Hash(BitConverter.GetBytes(number)));

    private static byte[] Entry(int number) => [.. BitConverter.GetBytes(number), 7];

    private sealed class Walk(PublishedSets sets) : INodeStore
    {
        public bool TryGet(Hash256 hash, out ReadOnlyMemory<byte> node) => sets.TryNode("peers", hash, out node);

        public void Put(Hash256 hash, ReadOnlyMemory<byte> node) => throw new NotSupportedException();
    }
}
