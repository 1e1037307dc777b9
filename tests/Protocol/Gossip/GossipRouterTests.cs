using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Gossip;

namespace Omega.P2P.Protocol.Tests.Gossip;

public sealed class GossipRouterTests
{
    [Fact]
    public void NewPeerIsToldOurTopics()
    {
        var bench = new RouterBench();
        var peer = bench.Connect();
        Assert.Equal([(RouterBench.Topic, true)], Assert.Single(peer.Hears()).Subscriptions);
        bench.Handle(new GossipInput.Leave(RouterBench.Topic));
        Assert.Equal([(RouterBench.Topic, false)], Assert.Single(peer.Hears()).Subscriptions);
    }

    [Fact]
    public void HeartbeatGraftsPeersOfTheTopicOnly()
    {
        var bench = new RouterBench();
        var inTopic = bench.Connect();
        var outside = bench.Connect(subscribes: false);
        bench.RunFor(200);
        Assert.True(inTopic.IsInMesh);
        Assert.False(outside.IsInMesh);
        Assert.Equal([RouterBench.Topic], inTopic.Hears()[^1].Grafts);
    }

    [Fact]
    public void MeshGrowsToItsDegreeAndNoFurther()
    {
        var bench = new RouterBench();
        for (var i = 0; i < 30; i++)
            bench.Connect();
        bench.RunFor(5000);
        // D_out of them would have to be dialled by us; none is.
        Assert.Equal(6, bench.Router.MeshOf(RouterBench.Topic).Count);
    }

    [Fact]
    public void MeshOverItsBoundIsCutToTheDegreeAndKeepsDialledPeers()
    {
        var bench = new RouterBench(o => o with { DegreeHigh = 8 });
        var inbound = Enumerable.Range(0, 8).Select(_ => bench.Connect()).ToList();
        inbound.ForEach(p => p.Grafts());
        var dialled = Enumerable.Range(0, 2).Select(_ => bench.Connect(outbound: true)).ToList();
        dialled.ForEach(p => p.Grafts());
        Assert.Equal(10, bench.Router.MeshOf(RouterBench.Topic).Count);
        bench.RunFor(1000);
        Assert.Equal(6, bench.Router.MeshOf(RouterBench.Topic).Count);
        Assert.All(dialled, p => Assert.True(p.IsInMesh));
        var pruned = inbound.Where(p => !p.IsInMesh).ToList();
        Assert.All(pruned, p => Assert.Equal([(RouterBench.Topic, 60ul)], p.Hears()[^1].Prunes));
    }

    [Fact]
    public void FullMeshTakesOnlyDialledPeers()
    {
        var bench = new RouterBench(o => o with { DegreeHigh = 6 });
        for (var i = 0; i < 6; i++)
            bench.Connect().Grafts();
        var late = bench.Connect();
        late.Grafts();
        Assert.False(late.IsInMesh);
        Assert.Single(late.Hears()[^1].Prunes);
        var ours = bench.Connect(outbound: true);
        ours.Grafts();
        Assert.True(ours.IsInMesh);
    }

    [Fact]
    public void OwnMessageFloodsToEveryPeerOfTheTopic()
    {
        var bench = new RouterBench();
        var peers = Enumerable.Range(0, 10).Select(_ => bench.Connect()).ToList();
        var outside = bench.Connect(subscribes: false);
        Assert.Equal(PublishStatus.Published, bench.Publish("hello"));
        Assert.All(peers, p => Assert.Equal(["hello"], p.HearsMessages()));
        Assert.Empty(outside.HearsMessages());
        Assert.Empty(bench.Delivered);
    }

    [Fact]
    public void MessageIsDeliveredOnceAndForwardedToTheMeshButNotBack()
    {
        var bench = new RouterBench();
        var (a, b, c) = (bench.Connect(), bench.Connect(), bench.Connect());
        bench.RunFor(200);
        var message = a.Message("news");
        a.Sends(message);
        b.Sends(message);
        Assert.Equal(["news"], bench.Delivered);
        Assert.Equal(["news"], c.HearsMessages());
        Assert.Empty(a.HearsMessages());
    }

    [Fact]
    public void PeerOutsideTheMeshIsOfferedTheIdAndGetsTheMessageOnAsking()
    {
        var bench = new RouterBench(
            o => o with { Degree = 1, DegreeLow = 1, DegreeHigh = 1, DegreeScore = 1, DegreeOut = 0 });
        var member = bench.Connect();
        bench.RunFor(200);
        var other = bench.Connect();
        var message = member.Message("news");
        member.Sends(message);
        Assert.Empty(other.HearsMessages());
        bench.RunFor(1000);
        var offer = Assert.Single(other.Hears().SelectMany(r => r.Have));
        Assert.Equal([message.ByAuthor()], offer.Ids);
        for (var i = 0; i < 5; i++)
            other.Says(rpc => rpc.Want(offer.Ids));
        Assert.Equal(3, other.HearsMessages().Count);
    }

    [Fact]
    public void MessagesOverTheBytesKeptGoOldestFirst()
    {
        var bench = new RouterBench(o => o with
        {
            Degree = 1,
            DegreeLow = 1,
            DegreeHigh = 1,
            DegreeScore = 1,
            DegreeOut = 0,
            Limits = o.Limits with { CacheBytesMax = 3 * 1400 },
        });
        var member = bench.Connect();
        bench.RunFor(200);
        var other = bench.Connect();
        var messages = Enumerable.Range(0, 6).Select(i => member.Message(i + new string('.', 1000))).ToList();
        messages.ForEach(message => member.Sends(message));
        other.Says(rpc => rpc.Want([.. messages.Select(message => message.ByAuthor())]));
        Assert.Equal(["3", "4", "5"], other.HearsMessages().Select(text => text[..1]));
    }

    [Fact]
    public void OfferedIdIsAskedForOnlyWhenUnknown()
    {
        var bench = new RouterBench();
        var (a, b) = (bench.Connect(), bench.Connect());
        var known = a.Message("known");
        a.Sends(known);
        b.Hears();
        var unknown = b.Message("unknown").ByAuthor();
        b.Says(rpc => rpc.Have(RouterBench.Topic, [known.ByAuthor(), unknown]));
        Assert.Equal([unknown], b.Hears().SelectMany(r => r.Want));
        b.Says(rpc => rpc.Have("another topic", [new MessageId([1])]));
        Assert.Empty(b.Hears().SelectMany(r => r.Want));
    }

    [Fact]
    public void LargeMessageIsAnnouncedByDontWantBeforeItIsJudged()
    {
        var bench = new RouterBench(settings: new TopicSettings { Validates = true });
        var (a, b) = (bench.Connect(), bench.Connect());
        var old = bench.Connect(protocol: GossipProtocol.Version11);
        bench.RunFor(200);
        var message = a.Message(new string('x', 600));
        a.Sends(message);
        Assert.Equal([message.ByAuthor()], b.Hears().SelectMany(r => r.DontWant));
        Assert.Empty(a.Hears().SelectMany(r => r.DontWant));
        Assert.Empty(old.Hears().SelectMany(r => r.DontWant));
    }

    [Fact]
    public void PeerThatDoesNotWantAMessageIsSkipped()
    {
        var bench = new RouterBench();
        var (a, b, c) = (bench.Connect(), bench.Connect(), bench.Connect());
        bench.RunFor(200);
        var message = a.Message("news");
        b.Says(rpc => rpc.DontWant(message.ByAuthor()));
        a.Sends(message);
        Assert.Empty(b.HearsMessages());
        Assert.Equal(["news"], c.HearsMessages());
    }

    [Theory]
    [InlineData(GossipVerdict.Accept, true, 0)]
    [InlineData(GossipVerdict.Ignore, false, 0)]
    [InlineData(GossipVerdict.Reject, false, -10)]
    public void VerdictDecidesForwardingAndScore(GossipVerdict verdict, bool goesOn, double scoreMax)
    {
        var bench = new RouterBench(settings: new TopicSettings { Validates = true });
        var (a, b) = (bench.Connect(), bench.Connect());
        bench.RunFor(200);
        a.Sends(a.Message("news"));
        Assert.Empty(bench.Delivered);
        Assert.Empty(b.HearsMessages());
        var asked = Assert.Single(bench.Effects.OfType<GossipEffect.Validate>());
        Assert.Equal(a.Id, asked.Source);
        bench.Handle(new GossipInput.Judged(asked.Id, verdict));
        bench.Handle(new GossipInput.Judged(asked.Id, GossipVerdict.Accept));
        Assert.Equal(goesOn ? ["news"] : [], bench.Delivered);
        Assert.Equal(goesOn ? ["news"] : [], b.HearsMessages());
        Assert.True(verdict == GossipVerdict.Reject ? a.Score <= scoreMax : a.Score >= scoreMax);
    }

    [Fact]
    public void PeerThatPrunedUsIsLeftAloneForItsBackoff()
    {
        var bench = new RouterBench();
        var peer = bench.Connect();
        bench.RunFor(200);
        peer.Says(rpc => rpc.Prune(RouterBench.Topic, 30_000));
        Assert.False(peer.IsInMesh);
        peer.Hears();
        bench.RunFor(30_500);
        Assert.Empty(peer.Hears().SelectMany(r => r.Grafts));
        bench.RunFor(3000);
        Assert.True(peer.IsInMesh);
    }

    [Fact]
    public void ScoreOutlivesALeaveAndAReturn()
    {
        var bench = new RouterBench(settings: new TopicSettings { Validates = true });
        var peer = bench.Connect();
        peer.Sends(peer.Message("bad"));
        var asked = bench.Effects.OfType<GossipEffect.Validate>().Single();
        bench.Handle(new GossipInput.Judged(asked.Id, GossipVerdict.Reject));
        var before = peer.Score;
        bench.Handle(new GossipInput.PeerDown(peer.Id));
        Assert.Equal(0, peer.Score);
        bench.Handle(new GossipInput.PeerUp(peer.Id, GossipProtocol.Version12, false, null));
        Assert.Equal(before, peer.Score);
    }

    [Fact]
    public void TopicOfOtherMembersIsNeitherToldNorHeard()
    {
        var bench = new RouterBench(settings: new TopicSettings { Admits = _ => false });
        var stranger = bench.Connect();
        stranger.Grafts();
        stranger.Sends(stranger.Message("news"));
        bench.Publish("own");
        bench.RunFor(2000);
        Assert.Empty(stranger.Hears());
        Assert.False(stranger.IsInMesh);
        Assert.Empty(bench.Delivered);
    }

    [Fact]
    public void PublisherWaitsForAReaderButNotForever()
    {
        var bench = new RouterBench { Drains = false };
        var peer = bench.Connect();
        var published = 0;
        while (bench.Publish(published + new string('x', 10_000)) == PublishStatus.Published)
            published++;
        // One window is in flight and half a queue waits.
        Assert.InRange(published, 70, 90);
        Assert.Empty(bench.Effects.OfType<GossipEffect.Writable>());
        bench.Handle(new GossipInput.Sent(peer.Id, long.MaxValue / 2));
        Assert.Single(bench.Effects.OfType<GossipEffect.Writable>());
        while (bench.Publish(published + new string('x', 10_000)) == PublishStatus.Published)
            published++;
        bench.RunFor(4000);
        Assert.Equal(2, bench.Effects.OfType<GossipEffect.Writable>().Count());
        Assert.Equal(PublishStatus.Published, bench.Publish("over its head"));
    }

    [Fact]
    public void WhatDidNotFitASlowReadersQueueIsOfferedOnceItReadsAgain()
    {
        var limits = GossipLimits.Default with { InFlightBytesMax = 500, QueueBytesMax = 1000 };
        var bench = new RouterBench(o => o with { Limits = limits }) { Drains = false };
        var slow = bench.Connect();
        var source = bench.Connect();
        bench.RunFor(200);
        var messages = Enumerable.Range(0, 20).Select(i => source.Message("m" + i)).ToArray();
        source.Sends(messages);
        bench.Drains = true;
        bench.Handle(new GossipInput.Sent(slow.Id, 10_000));
        bench.RunFor(100);
        var heard = slow.Hears();
        var direct = heard.Sum(r => r.Messages.Count);
        var offered = heard.SelectMany(r => r.Have).Sum(h => h.Ids.Count);
        Assert.InRange(direct, 1, 19);
        Assert.Equal(20, direct + offered);
    }

    [Fact]
    public void ContentIdMakesTwoAuthorsOfOneContentOneMessage()
    {
        var settings = new TopicSettings { IdOf = m => new MessageId(Blake3.Hash(m.Data.Span).ToArray()) };
        var bench = new RouterBench(settings: settings);
        var (a, b) = (bench.Connect(), bench.Connect());
        a.Sends(a.Message("same"));
        b.Sends(b.Message("same"));
        Assert.Equal(["same"], bench.Delivered);
        Assert.Equal(PublishStatus.Known, bench.Publish("same"));
    }
}
