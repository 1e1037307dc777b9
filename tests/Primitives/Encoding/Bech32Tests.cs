using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Primitives.Tests.Encoding;

public sealed class Bech32Tests
{
    // The specification's own example of an X25519 identity: 32 bytes of 0x42.
    private const string Example = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

    [Fact]
    public void ExampleOfTheSpecificationIsReadAndWritten()
    {
        var bytes = new byte[32];
        Assert.True(Bech32.TryDecode(Ascii(Example), "age-secret-key-"u8, bytes));
        Assert.All(bytes, value => Assert.Equal(0x42, value));
        Assert.Equal(Example.ToLowerInvariant(), Encode("age-secret-key-", bytes));
    }

    [Fact]
    public void WhatIsWrittenIsReadForEveryLength()
    {
        for (var length = 0; length < 70; length++)
        {
            var bytes = Enumerable.Range(0, length).Select(i => (byte)((i * 37) + length)).ToArray();
            var text = Encode("age", bytes);
            var read = new byte[length];
            Assert.True(Bech32.TryDecode(Ascii(text), "age"u8, read));
            Assert.Equal(bytes, read);
            Assert.True(Bech32.TryDecode(Ascii(text.ToUpperInvariant()), "age"u8, read));
        }
    }

    [Fact]
    public void EveryChangedCharacterIsRefused()
    {
        var read = new byte[32];
        var text = Ascii(Example);
        for (var i = 0; i < text.Length; i++)
        {
            for (var value = 0; value < 256; value++)
            {
                var changed = text.ToArray();
                changed[i] = (byte)value;
                Assert.Equal(value == text[i], Bech32.TryDecode(changed, "age-secret-key-"u8, read));
            }
        }
    }

    [Fact]
    public void OtherLengthPrefixOrMixedCaseIsRefused()
    {
        var text = Ascii(Example);
        Assert.False(Bech32.TryDecode(text, "age-secret-key-"u8, new byte[31]));
        Assert.False(Bech32.TryDecode(text, "age-secret-key-"u8, new byte[33]));
        Assert.False(Bech32.TryDecode(text, "age-secret-kez-"u8, new byte[32]));
        Assert.False(Bech32.TryDecode(text.AsSpan(0, 73), "age-secret-key-"u8, new byte[32]));
        Assert.False(Bech32.TryDecode([], "age"u8, new byte[32]));
        Assert.False(Bech32.TryDecode(
            Ascii("age-secret-key-1" + Example[16..]), "age-secret-key-"u8, new byte[32]));
    }

    [Theory]
    [InlineData("x1lu7rxnn5", true)]
    [InlineData("x1lar4jxwx", false)]
    public void StrayBitsAreRefused(string text, bool isRead) =>
        Assert.Equal(isRead, Bech32.TryDecode(Ascii(text), "x"u8, new byte[1])); // both checksums are right

    private static string Encode(string prefix, byte[] bytes)
    {
        var text = new byte[Bech32.EncodedLength(prefix.Length, bytes.Length)];
        Bech32.Encode(Ascii(prefix), bytes, text);
        return System.Text.Encoding.ASCII.GetString(text);
    }

    private static byte[] Ascii(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}
