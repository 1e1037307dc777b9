using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Primitives.Tests.Encoding;

public sealed class VarintTests
{
    // multiformats/unsigned-varint, "Examples"; the last is the largest value there is.
    [Theory]
    [InlineData(0, "00")]
    [InlineData(1, "01")]
    [InlineData(127, "7f")]
    [InlineData(128, "8001")]
    [InlineData(255, "ff01")]
    [InlineData(300, "ac02")]
    [InlineData(16384, "808001")]
    [InlineData(long.MaxValue, "ffffffffffffffff7f")]
    public void ValuesHaveTheirOneSpelling(long value, string hex)
    {
        byte[] bytes = new byte[Varint.LengthMax];
        int written = Varint.Write((ulong)value, bytes);
        Assert.Equal(hex, Hex.Encode(bytes.AsSpan(0, written)));
        Assert.Equal(written, Varint.Length((ulong)value));
        Assert.Equal(VarintStatus.Done, Varint.TryRead(bytes, out ulong read, out int length));
        Assert.Equal((ulong)value, read);
        Assert.Equal(written, length);
    }

    [Fact]
    public void EveryPrefixOfAVarintNeedsMore()
    {
        byte[] bytes = new byte[Varint.LengthMax];
        for (int bits = 0; bits < 63; bits++)
        {
            int written = Varint.Write(1UL << bits, bytes);
            for (int length = 0; length < written; length++)
                Assert.Equal(VarintStatus.NeedMore, Varint.TryRead(bytes.AsSpan(0, length), out _, out _));
        }
    }

    [Theory]
    [InlineData("zero in two bytes", "8000")]
    [InlineData("one in two bytes", "8100")]
    [InlineData("ten bytes", "ffffffffffffffffff01")]
    [InlineData("nine bytes that go on", "ffffffffffffffffff")]
    [InlineData("zero in nine bytes", "808080808080808000")]
    public void OtherSpellingsAreInvalid(string label, string hex)
    {
        Assert.True(Hex.TryDecode(hex, out byte[] bytes), label);
        Assert.Equal(VarintStatus.Invalid, Varint.TryRead(bytes, out ulong value, out int length));
        Assert.Equal(0UL, value);
        Assert.Equal(0, length);
    }

    [Fact]
    public void WhatIsReadIsWrittenTheSame()
    {
        SeededBytes random = new(21);
        byte[] again = new byte[Varint.LengthMax];
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = random.Bytes(random.Below(12));
            if (Varint.TryRead(bytes, out ulong value, out int length) != VarintStatus.Done)
                continue;
            int written = Varint.Write(value, again);
            Assert.Equal(bytes[..length], again[..written]);
        }
    }

    [Fact]
    public void ValueAboveTheLimitIsOurDefect()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Varint.Length(1UL << 63));
        Assert.Throws<ArgumentException>(() => Varint.Write(128, new byte[1]));
    }
}
