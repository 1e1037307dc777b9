using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Gossip;

public sealed class GossipRpcTests
{
    // RPC.encode of js-libp2p's gossipsub 17.1.1.
    private const string FromJs =
        "0a090801120562656e63680a0508001201781a300a0e0a0562656e63681202010212010312030a01041a070a0562656e6368220a0a"
        + "017812030a0109183c2a040a020506";

    [Fact]
    public void EveryPartOfAnRpcOfJsLibp2pIsRead()
    {
        var rpc = Read(Convert.FromHexString(FromJs));
        Assert.Equal([("bench", true), ("x", false)], rpc.Subscriptions);
        var (topic, ids) = Assert.Single(rpc.Have);
        Assert.Equal("bench", topic);
        Assert.Equal(["0102", "03"], ids.Select(id => id.ToString()));
        Assert.Equal(["04"], rpc.Want.Select(id => id.ToString()));
        Assert.Equal(["bench"], rpc.Grafts);
        Assert.Equal([("x", 60ul)], rpc.Prunes);
        Assert.Equal(["0506"], rpc.DontWant.Select(id => id.ToString()));
    }

    [Fact]
    public void EveryTruncationIsRefusedOrShorter()
    {
        var whole = Convert.FromHexString(FromJs);
        for (var length = 0; length < whole.Length; length++)
        {
            if (GossipRpc.TryDecode(whole.AsMemory(0, length), GossipLimits.Default, out var rpc, out var error))
                Assert.True(rpc.Grafts.Count == 0 || length == whole.Length);
            else
                Assert.Equal(GossipError.Malformed, error);
        }
    }

    [Fact]
    public void RandomBytesNeverThrow()
    {
        var chance = new Chance(11);
        var whole = Convert.FromHexString(FromJs);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = i % 2 == 0 ? chance.Bytes(chance.Below(80)) : whole.ToArray();
            for (var j = 0; bytes.Length > 0 && j < 3; j++)
                bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            if (GossipRpc.TryDecode(bytes, GossipLimits.Default, out var rpc, out _))
                Assert.True(rpc.Messages.Sum(m => m.Length) <= bytes.Length);
        }
    }

    [Fact]
    public void EntriesOverTheBoundAreLeftOut()
    {
        var limits = GossipLimits.Default with { RpcEntriesMax = 3 };
        var ids = new ProtobufWriter();
        for (var i = 0; i < 10; i++)
            ids.Bytes(1, [(byte)i]);
        var control = new ProtobufWriter().Bytes(2, ids.Written);
        for (var i = 0; i < 10; i++)
            control.Bytes(3, new ProtobufWriter().Text(1, "t" + i).Written);
        var rpc = new ProtobufWriter().Bytes(3, control.Written);
        for (var i = 0; i < 10; i++)
            rpc.Bytes(2, [1]);
        Assert.True(GossipRpc.TryDecode(rpc.ToArray(), limits, out var read, out _));
        Assert.Equal((3, 3, 3), (read.Want.Count, read.Grafts.Count, read.Messages.Count));
    }

    [Fact]
    public void LongIdsAndWrongTopicsAreLeftOut()
    {
        var ids = new ProtobufWriter().Bytes(1, new byte[65]).Bytes(1, []).Bytes(1, new byte[64]);
        var control = new ProtobufWriter().Bytes(2, ids.Written)
            .Bytes(3, new ProtobufWriter().Bytes(1, [0xff, 0xfe]).Written)
            .Bytes(3, new ProtobufWriter().Text(1, new string('t', 257)).Written)
            .Bytes(3, []);
        var rpc = Read(new ProtobufWriter().Bytes(3, control.Written).ToArray());
        Assert.Single(rpc.Want);
        Assert.Empty(rpc.Grafts);
    }

    [Fact]
    public void RpcOverItsBoundIsRefusedUnread()
    {
        var limits = GossipLimits.Default with { RpcBytesMax = 100 };
        Assert.False(GossipRpc.TryDecode(new byte[101], limits, out _, out var error));
        Assert.Equal(GossipError.TooLong, error);
    }

    private static GossipRpc Read(byte[] bytes)
    {
        Assert.True(GossipRpc.TryDecode(bytes, GossipLimits.Default, out var rpc, out var error), $"{error}");
        return rpc;
    }
}
