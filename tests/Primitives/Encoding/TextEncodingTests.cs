using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Primitives.Tests.Encoding;

public sealed class TextEncodingTests
{
    // RFC 4648 section 10, lower case and without padding.
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "my")]
    [InlineData("fo", "mzxq")]
    [InlineData("foo", "mzxw6")]
    [InlineData("foob", "mzxw6yq")]
    [InlineData("fooba", "mzxw6ytb")]
    [InlineData("foobar", "mzxw6ytboi")]
    public void Base32AgreesWithTheVectors(string plain, string text)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(plain);
        Assert.Equal(text, Base32.Encode(bytes));
        Assert.True(Base32.TryDecode(text, out byte[] decoded));
        Assert.Equal(bytes, decoded);
    }

    // draft-msporny-base58 section 5.
    [Theory]
    [InlineData("48656c6c6f20576f726c6421", "2NEpo7TZRRrLZSi2U")]
    [InlineData(
        "54686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f672e",
        "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z")]
    [InlineData("0000287fb4cd", "11233QC4")]
    [InlineData("", "")]
    [InlineData("00", "1")]
    [InlineData("000000", "111")]
    public void Base58AgreesWithTheVectors(string hex, string text)
    {
        Assert.True(Hex.TryDecode(hex, out byte[] bytes));
        Assert.Equal(text, Base58.Encode(bytes));
        Assert.True(Base58.TryDecode(text, out byte[] decoded));
        Assert.Equal(bytes, decoded);
    }

    // multiformats/multibase tests/basic.csv, "yes mani !".
    [Theory]
    [InlineData(MultibaseKind.Base16, "f796573206d616e692021")]
    [InlineData(MultibaseKind.Base32, "bpfsxgidnmfxgsibb")]
    [InlineData(MultibaseKind.Base58, "z7paNL19xttacUY")]
    public void MultibaseAgreesWithTheVectors(MultibaseKind kind, string text)
    {
        byte[] bytes = "yes mani !"u8.ToArray();
        Assert.Equal(text, Multibase.Encode(kind, bytes));
        Assert.True(Multibase.TryDecode(text, out MultibaseKind found, out byte[] decoded));
        Assert.Equal(kind, found);
        Assert.Equal(bytes, decoded);
    }

    [Theory]
    [InlineData("capital", "MY")]
    [InlineData("padding", "my======")]
    [InlineData("fill bits not zero", "mz")]
    [InlineData("one digit", "m")]
    [InlineData("three digits", "mzx")]
    [InlineData("six digits", "mzxw6y")]
    [InlineData("digit one", "m1")]
    [InlineData("beyond ASCII", "mｙ")]
    public void OtherBase32SpellingsAreRefused(string label, string text) =>
        Assert.False(Base32.TryDecode(text, out _), label);

    [Theory]
    [InlineData("zero", "10")]
    [InlineData("capital o", "1O")]
    [InlineData("capital i", "1I")]
    [InlineData("small l", "1l")]
    [InlineData("space", " 1")]
    public void OtherBase58SpellingsAreRefused(string label, string text) =>
        Assert.False(Base58.TryDecode(text, out _), label);

    [Theory]
    [InlineData("")]
    [InlineData("u796573")]
    [InlineData("F796573")]
    [InlineData("f79657")]
    [InlineData("f7965GG")]
    public void UnknownOrBrokenMultibaseIsRefused(string text) => Assert.False(Multibase.TryDecode(text, out _, out _));

    [Fact]
    public void EveryLengthComesBackInEveryBase()
    {
        SeededBytes random = new(11);
        for (int length = 0; length <= Base58.BytesMax; length++)
        {
            byte[] bytes = random.Bytes(length);
            bytes.AsSpan(0, Math.Min(length, random.Below(4))).Clear();
            foreach (MultibaseKind kind in Enum.GetValues<MultibaseKind>())
            {
                Assert.True(Multibase.TryDecode(Multibase.Encode(kind, bytes), out _, out byte[] decoded));
                Assert.Equal(bytes, decoded);
            }
        }
    }

    [Fact]
    public void LongBase58IsRefusedBeforeItCostsTime()
    {
        Assert.False(Base58.TryDecode(new string('z', Base58.TextMax + 1), out _));
        Assert.False(Base58.TryDecode(new string('z', Base58.TextMax), out _));
        Assert.False(Base58.TryDecode(new string('1', Base58.BytesMax + 1), out _));
        Assert.True(Base58.TryDecode(new string('1', Base58.BytesMax), out _));
        Assert.Throws<ArgumentException>(() => Base58.Encode(new byte[Base58.BytesMax + 1]));
    }

    [Fact]
    public void TextThatDecodesIsTheOneSpellingOfItsBytes()
    {
        const string Letters = "123abcxyzABCXYZ7890 =-f";
        SeededBytes random = new(12);
        int accepted = 0;
        for (int i = 0; i < 30_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Below(10)).Select(_ => Letters[random.Below(23)]));
            if (!Multibase.TryDecode(text, out MultibaseKind kind, out byte[] bytes))
                continue;
            accepted++;
            Assert.Equal(text, Multibase.Encode(kind, bytes));
        }

        Assert.True(accepted > 200, $"only {accepted} texts were accepted");
    }
}
