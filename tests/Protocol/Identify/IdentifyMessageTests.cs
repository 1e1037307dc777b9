using Omega.P2P.Protocol.Identify;
using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Connection;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Identify;

public sealed class IdentifyMessageTests
{
    private static readonly IdentifyMessage Message = new(
        "omega/0.1.0", "ipfs/0.1.0", ["/a", "/b"], [Libp2pConnectionTests.Parse("/ip4/1.2.3.4/tcp/5")],
        Libp2pConnectionTests.Parse("/ip6/::1/tcp/6"));

    [Fact]
    public void MessageReadsBack()
    {
        var bytes = Message.Encode(ConnectionPair.Key(1).PublicKey);
        Assert.True(IdentifyMessage.TryDecode(bytes, ConnectionPair.Peer(1), Limits.Default, out var read));
        Assert.NotNull(read);
        Assert.Equal(("omega/0.1.0", "ipfs/0.1.0"), (read.AgentVersion, read.ProtocolVersion));
        Assert.Equal(Message.Protocols, read.Protocols);
        Assert.Equal(Message.ListenAddresses, read.ListenAddresses);
        Assert.Equal(Message.ObservedAddress, read.ObservedAddress);
        Assert.Equal(bytes, read.Encode(ConnectionPair.Key(1).PublicKey));
    }

    [Fact]
    public void KeyOfAnotherPeerIsRefused()
    {
        var bytes = Message.Encode(ConnectionPair.Key(2).PublicKey);
        Assert.False(IdentifyMessage.TryDecode(bytes, ConnectionPair.Peer(1), Limits.Default, out _));
    }

    [Fact]
    public void ForeignAddressesAndSurplusAreLeftOut()
    {
        var writer = new ProtobufWriter().Bytes(2, [0x91, 0x02, 0, 1]).Bytes(4, [0xff]);
        for (var i = 0; i < 100; i++)
        {
            writer.Text(3, "/p").Bytes(2, Message.ListenAddresses[0].AsSpan());
        }

        var limits = Limits.Default with { IdentifyProtocolsMax = 7, IdentifyAddressesMax = 5 };
        Assert.True(IdentifyMessage.TryDecode(writer.Written, ConnectionPair.Peer(1), limits, out var read));
        Assert.Equal((7, 5), (read!.Protocols.Count, read.ListenAddresses.Count)); // true comes with a message
        Assert.Null(read.ObservedAddress);
    }

    [Fact]
    public void MutatedMessagesNeverThrow()
    {
        var good = Message.Encode(ConnectionPair.Key(1).PublicKey);
        var refused = 0;
        for (ulong seed = 0; seed < 2000; seed++)
        {
            var chance = new Chance(seed);
            var bytes = good[..(1 + chance.Below(good.Length))];
            bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            refused += IdentifyMessage.TryDecode(bytes, ConnectionPair.Peer(1), Limits.Default, out _) ? 0 : 1;
        }

        Assert.InRange(refused, 500, 2000);
    }
}
