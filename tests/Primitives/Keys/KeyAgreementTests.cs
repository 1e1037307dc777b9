using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Tests.Keys;

public sealed class KeyAgreementTests
{
    // RFC 7748 section 5.2.
    [Theory]
    [InlineData(
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData(
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void SharedValuesAgreeWithTheVectors(string secret, string peer, string expected)
    {
        byte[] shared = new byte[32];
        Assert.True(X25519.TryAgree(Bytes(secret), Bytes(peer), shared));
        Assert.Equal(expected, Hex.Encode(shared));
    }

    // RFC 7748 section 5.2: the iterated test after 1 and after 1,000 rounds.
    [Fact]
    public void IteratedValuesAgreeWithTheVectors()
    {
        byte[] k = Bytes("09" + new string('0', 62));
        byte[] u = [.. k];
        for (int round = 1; round <= 1000; round++)
        {
            byte[] shared = new byte[32];
            Assert.True(X25519.TryAgree(k, u, shared));
            (u, k) = (k, shared);
            if (round == 1)
                Assert.Equal("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079", Hex.Encode(k));
        }

        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", Hex.Encode(k));
    }

    [Fact]
    public void BothSidesAgree()
    {
        byte[][] pairs = [new byte[32], new byte[32], new byte[32], new byte[32]];
        X25519.GenerateKeyPair(new SeededBytes(41), pairs[0], pairs[1]);
        X25519.GenerateKeyPair(new SeededBytes(42), pairs[2], pairs[3]);
        byte[] left = new byte[32];
        byte[] right = new byte[32];
        Assert.True(X25519.TryAgree(pairs[0], pairs[3], left));
        Assert.True(X25519.TryAgree(pairs[2], pairs[1], right));
        Assert.Equal(left, right);
        Assert.NotEqual(new byte[32], left);
    }

    // Points of small order would make the shared value zero whatever the secret is (RFC 7748 section 6.1).
    [Theory]
    [InlineData("zero", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("one", "0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("p - 1", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("short", "09")]
    public void PublicValuesThatFixTheResultAreRefused(string label, string peer)
    {
        byte[] shared = new SeededBytes(43).Bytes(32);
        Assert.False(X25519.TryAgree(new SeededBytes(44).Bytes(32), Bytes(peer), shared), label);
        Assert.Equal(new byte[32], shared);
    }

    // RFC 5869 appendix A, cases 1 and 3.
    [Theory]
    [InlineData(
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")]
    [InlineData(
        "", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")]
    public void HkdfAgreesWithTheVectors(string salt, string info, string expected)
    {
        byte[] output = new byte[42];
        Kdf.HkdfSha256(Bytes(string.Concat(Enumerable.Repeat("0b", 22))), Bytes(salt), Bytes(info), output);
        Assert.Equal(expected, Hex.Encode(output));
    }

    private static byte[] Bytes(string hex)
    {
        Assert.True(Hex.TryDecode(hex, out byte[] bytes));
        return bytes;
    }
}
