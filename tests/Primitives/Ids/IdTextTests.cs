using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Tests.Ids;

public sealed class IdTextTests
{
    private const string Digits = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

    [Theory]
    [InlineData("b3:" + Digits, IdKind.Content, 64)]
    [InlineData("blake3:" + Digits, IdKind.Content, 64)]
    [InlineData("blk:" + Digits, IdKind.Block, 64)]
    [InlineData("key:" + Digits, IdKind.Key, 64)]
    [InlineData(Digits, IdKind.Any, 64)]
    [InlineData("af13", IdKind.Any, 4)]
    [InlineData("AF13", IdKind.Any, 4)]
    [InlineData("b3:af13", IdKind.Content, 4)]
    [InlineData("BLAKE3:AF1349", IdKind.Content, 6)]
    [InlineData("blk:af134", IdKind.Block, 5)]
    [InlineData("key:af1349b9", IdKind.Key, 8)]
    public void WhatPeopleTypeIsUnderstood(string text, IdKind kind, int digits)
    {
        Assert.True(IdText.TryParse(text, out ParsedId id), text);
        Assert.Equal(kind, id.Kind);
        Assert.Equal(Digits[..digits], id.HexPrefix);
        Assert.Equal(digits == 64, id.IsFull);
        Assert.True(IdText.TryParse(id.ToString(), out ParsedId again));
        Assert.Equal(id, again);
    }

    [Fact]
    public void CidOfContentIsAWholeContentId()
    {
        ContentId content = ContentId.Of([]);
        Assert.True(IdText.TryParse(content.ToCid().ToString(), out ParsedId id));
        Assert.Equal(new ParsedId(IdKind.Content, Digits), id);
        Assert.Equal(content.Hash, id.Hash);
    }

    [Theory]
    [InlineData("nothing", null)]
    [InlineData("empty", "")]
    [InlineData("word alone", "b3:")]
    [InlineData("three digits", "b3:af1")]
    [InlineData("three digits, no word", "af1")]
    [InlineData("65 digits", Digits + "0")]
    [InlineData("no hex", "b3:af1g")]
    [InlineData("unknown word", "b4:af13")]
    [InlineData("two words", "b3:blk:af13")]
    [InlineData("space in front", " af13")]
    [InlineData("space behind", "af13 ")]
    [InlineData("full-width digits", "ａｆ１３")]
    [InlineData("domain", "dom:" + Digits)]
    [InlineData("CID of another codec", "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354")]
    public void OtherTextIsNoId(string label, string? text)
    {
        Assert.False(IdText.TryParse(text, out ParsedId id), label);
        Assert.Equal(default, id);
    }

    [Fact]
    public void PrefixBoundsEncloseEveryIdThatStartsWithIt()
    {
        SeededBytes random = new(91);
        for (int i = 0; i < 2_000; i++)
        {
            Hash256 hash = Hash256.From(random.Bytes(32));
            string hex = hash.ToString();
            Assert.True(IdText.TryParse(hex[..(4 + random.Below(61))], out ParsedId id));
            Assert.True(id.Matches(hash));
            Assert.StartsWith(id.HexPrefix, id.First.ToString());
            Assert.StartsWith(id.HexPrefix, id.Last.ToString());

            Hash256 other = Hash256.From(random.Mutated(hash.AsSpan())[..31].Append((byte)0).ToArray());
            bool starts = other.ToString().StartsWith(id.HexPrefix, StringComparison.Ordinal);
            Assert.Equal(starts, id.Matches(other));
        }
    }

    [Fact]
    public void PrefixHasNoWholeHash()
    {
        Assert.True(IdText.TryParse("af13", out ParsedId id));
        Assert.Throws<InvalidOperationException>(() => id.Hash);
    }

    [Fact]
    public void RandomTextNeverThrows()
    {
        const string Letters = "b3lk:eyaf0123ABz";
        SeededBytes random = new(92);
        int accepted = 0;
        for (int i = 0; i < 30_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Below(80)).Select(_ => Letters[random.Below(16)]));
            if (IdText.TryParse(text, out ParsedId id))
                accepted += id.HexPrefix.Length >= IdText.DigitsMin ? 1 : -30_000;
        }

        Assert.True(accepted > 0);
    }
}
