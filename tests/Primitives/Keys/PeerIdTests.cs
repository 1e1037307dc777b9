using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Tests.Keys;

public sealed class PeerIdTests
{
    // libp2p/specs peer-ids/peer-ids.md, "Test vectors": the Ed25519 public key message.
    private const string SpecKey = "080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e";

    [Fact]
    public void Ed25519KeyMessageOfTheSpecificationStandsInTheId()
    {
        Assert.True(Hex.TryDecode(SpecKey, out byte[] protobuf));
        Assert.True(PeerId.TryFromPublicKey(protobuf, out PeerId id));
        Assert.True(id.TryGetEd25519(out Ed25519PublicKey key));
        Assert.Equal(SpecKey[8..], Hex.Encode(key.AsSpan()));
        Assert.StartsWith("12D3KooW", id.ToString());
        Assert.Equal(id, key.ToPeerId());
        Assert.True(PeerId.TryParse(id.ToString(), out PeerId back));
        Assert.Equal(id, back);
    }

    // The same specification: one RSA peer id in both of its spellings.
    [Fact]
    public void Base58AndCidSpellingsOfTheSpecificationAreOnePeer()
    {
        Assert.True(PeerId.TryParse("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", out PeerId base58));
        Assert.True(PeerId.TryParse("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", out PeerId cid));
        Assert.Equal(base58, cid);
        Assert.Equal("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", cid.ToString());
        Assert.Equal("bafzbeie5745rpv2m6tjyuugywy4d5ewrqgqqhfnf445he3omzpjbx5xqxe", cid.ToCid().ToString());
        Assert.False(cid.TryGetEd25519(out _));
    }

    // Spelled out as an example in the same document.
    [Fact]
    public void Ed25519ExampleOfTheSpecificationParses()
    {
        Assert.True(PeerId.TryParse("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA", out PeerId id));
        Assert.True(id.TryGetEd25519(out Ed25519PublicKey key));
        Assert.Equal("12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA", key.ToPeerId().ToString());
    }

    [Fact]
    public void Secp256k1KeysStandInTheIdAndLongerKeysAreHashed()
    {
        SeededBytes random = new(51);
        byte[] secp256k1 = [0x08, 0x02, 0x12, 0x21, 0x02, .. random.Bytes(32)];
        Assert.True(PeerId.TryFromPublicKey(secp256k1, out PeerId inline));
        Assert.Equal(39, inline.AsSpan().Length);
        Assert.StartsWith("16Uiu2HA", inline.ToString());
        Assert.False(inline.TryGetEd25519(out _));

        byte[] rsa = [0x08, 0x00, 0x12, 0xa6, 0x02, .. random.Bytes(294)];
        Assert.True(PeerId.TryFromPublicKey(rsa, out PeerId hashed));
        Assert.StartsWith("Qm", hashed.ToString());
        Assert.Equal(
            System.Security.Cryptography.SHA256.HashData(rsa),
            hashed.AsSpan()[2..].ToArray());
    }

    [Theory]
    [InlineData("empty", "")]
    [InlineData("key cut off", "08011220aabb")]
    [InlineData("unknown type", "08091220")]
    [InlineData("fields the other way round", "12200801")]
    public void BrokenShortKeyMessagesAreRefused(string label, string hex)
    {
        Assert.True(Hex.TryDecode(hex, out byte[] protobuf));
        Assert.False(PeerId.TryFromPublicKey(protobuf, out PeerId id), label);
        Assert.True(id.IsDefault);
    }

    [Fact]
    public void BytesThatParseAreTheirOneSpelling()
    {
        SeededBytes random = new(52);
        byte[] good = PeerId.From(Ed25519PublicKey.From(random.Bytes(32))).ToArray();
        int accepted = 0;
        for (int i = 0; i < 5_000; i++)
        {
            byte[] mutant = random.Mutated(good);
            if (!PeerId.TryFromBytes(mutant, out PeerId id))
                continue;
            accepted++;
            Assert.Equal(mutant, id.ToArray());
            Assert.True(PeerId.TryParse(id.ToString(), out PeerId again));
            Assert.Equal(id, again);
            Assert.True(PeerId.TryParse(id.ToCid().ToString(), out again));
            Assert.Equal(id, again);
        }

        Assert.True(accepted > 100);
    }

    [Fact]
    public void TruncatedTextIsRefused()
    {
        const string Text = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
        for (int length = 0; length < Text.Length; length++)
            Assert.False(PeerId.TryParse(Text.AsSpan(0, length), out _));
        Assert.False(PeerId.TryParse(Text + "1", out _));
        Assert.False(PeerId.TryParse(new string('1', 10_000), out _));
    }

    [Fact]
    public void EmptyIdHasNoCid() => Assert.Throws<InvalidOperationException>(() => default(PeerId).ToCid());
}
