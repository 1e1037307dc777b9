using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Gossip;

public sealed class GossipMessageTests
{
    // Made by js-libp2p's gossipsub 17.1.1 with the key of seed 32 × 07: topic "bench", data "hello".
    private const string FromJs =
        "0a26002408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c120568656c6c6f1a0818ea02966fa5"
        + "0681220562656e63682a40f137877adbfafbe7cb16c401d8199fc4c4707b2206fd3e5e5f7b68aa9ebb5cd05cac59108def103fe71259"
        + "1927430f1383a80ec5e283c86baaded5b6ebb3a909322408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea"
        + "691446d22c";

    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.FromSeed(Enumerable.Repeat((byte)7, 32).ToArray());

    [Fact]
    public void MessageSignedByJsLibp2pVerifies()
    {
        var message = Read(Convert.FromHexString(FromJs));
        Assert.Equal(_key.PublicKey.ToPeerId(), message.From);
        Assert.Equal("bench", message.Topic);
        Assert.Equal("hello"u8.ToArray(), message.Data.ToArray());
        Assert.Equal(0x18ea02966fa50681ul, message.Sequence);
        Assert.Equal(GossipError.None, message.VerifySignature());
    }

    [Fact]
    public void OwnMessageHasTheBytesOfJsLibp2pButForTheNeedlessKey()
    {
        var message = GossipMessage.Create("bench", "hello"u8, 0x18ea02966fa50681, _key);
        Assert.Equal(FromJs[..^76], Convert.ToHexStringLower(message.Encoded.Span));
    }

    [Fact]
    public void IdIsAuthorThenSequence()
    {
        var id = GossipMessage.Create("t", [], 258, _key).ByAuthor();
        Assert.Equal(_key.PublicKey.ToPeerId().ToArray(), id.AsSpan()[..38].ToArray());
        Assert.Equal("0000000000000102", Convert.ToHexStringLower(id.AsSpan()[38..]));
    }

    [Fact]
    public void EveryChangedByteIsRefusedOrFailsTheSignature()
    {
        var good = GossipMessage.Create("topic", "data"u8, 1, _key).Encoded.ToArray();
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= 1;
            var isAccepted = GossipMessage.TryDecode(bad, GossipLimits.Default, out var message, out _)
                && message.VerifySignature() == GossipError.None;
            Assert.False(isAccepted, $"byte {i}");
        }
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        var good = GossipMessage.Create("topic", "data"u8, 1, _key).Encoded.ToArray();
        for (var length = 0; length < good.Length; length++)
            Assert.False(GossipMessage.TryDecode(good.AsSpan(0, length), GossipLimits.Default, out _, out _));
    }

    [Fact]
    public void FieldsThatNobodySignedAreNotPassedOn()
    {
        var good = GossipMessage.Create("topic", "data"u8, 1, _key).Encoded.ToArray();
        byte[] padded = [.. good, .. new ProtobufWriter().Bytes(99, new byte[1000]).Number(7, 1).Written];
        var message = Read(padded);
        Assert.Equal(good, message.Encoded.ToArray());
        Assert.Equal(GossipError.None, message.VerifySignature());
    }

    [Fact]
    public void AbsentDataIsNotEmptyData()
    {
        var author = _key.PublicKey.ToPeerId();
        var unsigned = new ProtobufWriter().Bytes(1, author.AsSpan()).Bytes(3, new byte[8]).Text(4, "t").ToArray();
        var signature = new byte[64];
        _key.Sign([.. "libp2p-pubsub:"u8, .. unsigned], signature);
        byte[] absent = [.. unsigned, .. new ProtobufWriter().Bytes(5, signature).Written];
        Assert.Equal(GossipError.None, Read(absent).VerifySignature());
        Assert.Equal(absent, Read(absent).Encoded.ToArray());
    }

    [Theory]
    [InlineData("no author", 1, GossipError.BadAuthor)]
    [InlineData("no sequence", 3, GossipError.BadSequence)]
    [InlineData("no topic", 4, GossipError.BadTopic)]
    [InlineData("no signature", 5, GossipError.BadSignature)]
    public void MissingFieldHasItsName(string label, int missing, GossipError expected)
    {
        Assert.NotEmpty(label);
        var good = GossipMessage.Create("topic", "data"u8, 1, _key).Encoded;
        var writer = new ProtobufWriter();
        var reader = new ProtobufReader(good.Span);
        while (reader.Next())
        {
            if (reader.Field != missing)
                writer.Bytes(reader.Field, reader.Bytes);
        }

        Assert.False(GossipMessage.TryDecode(writer.Written, GossipLimits.Default, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void DataOverItsBoundIsRefused()
    {
        var limits = GossipLimits.Default with { DataBytesMax = 10 };
        var message = GossipMessage.Create("t", new byte[11], 1, _key);
        Assert.False(GossipMessage.TryDecode(message.Encoded.Span, limits, out _, out var error));
        Assert.Equal(GossipError.TooLong, error);
    }

    [Fact]
    public void AuthorOfAnotherKeyKindIsNoFault()
    {
        byte[] rsa = [0x12, 0x20, .. new byte[32]];
        var bytes = new ProtobufWriter().Bytes(1, rsa).Bytes(3, new byte[8]).Text(4, "t").Bytes(5, new byte[256]);
        Assert.False(GossipMessage.TryDecode(bytes.Written, GossipLimits.Default, out _, out var error));
        Assert.Equal(GossipError.UnsupportedKeyKind, error);
    }

    private static GossipMessage Read(byte[] bytes)
    {
        Assert.True(GossipMessage.TryDecode(bytes, GossipLimits.Default, out var message, out var error), $"{error}");
        return message;
    }
}
