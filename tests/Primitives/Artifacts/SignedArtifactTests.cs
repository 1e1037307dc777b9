using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Primitives.Tests.Notes;

namespace Omega.P2P.Primitives.Tests.Artifacts;

public sealed class SignedArtifactTests
{
    private static readonly Samples.Authority Authority =
        new(new() { [10] = "replay", [11] = "build" }, new() { [20] = "alice-pi" });

    [Fact]
    public void EncodingsAreTheCommittedOnes()
    {
        var entry = Samples.Entry();
        GoldenFile.AssertSame("attestation", entry.Attestations[0].Attestation.Bytes.Span);
        GoldenFile.AssertSame("receipt", entry.Attestations[0].Receipt.Bytes.Span);
        GoldenFile.AssertSame("entry", entry.Bytes.Span);
        GoldenFile.AssertSame("entry-identity", entry.Identity.AsSpan());
        Assert.True(SignedArtifact.TryDecode(GoldenFile.Read("entry"), out var read, out _));
        Assert.Equal(ArtifactVerdict.Verified, read.Verify(Authority).Verdict);
    }

    [Fact]
    public void FieldsComeBack()
    {
        var (attestation, receipt) = Samples.Entry().Attestations[0];
        using var producer = TestKeys.Key(10);
        using var node = TestKeys.Key(20);
        Assert.Equal(producer.PublicKey, attestation.Key);
        Assert.True(attestation.Covers(Samples.Descriptor().Key));
        Assert.False(attestation.Covers(Samples.OtherArtifact));
        Assert.Equal(Samples.Domain, attestation.Domain);
        Assert.Equal("replay", attestation.Brane);
        Assert.Equal(Samples.Time, attestation.TimeUnixMs);
        Assert.Equal(node.PublicKey, receipt.Key);
        Assert.Equal(Blake3.Hash(attestation.Bytes.Span), receipt.Attestation);
        Assert.Equal(Samples.Time + 5, receipt.ReceivedUnixMs);
    }

    [Fact]
    public void VerificationNamesProducerAndNode()
    {
        var verification = Samples.Entry().Verify(Authority);
        Assert.Equal(ArtifactVerdict.Verified, verification.Verdict);
        Assert.Equal([SignerRole.Brane, SignerRole.Substrate], verification.Signatures.Select(s => s.Role));
        Assert.EndsWith(" (brane.replay)", verification.Signatures[0].ToString(), StringComparison.Ordinal);
        Assert.EndsWith(" (substrate.alice-pi)", verification.Signatures[1].ToString(), StringComparison.Ordinal);
        Assert.StartsWith("ed25519:", verification.Signatures[1].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AttestationsAreASet()
    {
        var descriptor = Samples.Descriptor();
        var one = Samples.Received(descriptor);
        var two = Samples.Received(descriptor, braneKey: 11, brane: "build");
        var entry = SignedArtifact.Create(descriptor, one, two);
        Assert.Equal(entry.Identity, SignedArtifact.Create(descriptor, two, one).Identity);
        Assert.Equal(
            entry.Identity, SignedArtifact.Create(descriptor, two).With(one.Attestation, one.Receipt).Identity);
        Assert.Same(entry, entry.With(two.Attestation, two.Receipt));
        Assert.Equal(4, entry.Verify(Authority).Signatures.Count);
        Assert.Throws<ArgumentException>(() => SignedArtifact.Create(descriptor, one, one));
        Assert.Throws<ArgumentException>(() => SignedArtifact.Create(descriptor));
    }

    [Fact]
    public void EightAttestationsFitAndNineAreRefused()
    {
        var descriptor = Samples.Descriptor();
        var nine = Enumerable.Range(0, 9).Select(i => Samples.Received(descriptor, braneKey: (byte)(30 + i))).ToArray();
        Assert.InRange(
            SignedArtifact.Create(descriptor, nine.AsSpan(0, 8)).Bytes.Length, 1, SignedArtifact.SizeBytesMax);
        Assert.Throws<ArgumentException>(() => SignedArtifact.Create(descriptor, nine));
    }

    [Theory]
    [InlineData("key of another brane", 11, 20, "replay", ArtifactVerdict.UnknownBraneKey)]
    [InlineData("name the DAM lacks", 10, 20, "other", ArtifactVerdict.UnknownBraneKey)]
    [InlineData("node the DAM lacks", 10, 21, "replay", ArtifactVerdict.UnknownNodeKey)]
    [InlineData("as the DAM says", 10, 20, "replay", ArtifactVerdict.Verified)]
    public void OnlyKeysOfTheDamHaveAuthority(string label, byte brane, byte node, string name, ArtifactVerdict verdict)
    {
        var descriptor = Samples.Descriptor();
        var entry = SignedArtifact.Create(descriptor, Samples.Received(descriptor, brane, node, name));
        Assert.True(entry.Verify(Authority).Verdict == verdict, label);
    }

    [Fact]
    public void EntryOfAnotherDomainIsNotOurs()
    {
        var descriptor = Samples.Descriptor();
        var other = DomainId.From(Blake3.Hash("another domain"u8));
        var entry = SignedArtifact.Create(descriptor, Samples.Received(descriptor, domain: other));
        Assert.Equal(ArtifactVerdict.OtherDomain, entry.Verify(Authority).Verdict);
    }

    [Fact]
    public void PartsThatDoNotBelongTogetherAreRefused()
    {
        var descriptor = Samples.Descriptor();
        var other = Samples.Descriptor("other");
        var pair = Samples.Received(descriptor);
        var foreign = Samples.Received(descriptor, braneKey: 11, brane: "build");
        Refused("entry-artifact", () => SignedArtifact.Create(other, pair));
        Refused("entry-receipt", () => SignedArtifact.Create(descriptor, pair with { Receipt = foreign.Receipt }));
    }

    [Fact]
    public void OneBadSignatureRefusesTheEntryWhole()
    {
        var entry = Samples.Entry();
        foreach (var signed in new[] { entry.Attestations[0].Receipt.Bytes, entry.Attestations[0].Attestation.Bytes })
        {
            var bytes = entry.Bytes.ToArray();
            var end = bytes.AsSpan().IndexOf(signed.Span) + signed.Length;
            bytes[end - 40] ^= 1; // inside the signature
            if (SignedArtifact.TryDecode(bytes, out var bad, out var error))
                Assert.Equal(ArtifactVerdict.BadSignature, bad.Verify(Authority).Verdict);
            else
                Assert.Equal("entry-receipt", error.Code); // the receipt names the attestation's bytes
        }
    }

    [Fact]
    public void EveryFlippedBitLosesTheVerdict()
    {
        var bytes = Samples.Entry().Bytes.ToArray();
        for (var i = 0; i < bytes.Length; i++)
        {
            Assert.False(SignedArtifact.TryDecode(bytes.AsSpan(0, i), out _, out _));
            var flipped = bytes.ToArray();
            flipped[i] ^= (byte)(1 << (i % 8));
            if (SignedArtifact.TryDecode(flipped, out var entry, out _))
                Assert.NotEqual(ArtifactVerdict.Verified, entry.Verify(Authority).Verdict);
        }
    }

    [Fact]
    public void SignatureOfOneKindIsNoneOfTheOther()
    {
        using var key = TestKeys.Key(10);
        var attestation = Samples.Entry().Attestations[0].Attestation;
        Assert.True(CoseSign1.TryDecode(attestation.Bytes.Span, out var message, out _));
        var asReceipt = CoseSign1.Sign(key, message.Payload, Receipt.ExternalAad);
        Assert.True(Attestation.TryDecode(asReceipt, out var forged, out _));
        Assert.False(forged.IsSignatureValid());
        Assert.False(Receipt.TryDecode(attestation.Bytes.Span, out _, out _));
    }

    [Fact]
    public void ArgumentsOutOfBoundsAreOurBug()
    {
        using var key = TestKeys.Key(10);
        var artifact = Samples.Descriptor().Key;
        Assert.Throws<ArgumentException>(
            () => Attestation.Create(key, artifact, Samples.Domain, "No Tag", Samples.Nonce, 0));
        Assert.Throws<ArgumentException>(
            () => Attestation.Create(key, artifact, Samples.Domain, "replay", Samples.Nonce.AsSpan(1), 0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Attestation.Create(key, artifact, Samples.Domain, "replay", Samples.Nonce, -1));
    }

    [Fact]
    public void InputOverTheBoundsIsRefusedUnread()
    {
        Assert.False(SignedArtifact.TryDecode(new byte[SignedArtifact.SizeBytesMax + 1], out _, out var error));
        Assert.Equal("entry-size", error.Code);
        Assert.False(Attestation.TryDecode(new byte[513], out _, out error));
        Assert.Equal("attestation-size", error.Code);
        Assert.False(Receipt.TryDecode(new byte[513], out _, out error));
        Assert.Equal("receipt-size", error.Code);
        Assert.False(Descriptor.TryDecode(new byte[Descriptor.SizeBytesMax + 1], out _, out error));
        Assert.Equal("descriptor-size", error.Code);
    }

    private static void Refused(string code, Action create) =>
        Assert.StartsWith(code, Assert.Throws<ArgumentException>(create).Message, StringComparison.Ordinal);
}
