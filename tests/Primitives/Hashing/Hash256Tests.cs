using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Tests.Hashing;

public sealed class Hash256Tests
{
    [Fact]
    public void HexTextRoundTripsInBothCases()
    {
        var hash = Hash256.From([.. Enumerable.Range(100, 32).Select(i => (byte)i)]);
        Assert.Equal("6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283", hash.ToString());
        Assert.True(Hash256.TryParseHex(hash.ToString(), out var lower));
        Assert.True(Hash256.TryParseHex(hash.ToString().ToUpperInvariant(), out var upper));
        Assert.Equal(hash, lower);
        Assert.Equal(hash, upper);
    }

    [Theory]
    [InlineData("")]
    [InlineData("6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828")]
    [InlineData("6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f8081828g")]
    [InlineData("6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283 ")]
    public void OtherTextIsRefused(string text)
    {
        Assert.False(Hash256.TryParseHex(text, out var hash));
        Assert.True(hash.IsDefault);
    }

    [Fact]
    public void OrderIsUnsignedAndStartsAtTheFirstByte()
    {
        var low = Hash256.From([0x7F, .. new byte[31]]);
        var high = Hash256.From([0x80, .. new byte[31]]);
        var higher = Hash256.From([0x80, .. new byte[30], 1]);
        Assert.True(low < high);
        Assert.True(high < higher);
        Assert.True(high != higher);
        Assert.Equal(0, high.CompareTo(Hash256.From(high.AsSpan())));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void OtherLengthsAreRefused(int length) =>
        Assert.Throws<ArgumentException>(() => Hash256.From(new byte[length]));

    [Fact]
    public void OnlyAllZeroIsDefault()
    {
        Assert.True(default(Hash256).IsDefault);
        Assert.True(Hash256.From(new byte[32]).IsDefault);
        Assert.False(Hash256.From([.. new byte[31], 1]).IsDefault);
    }
}
