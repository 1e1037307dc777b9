using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Gossip;

/// <summary>Peers that break the rules: what it costs them, and that it costs us a bound.</summary>
public sealed class HostileGossipTests
{
    [Fact]
    public void GraftFloodCostsTheScoreAndThenTheEar()
    {
        var bench = new RouterBench();
        var peer = bench.Connect();
        bench.RunFor(200);
        peer.Says(rpc => rpc.Prune(RouterBench.Topic, 60_000));
        for (var i = 0; i < 20; i++)
            peer.Grafts();
        Assert.False(peer.IsInMesh);
        Assert.Contains(GossipError.GraftDuringBackoff, bench.FaultsOf(peer));
        Assert.True(peer.Score < new ScoreOptions().GraylistThreshold);
        peer.Sends(peer.Message("nobody listens"));
        Assert.Empty(bench.Delivered);
        bench.RunFor(120_000);
        Assert.False(peer.IsInMesh);
    }

    [Fact]
    public void BogusOffersBreakPromisesUntilTheyAreIgnored()
    {
        var bench = new RouterBench();
        var peer = bench.Connect();
        var chance = new Chance(3);
        for (var i = 0; i < 20; i++)
        {
            peer.Says(rpc => rpc.Have(RouterBench.Topic, [new MessageId(chance.Bytes(46))]));
            bench.RunFor(1000);
        }

        Assert.Contains(GossipError.BrokenPromise, bench.FaultsOf(peer));
        Assert.True(peer.Score < new ScoreOptions().GossipThreshold);
        Assert.False(peer.IsInMesh);
        peer.Hears();
        peer.Says(rpc => rpc.Have(RouterBench.Topic, [new MessageId(chance.Bytes(46))]));
        Assert.Empty(peer.Hears().SelectMany(r => r.Want));
    }

    [Fact]
    public void OffersAreHeededSoManyTimesAHeartbeatAndSoManyIds()
    {
        var bench = new RouterBench();
        var peer = bench.Connect();
        peer.Hears();
        var chance = new Chance(4);
        for (var i = 0; i < 30; i++)
        {
            MessageId[] ids = [.. Enumerable.Range(0, 700).Select(_ => new MessageId(chance.Bytes(46)))];
            peer.Says(rpc => rpc.Have(RouterBench.Topic, ids));
        }

        Assert.Equal(5000, peer.Hears().Sum(r => r.Want.Count));
        Assert.Contains(GossipError.ControlFlood, bench.FaultsOf(peer));
    }

    [Fact]
    public void InvalidMessagesCostThePlaceInTheMesh()
    {
        var bench = new RouterBench();
        var (liar, honest) = (bench.Connect(), bench.Connect());
        bench.RunFor(200);
        Assert.True(liar.IsInMesh);
        for (var i = 0; i < 10; i++)
        {
            var bytes = liar.Message("forged " + i).Encoded.ToArray();
            bytes[^1] ^= 1;
            liar.SaysBytes(new ProtobufWriter().Bytes(2, bytes).ToArray());
        }

        // After the third nobody listens: the others cost no signature check.
        Assert.Equal(3, bench.FaultsOf(liar).Count(f => f == GossipError.BadSignature));
        Assert.Empty(bench.Delivered);
        Assert.Empty(honest.HearsMessages());
        bench.RunFor(1000);
        Assert.False(liar.IsInMesh);
        Assert.True(honest.IsInMesh);
        Assert.True(liar.Score < new ScoreOptions().GraylistThreshold);
    }

    // A forged copy must not keep the true message out: ids are taken as seen only after the signature.
    [Fact]
    public void ForgedCopyDoesNotShadowTheTrueMessage()
    {
        var bench = new RouterBench();
        var (author, liar) = (bench.Connect(), bench.Connect());
        var message = author.Message("true");
        var forged = message.Encoded.ToArray();
        forged[^1] ^= 1;
        liar.SaysBytes(new ProtobufWriter().Bytes(2, forged).ToArray());
        author.Sends(message);
        Assert.Equal(["true"], bench.Delivered);
    }

    [Fact]
    public void CopiesOfARejectedMessageCostTheirSendersToo()
    {
        var bench = new RouterBench(settings: new TopicSettings { Validates = true });
        var (a, b, c) = (bench.Connect(), bench.Connect(), bench.Connect());
        var message = a.Message("bad");
        a.Sends(message);
        b.Sends(message);
        bench.Handle(new GossipInput.Judged(message.ByAuthor(), GossipVerdict.Reject));
        c.Sends(message);
        Assert.All(new[] { a, b, c }, p => Assert.True(p.Score <= -10));
    }

    [Fact]
    public void BytesThatAreNoRpcCostScore()
    {
        var bench = new RouterBench();
        var peer = bench.Connect();
        for (var i = 0; i < 10; i++)
            peer.SaysBytes([0xff, 0xff, 0xff]);
        Assert.All(bench.FaultsOf(peer), f => Assert.Equal(GossipError.Malformed, f));
        Assert.True(peer.Score < new ScoreOptions().GraylistThreshold);
    }

    [Fact]
    public void GraftsOfUnknownTopicsAreNotAnswered()
    {
        var bench = new RouterBench();
        var peer = bench.Connect();
        peer.Hears();
        for (var i = 0; i < 1000; i++)
            peer.Says(rpc => rpc.Graft("unknown" + i));
        Assert.Empty(peer.Hears());
    }

    [Fact]
    public void PeerBelowThePublishThresholdGetsNothingOfOurs()
    {
        var bench = new RouterBench();
        var (shunned, heard) = (bench.Connect(), bench.Connect());
        bench.Handle(new GossipInput.Esteem(shunned.Id, -60));
        bench.Publish("news");
        Assert.Empty(shunned.HearsMessages());
        Assert.Equal(["news"], heard.HearsMessages());
    }

    [Fact]
    public void NeighboursOverTheThresholdOfOneAddressLoseScoreWhenAsked()
    {
        var score = new ScoreOptions { ColocationWeight = -1, ColocationThreshold = 3 };
        var bench = new RouterBench(o => o with { Score = score });
        var peers = Enumerable.Range(0, 5).Select(_ => bench.Connect()).ToList();
        Assert.All(peers, p => Assert.Equal(-4, p.Score, 1));
    }

    [Fact]
    public void MeshPeerThatDeliversTooLittleIsPrunedWhereTheTopicAsksForIt()
    {
        var topic = new TopicScore
        {
            MeshDeliveriesWeight = -1,
            MeshDeliveriesActivationMs = 5000,
            MeshFailureWeight = -1,
            TimeInMeshWeight = 0,
        };
        var bench = new RouterBench(o => o with { Score = new ScoreOptions { Topic = topic } });
        var (lazy, busy) = (bench.Connect(), bench.Connect());
        for (var i = 0; i < 8; i++)
        {
            busy.Sends(busy.Message("m" + i));
            bench.RunFor(1000);
        }

        Assert.False(lazy.IsInMesh);
        Assert.True(busy.IsInMesh);
        Assert.True(lazy.Score < 0);
    }

    [Fact]
    public void RandomRpcsNeverThrowAndStayWithinBounds()
    {
        var chance = new Chance(17);
        var bench = new RouterBench();
        var peers = Enumerable.Range(0, 3).Select(_ => bench.Connect()).ToList();
        for (var i = 0; i < 3000; i++)
        {
            var peer = peers[chance.Below(3)];
            var rpc = new ProtobufWriter();
            rpc.Bytes(1, chance.Bytes(chance.Below(8))).Bytes(3, chance.Bytes(chance.Below(30)))
                .Bytes(2, Damaged(peer.Message("m" + i).Encoded.ToArray(), chance));
            peer.SaysBytes(rpc.ToArray());
            bench.Handle(new GossipInput.Esteem(peer.Id, 1e6)); // is listened to all the same
            bench.RunFor(10);
        }

        Assert.All(bench.Delivered, text => Assert.StartsWith("m", text, StringComparison.Ordinal));
    }

    private static byte[] Damaged(byte[] bytes, Chance chance)
    {
        if (chance.Below(3) > 0)
            bytes[chance.Below(bytes.Length)] ^= (byte)chance.Next();
        return bytes;
    }
}
