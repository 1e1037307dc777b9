using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Tests.Keys;

public sealed class Ed25519Tests
{
    // RFC 8032 section 7.1, tests 1 to 3.
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void SignaturesAgreeWithTheVectors(string seed, string publicKey, string message, string signature)
    {
        using Ed25519PrivateKey key = Ed25519PrivateKey.FromSeed(Bytes(seed));
        byte[] signed = new byte[64];
        key.Sign(Bytes(message), signed);

        Assert.Equal(publicKey, Hex.Encode(key.PublicKey.AsSpan()));
        Assert.Equal(signature, Hex.Encode(signed));
        Assert.True(key.PublicKey.Verify(Bytes(message), signed));
    }

    // w3c-ccg/did-method-key test-vectors/ed25519-x25519.json: seeds 0 to 4, last byte counted up.
    [Theory]
    [InlineData(0, "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp")]
    [InlineData(1, "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG")]
    [InlineData(2, "did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf")]
    [InlineData(3, "did:key:z6MkvqoYXQfDDJRv8L4wKzxYeuKyVZBfi9Qo6Ro8MiLH3kDQ")]
    [InlineData(4, "did:key:z6MkwW6aqMnjgrhJXFUko3NnZPGzVpkNzhYK7yEhnsibmLwL")]
    public void DidsAgreeWithTheVectors(byte last, string did)
    {
        byte[] seed = new byte[32];
        seed[31] = last;
        using Ed25519PrivateKey key = Ed25519PrivateKey.FromSeed(seed);

        Assert.Equal(did, key.PublicKey.ToDid());
        Assert.Equal("ed25519:" + did[^4..], key.PublicKey.ToShort());
        Assert.True(Ed25519PublicKey.TryParse(did, out Ed25519PublicKey parsed));
        Assert.Equal(key.PublicKey, parsed);
    }

    [Fact]
    public void AllSpellingsAreOneKey()
    {
        Ed25519PublicKey key = Ed25519PublicKey.From(new SeededBytes(31).Bytes(32));
        string did = key.ToDid();
        string peer = key.ToPeerId().ToString();
        Assert.StartsWith("did:key:z6Mk", did);
        Assert.StartsWith("12D3KooW", peer);
        foreach (string text in (string[])[did, did[8..], peer, key.ToPeerId().ToCid().ToString()])
        {
            Assert.True(Ed25519PublicKey.TryParse(text, out Ed25519PublicKey parsed), text);
            Assert.Equal(key, parsed);
        }
    }

    [Theory]
    [InlineData("empty", "")]
    [InlineData("prefix alone", "did:key:")]
    [InlineData("peer id as did", "did:key:12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA")]
    [InlineData("other did method", "did:web:example.org")]
    [InlineData("X25519 did", "did:key:z6LShs9GGnqk85isEBzzshkuVWrVKsRp24GnDuHk8QWkARMW")]
    [InlineData("hashed peer id", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")]
    [InlineData("digit lost", "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooW")]
    [InlineData("space behind", "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp ")]
    public void OtherTextIsNoKey(string label, string text) =>
        Assert.False(Ed25519PublicKey.TryParse(text, out _), label);

    [Fact]
    public void EveryFlippedBitOfASignatureIsRefused()
    {
        using Ed25519PrivateKey key = Ed25519PrivateKey.Generate(new SeededBytes(32));
        byte[] message = new SeededBytes(33).Bytes(50);
        byte[] signature = new byte[64];
        key.Sign(message, signature);
        for (int bit = 0; bit < 512; bit++)
        {
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(key.PublicKey.Verify(message, signature), $"bit {bit}");
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(key.PublicKey.Verify(message, signature));
    }

    // S and S + L satisfy the same equation; only S below the group order L may pass (RFC 8032 section 5.1.7).
    [Fact]
    public void SignatureWithSAboveTheGroupOrderIsRefused()
    {
        byte[] order = Bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        using Ed25519PrivateKey key = Ed25519PrivateKey.Generate(new SeededBytes(34));
        byte[] signature = new byte[64];
        key.Sign("m"u8, signature);
        int carry = 0;
        for (int i = 0; i < 32; i++)
        {
            carry += signature[32 + i] + order[i];
            signature[32 + i] = (byte)carry;
            carry >>= 8;
        }

        Assert.Equal(0, carry);
        Assert.False(key.PublicKey.Verify("m"u8, signature));
    }

    // With the neutral point as key and R, S = 0 verifies any message unless small order is refused.
    [Theory]
    [InlineData("neutral", "0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("order 4", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    public void KeysOfSmallOrderVerifyNothing(string label, string point)
    {
        byte[] signature = [.. Bytes("01" + new string('0', 62)), .. new byte[32]];
        Ed25519PublicKey key = Ed25519PublicKey.From(Bytes(point));
        for (byte i = 0; i < 16; i++)
            Assert.False(key.Verify([i], signature), label);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public void SignatureOfAnotherLengthIsRefused(int length)
    {
        using Ed25519PrivateKey key = Ed25519PrivateKey.Generate(new SeededBytes(35));
        Assert.False(key.PublicKey.Verify([], new byte[length]));
    }

    [Fact]
    public void SeedComesBackAndWipedKeysAreUnusable()
    {
        byte[] seed = new SeededBytes(36).Bytes(32);
        byte[] exported = new byte[32];
        Ed25519PrivateKey key = Ed25519PrivateKey.FromSeed(seed);
        key.ExportSeed(exported);
        Assert.Equal(seed, exported);

        key.Dispose();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign([], new byte[64]));
        Assert.Throws<ObjectDisposedException>(() => key.ExportSeed(exported));
    }

    [Fact]
    public void DisposedSecretIsZeroInMemory()
    {
        SecretBytes secret = new(64);
        Span<byte> view = secret.Span;
        view.Fill(0xa5);
        secret.Dispose();
        Assert.Equal(new byte[64], view.ToArray());
    }

    [Fact]
    public void TextOfAPrivateKeyHoldsNoSecret()
    {
        byte[] seed = new SeededBytes(37).Bytes(32);
        using Ed25519PrivateKey key = Ed25519PrivateKey.FromSeed(seed);
        Assert.Equal("private key of " + key.PublicKey.ToShort(), key.ToString());
    }

    private static byte[] Bytes(string hex)
    {
        Assert.True(Hex.TryDecode(hex, out byte[] bytes));
        return bytes;
    }
}
