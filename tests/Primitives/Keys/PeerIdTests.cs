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
}
