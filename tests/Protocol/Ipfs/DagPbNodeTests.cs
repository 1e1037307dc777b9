using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Ipfs;

/// <summary>The byte forms are those that go-merkledag and @ipld/dag-pb agree on.</summary>
public sealed class DagPbNodeTests
{
    private const string Identity = "015500050001020304";

    [Theory]
    [InlineData("empty", "")]
    [InlineData("data of no bytes", "0a00")]
    [InlineData("data", "0a050001020304")]
    [InlineData("link", "120b0a09" + Identity)]
    [InlineData("link with an empty name", "120d0a09" + Identity + "1200")]
    [InlineData("link with a name", "12160a09" + Identity + "1209736f6d65206e616d65")]
    [InlineData("link with size zero", "120d0a09" + Identity + "1800")]
    [InlineData("link with a size", "120e0a09" + Identity + "18f207")]
    [InlineData("link with a large size", "12140a09" + Identity + "18ffffffffffffff0f")]
    [InlineData("link and data", "120b0a09" + Identity + "0a050001020304")]
    public void OneFormReadsAndWritesBack(string label, string hex)
    {
        Assert.True(DagPbNode.TryDecode(Convert.FromHexString(hex), out var node, out _), label);
        Assert.Equal(hex, Convert.ToHexStringLower(node.Encode()));
    }

    [Fact]
    public void OldFormWithDataFirstIsReadAndWrittenLinksFirst()
    {
        Assert.True(DagPbNode.TryDecode(
            Convert.FromHexString("0a0101120b0a09" + Identity), out var node, out _));
        Assert.Equal("120b0a09" + Identity + "0a0101", Convert.ToHexStringLower(node.Encode()));
    }

    [Theory]
    [InlineData("link without CID", "1200", DagPbError.BadCid)]
    [InlineData("link with bytes that are no CID", "12030a0105", DagPbError.BadCid)]
    [InlineData("name before CID", "120d12000a09" + Identity, DagPbError.FieldOrder)]
    [InlineData("two names", "120f0a09" + Identity + "12001200", DagPbError.FieldOrder)]
    [InlineData("data twice", "0a000a00", DagPbError.FieldOrder)]
    [InlineData("links around data", "120b0a09" + Identity + "0a00" + "120b0a09" + Identity, DagPbError.FieldOrder)]
    [InlineData("unknown field", "1a00", DagPbError.UnknownField)]
    [InlineData("data as a number", "0801", DagPbError.UnknownField)]
    [InlineData("unknown field in a link", "120d0a09" + Identity + "2200", DagPbError.UnknownField)]
    [InlineData("name that is not UTF-8", "120e0a09" + Identity + "1201ff", DagPbError.BadName)]
    [InlineData("cut", "0a05000102", DagPbError.NotProtobuf)]
    [InlineData("cut in a link", "120c0a09" + Identity + "18", DagPbError.NotProtobuf)]
    public void OneDefectGivesItsReason(string label, string hex, DagPbError expected)
    {
        Assert.False(DagPbNode.TryDecode(Convert.FromHexString(hex), out var node, out var error), label);
        Assert.Equal((expected, null), (error, node));
    }

    [Fact]
    public void LinksAreWrittenByTheBytesOfTheirNamesAndEqualOnesInOrder()
    {
        var cids = Enumerable.Range(0, 5).Select(i => CidHash.Of(Cid.CodecRaw, Cid.HashBlake3, [(byte)i])).ToArray();
        var names = new[] { "b", "\u00e9", "", "b", "B" };
        var node = new DagPbNode([.. cids.Zip(names, (cid, name) => new DagPbLink(cid, name, null))], null);
        Assert.True(DagPbNode.TryDecode(node.Encode(), out var read, out _));
        Assert.Equal(["", "B", "b", "b", "\u00e9"], read.Links.Select(link => link.Name));
        Assert.Equal([cids[2], cids[4], cids[0], cids[3], cids[1]], read.Links.Select(link => link.Hash));
    }

    [Fact]
    public void NodeOverABlockIsRefusedUnread()
    {
        Assert.False(DagPbNode.TryDecode(new byte[IpfsLimits.BlockBytes + 1], out _, out var error));
        Assert.Equal(DagPbError.TooLong, error);
    }

    [Fact]
    public void MutatedNodesNeverThrowAndWhatIsAcceptedReadsBack()
    {
        var good = Convert.FromHexString("12160a09" + Identity + "1209736f6d65206e616d65" + "0a050001020304");
        var (accepted, refused) = (0, 0);
        for (ulong seed = 0; seed < 4000; seed++)
        {
            var chance = new Chance(seed);
            var bytes = good.ToArray();
            bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            if (!DagPbNode.TryDecode(bytes, out var node, out _))
            {
                refused++;
                continue;
            }

            accepted++;
            Assert.True(DagPbNode.TryDecode(node.Encode(), out var again, out _));
            Assert.Equal(node.Encode(), again.Encode());
        }

        Assert.True(accepted > 100 && refused > 100, $"{accepted} accepted, {refused} refused");
    }
}
