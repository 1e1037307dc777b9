using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Ipfs;

public sealed class BitswapMessageTests
{
    private static readonly Cid Abc = CidHash.Of(Cid.CodecRaw, Cid.HashBlake3, "abc"u8);

    private static readonly BitswapMessage Message = new()
    {
        Wants = [new BitswapWant(Abc, 7, Cancel: false, WantHave: true, SendDontHave: true)],
        IsFull = true,
        Blocks = [new BitswapBlock(BitswapMessage.PrefixOf(Abc), "abc"u8.ToArray())],
        Presences = [new BitswapPresence(Abc, true), new BitswapPresence(Abc, false)],
        PendingBytes = 9,
    };

    [Fact]
    public void MessageReadsBack()
    {
        var bytes = Message.Encode();
        Assert.True(BitswapMessage.TryDecode(bytes, out var read, out _));
        Assert.Equal(Message.Wants, read.Wants);
        Assert.True(read.IsFull);
        Assert.Equal(Message.Presences, read.Presences);
        Assert.Equal(9, read.PendingBytes);
        Assert.Equal("01551e20", Convert.ToHexStringLower(Assert.Single(read.Blocks).Prefix.Span));
        Assert.Equal("abc"u8.ToArray(), read.Blocks[0].Data.ToArray());
        Assert.Equal(bytes, read.Encode());
    }

    /// <summary>The bytes that Helia's encoder gives for the same message: it writes every field.</summary>
    [Fact]
    public void MessageOfHeliaIsRead()
    {
        var cid = Convert.ToHexStringLower(Abc.Bytes);
        var entry = "0a24" + cid + "1001" + "1800" + "2000" + "2801";
        var bytes = Convert.FromHexString("0a30" + "0a2e" + entry + "2801");
        Assert.True(BitswapMessage.TryDecode(bytes, out var read, out _));
        Assert.Equal([new BitswapWant(Abc, 1, SendDontHave: true)], read.Wants);
        Assert.Equal((false, 1), (read.IsFull, read.PendingBytes));
    }

    [Fact]
    public void PrefixOfVersion0IsSpelledOut()
    {
        Assert.True(Cid.TryParse("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n", out var old));
        Assert.Equal([0x00, 0x70, 0x12, 0x20], BitswapMessage.PrefixOf(old));
    }

    [Fact]
    public void UnknownFieldsAndTheBlocksOfOldPeersArePassedOver()
    {
        var bytes = new ProtobufWriter().Bytes(2, "old"u8).Number(99, 1).ToArray();
        Assert.True(BitswapMessage.TryDecode(bytes, out var read, out _));
        Assert.Empty(read.Blocks);
    }

    [Theory]
    [InlineData("wantlist as a number", "0801", BitswapError.WrongType)]
    [InlineData("entry as a number", "0a020801", BitswapError.WrongType)]
    [InlineData("entry without CID", "0a040a021001", BitswapError.BadCid)]
    [InlineData("entry of no CID", "0a050a030a0105", BitswapError.BadCid)]
    [InlineData("priority as bytes", "0a040a021200", BitswapError.WrongType)]
    [InlineData("presence without CID", "22021001", BitswapError.BadCid)]
    [InlineData("block data as a number", "1a021001", BitswapError.WrongType)]
    [InlineData("cut", "0a05", BitswapError.NotProtobuf)]
    [InlineData("cut inside", "0a020a05", BitswapError.NotProtobuf)]
    public void OneDefectGivesItsReason(string label, string hex, BitswapError expected)
    {
        Assert.False(BitswapMessage.TryDecode(Convert.FromHexString(hex), out var message, out var error), label);
        Assert.Equal((expected, null), (error, message));
    }

    [Fact]
    public void OneWantOverTheBoundIsRefusedAndTheBoundIsNot()
    {
        var want = new BitswapWant(Abc);
        var most = Message with { Wants = [.. Enumerable.Repeat(want, IpfsLimits.Entries)] };
        Assert.True(BitswapMessage.TryDecode(most.Encode(), out _, out _));
        var over = Message with { Wants = [.. Enumerable.Repeat(want, IpfsLimits.Entries + 1)] };
        Assert.False(BitswapMessage.TryDecode(over.Encode(), out _, out var error));
        Assert.Equal(BitswapError.TooMany, error);
    }

    [Fact]
    public void BlockOverItsBoundIsRefused()
    {
        var block = new BitswapBlock(BitswapMessage.PrefixOf(Abc), new byte[IpfsLimits.BlockBytes + 1]);
        Assert.False(BitswapMessage.TryDecode(new BitswapMessage { Blocks = [block] }.Encode(), out _, out var error));
        Assert.Equal(BitswapError.BadBlock, error);
    }

    [Fact]
    public void MessageOverItsBoundIsRefusedUnread()
    {
        Assert.False(BitswapMessage.TryDecode(new byte[IpfsLimits.MessageBytes + 1], out _, out var error));
        Assert.Equal(BitswapError.TooLong, error);
    }

    [Fact]
    public void MutatedMessagesNeverThrow()
    {
        var good = Message.Encode();
        var refused = 0;
        for (ulong seed = 0; seed < 4000; seed++)
        {
            var chance = new Chance(seed);
            var bytes = good[..(1 + chance.Below(good.Length))];
            bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            refused += BitswapMessage.TryDecode(bytes, out _, out _) ? 0 : 1;
        }

        Assert.InRange(refused, 1000, 3999);
    }
}
