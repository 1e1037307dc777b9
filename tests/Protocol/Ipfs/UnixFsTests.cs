using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Ipfs;

public sealed class UnixFsTests
{
    /// <summary>Roots of files of n bytes (byte i is i mod 251) in leaves of one byte, as ipfs-unixfs-importer 15 makes
    /// them: raw leaves, CIDv1, balanced, 174 links, SHA2-256.</summary>
    [Theory]
    [InlineData(1, "bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu")]
    [InlineData(2, "bafybeif5uiwwtcp4lhepsst74pn5orww7ih6bbt7thh7qatkbav4skkvui")]
    [InlineData(174, "bafybeidlzvjwgufajwqsgrxxelmrmpuaglu2aql3kppzt2r2bfj4jiuriy")]
    [InlineData(175, "bafybeiblelyoch766vusr4mm7tbkrnzzt4jjv3m3cvlvf7w4d53ktylb6q")]
    [InlineData(348, "bafybeiagqcz5hflepkb27qq2sdkncmuap2hok2towsc2ovwdkwmurhedam")]
    [InlineData(349, "bafybeia52qele5f2mu7ul6sci44oxlt4c3o7chozaony2wbo5jemdooe64")]
    [InlineData(30276, "bafybeia2ohid45n7xjzmb27t4cxaqmubuwru7ysbvtltio5kemply5a22i")]
    [InlineData(30277, "bafybeifierymatnzcqg5sirstva2l2p6yi5qygqzwr7liwoxroombtuckm")]
    public void TreeIsTheOneThatJsMakes(int length, string root)
    {
        var builder = new UnixFsBuilder(_ => { }, Cid.HashSha256);
        for (var i = 0; i < length; i++)
            builder.Add(CidHash.Of(Cid.CodecRaw, Cid.HashSha256, [(byte)(i % 251)]), 1);
        Assert.Equal(length, builder.Size);
        Assert.Equal(root, builder.Finish().ToString());
    }

    [Fact]
    public void NodesComeBeforeTheirParentsAndTheRootLast()
    {
        var nodes = new Dictionary<Cid, byte[]>();
        Cid? last = null;
        var builder = new UnixFsBuilder(branch =>
        {
            var (cid, node) = (branch.Cid, branch.Bytes);
            Assert.True(CidHash.Matches(cid, node));
            Assert.True(DagPbNode.TryDecode(node, out var read, out _));
            Assert.Equal(read.Links[0].Hash.Codec == Cid.CodecRaw, branch.Level == 0);
            if (branch.Level == 0)
            {
                Assert.Equal(0, branch.Start % (4 * IpfsLimits.LinksMade));
                Assert.Equal(node, UnixFsBuilder.NodeOver(read.Links.Select(link => (link.Hash, 4))));
            }

            Assert.All(
                read.Links, link => Assert.True(link.Hash.Codec == Cid.CodecRaw || nodes.ContainsKey(link.Hash)));
            nodes.Add(cid, node);
            last = cid;
        });
        for (var i = 0; i < 1000; i++)
            builder.Add(CidHash.Of(Cid.CodecRaw, Cid.HashBlake3, BitConverter.GetBytes(i)), 4);
        Assert.Equal(builder.Finish(), last);
        Assert.Equal(7, nodes.Count);
    }

    [Fact]
    public void FileWithoutLeavesIsTheRawBlockOfNoBytes() => Assert.Equal(
        ContentId.Of([]).ToCid().ToString(), new UnixFsBuilder(_ => { }).Finish().ToString());

    [Fact]
    public void NodeReadsBackWithPackedAndUnpackedSizes()
    {
        var node = new UnixFsNode(UnixFsKind.File, new byte[] { 7 }, 301, [1, 300]);
        Assert.Equal("0802" + "120107" + "18ad02" + "2001" + "20ac02", Convert.ToHexStringLower(node.Encode()));
        foreach (var hex in new[] { "080212010718ad02200120ac02", "080212010718ad02" + "220301ac02" })
        {
            Assert.True(UnixFsNode.TryDecode(Convert.FromHexString(hex), out var read));
            Assert.Equal((UnixFsKind.File, 301ul), (read.Kind, read.FileSize));
            Assert.Equal([1ul, 300ul], read.BlockSizes);
            Assert.Equal(new byte[] { 7 }, read.Data.ToArray());
        }
    }

    [Theory]
    [InlineData("no type", "1800")]
    [InlineData("type 6", "0806")]
    [InlineData("type as bytes", "0a00")]
    [InlineData("size as bytes", "08021a00")]
    [InlineData("packed size cut", "0802220180")]
    [InlineData("packed size of 65 bits", "0802220affffffffffffffffff02")]
    [InlineData("cut", "080212")]
    public void OneDefectIsRefused(string label, string hex) =>
        Assert.False(UnixFsNode.TryDecode(Convert.FromHexString(hex), out _), label);

    [Fact]
    public void ModeAndTimeArePassedOver() =>
        Assert.True(UnixFsNode.TryDecode(Convert.FromHexString("0802" + "38a403" + "42020801"), out _));

    [Fact]
    public void MutatedNodesNeverThrow()
    {
        var good = new UnixFsNode(UnixFsKind.File, new byte[] { 7, 8, 9 }, 1000, [500, 497]).Encode();
        var refused = 0;
        for (ulong seed = 0; seed < 2000; seed++)
        {
            var chance = new Chance(seed);
            var bytes = good[..(1 + chance.Below(good.Length))];
            bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            refused += UnixFsNode.TryDecode(bytes, out _) ? 0 : 1;
        }

        Assert.InRange(refused, 200, 1999);
    }
}
