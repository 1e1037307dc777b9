using Omega.P2P.Protocol.Discovery;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Discovery;

public sealed class DnsMessageTests
{
    private static readonly DnsMessage Whole = new()
    {
        Id = 7,
        IsResponse = true,
        Questions = [new DnsQuestion("_p2p._udp.local", DnsType.Ptr, true)],
        Answers = [new DnsRecord("_p2p._udp.local", DnsType.Ptr, 120, false) { Target = "x._p2p._udp.local" }],
        Additionals =
        [
            new DnsRecord("x._p2p._udp.local", DnsType.Txt, 120, true) { Texts = ["dnsaddr=/ip4/10.0.0.1/tcp/1"] },
            new DnsRecord("x._p2p._udp.local", DnsType.Srv, 120, true) { Target = "x.local", Port = 4001 },
            new DnsRecord("x.local", DnsType.A, 120, true) { Data = new byte[] { 10, 0, 0, 1 } },
        ],
    };

    [Fact]
    public void EncodedMessageReadsBackTheSame()
    {
        Assert.True(DnsMessage.TryDecode(Whole.Encode(), out var read));
        Assert.Equal(Whole.Encode(), read.Encode());
        Assert.Equal("x._p2p._udp.local", read.Answers[0].Target);
        Assert.Equal(["dnsaddr=/ip4/10.0.0.1/tcp/1"], read.Additionals[0].Texts);
        Assert.Equal(4001, read.Additionals[1].Port);
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        var bytes = Whole.Encode();
        for (var length = 0; length < bytes.Length; length++)
            Assert.False(DnsMessage.TryDecode(bytes.AsSpan(0, length), out _), $"{length}");
    }

    [Fact]
    public void CompressedNameIsRead()
    {
        // "local" at 12, a question for "a.local" by pointer.
        byte[] bytes =
        [
            0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
            5, (byte)'L', (byte)'o', (byte)'c', (byte)'a', (byte)'l', 0, 0, 12, 0, 1,
            1, (byte)'a', 0xc0, 12, 0, 12, 0, 1,
        ];
        Assert.True(DnsMessage.TryDecode(bytes, out var read));
        Assert.Equal(["local", "a.local"], read.Questions.Select(q => q.Name));
    }

    [Theory]
    [InlineData("to itself", 12)]
    [InlineData("ahead", 20)]
    public void PointerThatLoopsOrPointsAheadIsRefused(string label, byte target)
    {
        Assert.NotEmpty(label);
        byte[] bytes = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, target, 0, 12, 0, 1];
        Assert.False(DnsMessage.TryDecode(bytes, out _));
    }

    [Fact]
    public void LongNameByChainedPointersIsRefused()
    {
        var bytes = new List<byte> { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
        var count = 8;
        var before = -1;
        for (var i = 0; i < count; i++)
        {
            var at = bytes.Count;
            bytes.Add(60);
            bytes.AddRange(Enumerable.Repeat((byte)'a', 60));
            bytes.AddRange(before < 0 ? [0] : [(byte)(0xc0 | (before >> 8)), (byte)before]);
            bytes.AddRange([0, 12, 0, 1]);
            before = at;
        }

        bytes[5] = (byte)count;
        Assert.False(DnsMessage.TryDecode([.. bytes], out _));
    }

    [Fact]
    public void RandomAndDamagedBytesNeverThrow()
    {
        var chance = new Chance(5);
        var good = Whole.Encode();
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = i % 2 == 0 ? chance.Bytes(chance.Below(100)) : good.ToArray();
            for (var j = 0; bytes.Length > 0 && j < 3; j++)
                bytes[chance.Below(bytes.Length)] = (byte)chance.Next();
            if (DnsMessage.TryDecode(bytes, out var read))
                Assert.True(read.Questions.Count + read.Answers.Count <= bytes.Length);
        }
    }
}
