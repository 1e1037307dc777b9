using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Omega.Gossip;

namespace Omega.P2P.Federation.Tests;

/// <summary>What gossip adds to following: heads and public contents through third nodes, and evidence.</summary>
public sealed class GossipTests
{
    [Fact]
    public void HeadHeardThroughAThirdNodeMakesTheOwnerDialledAtOnce()
    {
        var (loop, alice, _, carol) = Triangle();
        loop.Part(alice, carol);
        loop.Advance(TimeSpan.FromMinutes(10)); // both redial seldom by now
        loop.Apart.Clear();
        Pair.Publish(loop, alice, [1]);
        loop.Advance(TimeSpan.FromSeconds(3));
        Assert.Single(carol.Core.Entries(alice.Domain));
        Assert.Empty(carol.Faults);
    }

    [Fact]
    public void WithoutGossipTheOwnerWouldStillBeWaitedFor()
    {
        var (loop, alice, _, carol) = Triangle();
        loop.Part(alice, carol);
        loop.Advance(TimeSpan.FromMinutes(10));
        loop.Apart.Clear();
        loop.TamperGossip = (_, _) => MeshLoop.Dropped;
        Pair.Publish(loop, alice, [1]);
        loop.Advance(TimeSpan.FromSeconds(3));
        Assert.Empty(carol.Core.Entries(alice.Domain));
    }

    [Fact]
    public void TwoHeadsOfOnePlaceShownToTwoNodesMeetByGossipAndConvict()
    {
        var (loop, alice, bob, carol) = Triangle();
        var fork = alice.Store.Copy();
        loop.Part(alice, carol);
        loop.TamperGossip = (_, _) => MeshLoop.Dropped;
        Pair.Publish(loop, alice, [1]);
        Assert.Single(bob.Core.Entries(alice.Domain));
        // To carol the owner shows another history of the same length; bob hears of it only through her.
        loop.TamperGossip = (_, frame) => frame;
        loop.Part(alice, bob);
        loop.Apart.Remove((alice, carol));
        alice.Store = fork;
        loop.Advance(TimeSpan.FromMinutes(2));
        Pair.Publish(loop, alice, [2]);
        loop.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(alice.Store.Place, HeadOf(carol, alice));
        Assert.Equal(HeadOf(carol, alice).Size, HeadOf(bob, alice).Size);
        var followed = bob.Core.FollowedDomains.Single(f => f.Domain == alice.Domain);
        Assert.Equal(FollowState.Quarantined, followed.State);
        Assert.Contains($"evidence/{alice.Domain.Hash}/0", bob.Documents.Keys);
    }

    [Fact]
    public void ContentsPublishedToEveryoneAreHeardAndOthersAreNot()
    {
        var (loop, alice, bob, carol) = Triangle();
        Pair.Publish(loop, alice, Pair.Content(100, 3), "public");
        Pair.Publish(loop, alice, Pair.Content(100, 4), "peers");
        loop.Advance(TimeSpan.FromSeconds(3));
        var expected = ContentId.From(Primitives.Hashing.Blake3.Hash(Pair.Content(100, 3)));
        Assert.Equal([expected], bob.Core.HeardContents(alice.Domain));
        Assert.Equal([expected], carol.Core.HeardContents(alice.Domain));
        Assert.Contains(bob.Notices, n => n is MeshNotice.ContentsPublished { Count: 1 });
        Assert.Empty(bob.Core.HeardContents(bob.Domain));
    }

    [Fact]
    public void HeadOfADomainOneDoesNotKnowIsIgnoredWithoutBlame()
    {
        // Alice and carol do not know each other; bob knows both.
        var loop = new MeshLoop();
        var (alice, bob, carol) = Nodes(loop);
        Pair.Join(loop, alice, bob);
        Pair.Join(loop, bob, carol);
        loop.Advance(TimeSpan.FromSeconds(3));
        Pair.Publish(loop, alice, [1]);
        loop.Advance(TimeSpan.FromSeconds(10));
        Assert.Single(bob.Core.Entries(alice.Domain));
        Assert.DoesNotContain(carol.Core.FollowedDomains, f => f.Domain == alice.Domain);
        Assert.Empty(carol.Faults);
        Assert.Empty(bob.Faults);
    }

    [Fact]
    public void GossipThatWasTamperedWithIsNamed()
    {
        var (loop, alice, bob) = Pair.Joined();
        loop.Advance(TimeSpan.FromSeconds(3));
        loop.TamperGossip = (_, frame) =>
        {
            var bytes = frame.ToArray();
            if (bytes.Length > 200) bytes[^1] ^= 1; // the last byte of a message's signature
            return bytes;
        };
        Pair.Publish(loop, alice, [1]);
        loop.Advance(TimeSpan.FromSeconds(2));
        Assert.Contains(PeerFault.BadSignature, bob.Faults);
    }

    [Fact]
    public void BytesThatAreNoRpcCutTheLink()
    {
        var (loop, alice, bob) = Pair.Joined();
        var raw = loop.OpenRaw(bob, alice, GossipProtocol.Version12);
        raw.Send(new byte[] { 0xff, 0xff, 0xff });
        Assert.Contains(PeerFault.Malformed, alice.Faults);
        Assert.Contains(alice.Effects, e => e is NetworkEffect.DropLink);
    }

    [Fact]
    public void StrangersGossipStreamIsReset()
    {
        var loop = new MeshLoop();
        var (alice, bob, _) = Nodes(loop);
        loop.Connect(bob, alice);
        var before = alice.Effects.Count;
        loop.OpenRaw(bob, alice, GossipProtocol.Version12);
        Assert.Single(alice.Effects[before..], e => e is NetworkEffect.ResetStream);
    }

    [Fact]
    public void IdleMeshGossipsNothing()
    {
        var (loop, alice, _, _) = Triangle();
        Pair.Publish(loop, alice, [1]);
        loop.Advance(TimeSpan.FromMinutes(5));
        var frames = loop.GossipFrames;
        loop.Advance(TimeSpan.FromMinutes(60));
        Assert.Equal(frames, loop.GossipFrames);
    }

    [Fact]
    public void HeardContentsAreSoManyAndTheOldestGo()
    {
        var (loop, alice, bob) = Pair.Joined(FederationLimits.Default with { HeardContents = 3 });
        loop.Advance(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 5; i++) Pair.Publish(loop, alice, [(byte)i], "public");
        Pair.Publish(loop, alice, [3, 3], "public");
        var expected = new byte[][] { [3], [4], [3, 3] }.Select(bytes => ContentId.Of(bytes));
        Assert.Equal(expected, bob.Core.HeardContents(alice.Domain));
    }

    [Fact]
    public void PublishedContentsHaveOneEncoding()
    {
        var (_, alice, _) = Pair.Apart();
        var message = new PublishedContents(alice.Domain, [ContentId.From(Primitives.Hashing.Blake3.Hash([1]))]);
        var bytes = message.Encode();
        Assert.True(PublishedContents.TryDecode(bytes, out var read));
        Assert.Equal((message.Domain, message.Contents[0]), (read.Domain, read.Contents[0]));
        for (var length = 0; length < bytes.Length; length++)
            Assert.False(PublishedContents.TryDecode(bytes.AsSpan(0, length), out _));
        Assert.False(PublishedContents.TryDecode([.. bytes, 0], out _));
        var empty = new PublishedContents(alice.Domain, []).Encode();
        Assert.False(PublishedContents.TryDecode(empty, out _));
    }

    private static HeadRef HeadOf(LoopNode follower, LoopNode owner) =>
        follower.Core.FollowedDomains.Single(f => f.Domain == owner.Domain).Head
        ?? throw new InvalidOperationException("no head");

    private static (LoopNode Alice, LoopNode Bob, LoopNode Carol) Nodes(MeshLoop loop)
    {
        var nodes = (
            loop.Add("alice.personal", 1), loop.Add("bob.personal", 2), loop.Add("carol.personal", 3));
        nodes.Item1.Store.TakeSnapshot();
        nodes.Item2.Store.TakeSnapshot();
        nodes.Item3.Store.TakeSnapshot();
        return nodes;
    }

    /// <summary>Three nodes of one mesh that all trust each other.</summary>
    private static (MeshLoop Loop, LoopNode Alice, LoopNode Bob, LoopNode Carol) Triangle()
    {
        var loop = new MeshLoop();
        var (alice, bob, carol) = Nodes(loop);
        Pair.Join(loop, alice, bob);
        Pair.Join(loop, bob, carol);
        Pair.Join(loop, alice, carol);
        loop.Advance(TimeSpan.FromSeconds(3));
        return (loop, alice, bob, carol);
    }
}
