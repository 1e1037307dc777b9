using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Primitives.Tests.Notes;

namespace Omega.P2P.Primitives.Tests.Artifacts;

public sealed class AttestationBatchTests
{
    private static readonly Samples.Authority Authority = new(new() { [10] = "replay" }, new() { [20] = "alice-pi" });

    [Fact]
    public void EncodingsAreTheCommittedOnes()
    {
        var batch = Samples.Batch("content", "second", "third");
        GoldenFile.AssertSame("attestation-batch", Signed(batch[0]));
        GoldenFile.AssertSame("attestation-batched", batch[0].Bytes.Span);
        GoldenFile.AssertSame("entry-batched", Entry(Samples.Descriptor(), batch[0]).Bytes.Span);
        Assert.True(SignedArtifact.TryDecode(GoldenFile.Read("entry-batched"), out var read, out _));
        Assert.Equal(ArtifactVerdict.Verified, read.Verify(Authority).Verdict);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(AttestationBatch.CountMax)]
    public void EachIsAnAttestationOfItsArtifactAlone(int count)
    {
        string[] contents = [.. Enumerable.Range(0, count).Select(i => $"content {i}")];
        var batch = Samples.Batch(contents);
        for (var i = 0; i < count; i++)
        {
            Assert.True(Attestation.TryDecode(batch[i].Bytes.Span, out var read, out _));
            Assert.True(read.IsBatched);
            Assert.True(read.IsSignatureValid());
            Assert.Equal((Samples.Domain, "replay", Samples.Time), (read.Domain, read.Brane, read.TimeUnixMs));
            Assert.Equal(batch[0].Hash, read.Hash);
            Assert.True(read.Bytes.Span.SequenceEqual(batch[i].Bytes.Span));
            for (var j = 0; j < count; j++)
                Assert.Equal(i == j, read.Covers(Samples.Descriptor(contents[j]).Key));
        }
        Assert.Equal(count, batch.Select(one => Slot(one)).Distinct().Count());
    }

    [Fact]
    public void OneReceiptStandsForAllOfABatch()
    {
        var batch = Samples.Batch("content", "second");
        using var node = TestKeys.Key(20);
        var receipt = Receipt.Create(node, batch[0], Samples.Domain, Samples.Time + 5);
        foreach (var (content, attestation) in new[] { ("content", batch[0]), ("second", batch[1]) })
        {
            var entry = SignedArtifact.Create(Samples.Descriptor(content), attestation, receipt);
            Assert.Equal(ArtifactVerdict.Verified, entry.Verify(Authority).Verdict);
            Assert.True(SignedArtifact.TryDecode(entry.Bytes.Span, out var read, out _));
            Assert.Equal(entry.Identity, read.Identity);
        }

        var swapped = Assert.Throws<ArgumentException>(
            () => SignedArtifact.Create(Samples.Descriptor("second"), batch[0], receipt));
        Assert.StartsWith("entry-artifact", swapped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhoSeesOneLearnsNothingOfTheOthers()
    {
        // The same number of bytes whatever the company, and no hash in them that a guessed key leads to.
        var alone = Samples.Batch("content")[0].Bytes.ToArray();
        string[] others = [.. Enumerable.Range(0, 31).Select(i => $"secret {i}")];
        var amid = Samples.Batch(["content", .. others])[0].Bytes.ToArray();
        Assert.Equal(alone.Length, amid.Length);
        foreach (var key in others.Select(other => Samples.Descriptor(other).Key))
        {
            Assert.True(amid.AsSpan().IndexOf(key.AsSpan()) < 0);
            Assert.True(amid.AsSpan().IndexOf(BatchSlot.Leaf(key, []).AsSpan()) < 0);
            Assert.True(amid.AsSpan().IndexOf(BatchSlot.Leaf(key, new byte[BatchSlot.SaltBytes]).AsSpan()) < 0);
        }
    }

    [Fact]
    public void EveryFlippedBitAndEveryTruncationLosesTheVerdict()
    {
        var bytes = Entry(Samples.Descriptor(), Samples.Batch("content", "second")[0]).Bytes.ToArray();
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
    public void ASignatureOfOneKindIsNoneOfTheOther()
    {
        using var key = TestKeys.Key(10);
        Assert.True(CoseSign1.TryDecode(Signed(Samples.Batch("content")[0]), out var message, out _));
        var asAlone = CoseSign1.Sign(key, message.Payload, Attestation.ExternalAad);
        Assert.False(Attestation.TryDecode(asAlone, out _, out var error)); // four fields, not five
        Assert.Equal("attestation-shape", error.Code);
        var alone = Samples.Received(Samples.Descriptor()).Attestation;
        var inSlot = Replace(Samples.Batch("content")[0].Bytes.ToArray(), alone.Bytes.Span);
        Assert.False(Attestation.TryDecode(inSlot, out _, out error));
        Assert.Equal("attestation-shape", error.Code);
    }

    [Theory]
    [InlineData("slot 32 of 32", 32, "attestation-slot")]
    [InlineData("slot 24, not in its shortest form", -1, "")]
    public void SlotsOutsideTheTreeAreRefused(string label, int slot, string code)
    {
        var bytes = Samples.Batch("content")[0].Bytes.ToArray();
        var at = bytes.AsSpan().IndexOf("dslot"u8) + 5;
        byte[] value = slot < 0 ? [0x19, 0, 24] : [0x18, (byte)slot];
        var skipped = bytes[at] < 24 ? 1 : 2;
        byte[] changed = [.. bytes[..at], .. value, .. bytes[(at + skipped)..]];
        Assert.False(Attestation.TryDecode(changed, out _, out var error), label);
        Assert.True(code.Length == 0 || error.Code == code, $"{label}: {error}");
    }

    [Fact]
    public void InputOverTheBoundsIsRefusedUnread()
    {
        var long1 = new byte[Attestation.BatchedSizeBytesMax + 1];
        long1[0] = 0xa4;
        Assert.False(Attestation.TryDecode(long1, out _, out var error));
        Assert.Equal("attestation-size", error.Code);
        var bytes = Samples.Batch("content")[0].Bytes.ToArray();
        Assert.False(Attestation.TryDecode(Replace(bytes, new byte[Attestation.SizeBytesMax + 1]), out _, out error));
        Assert.Equal("attestation-size", error.Code);
    }

    [Fact]
    public void ArgumentsOutOfBoundsAreOurBug()
    {
        using var key = TestKeys.Key(10);
        var one = Samples.Descriptor().Key;
        Refused(() => Create([], "replay", 0));
        Refused(() => Create([.. Enumerable.Repeat(one, 33)], "replay", 0));
        Refused(() => Create([one], "No Tag", 0));
        Refused(() => Create([one], "replay", -1));

        IReadOnlyList<Attestation> Create(ArtifactKey[] keys, string brane, long time) =>
            AttestationBatch.Create(key, keys, Samples.Domain, brane, new SeededBytes(1), time);

        static void Refused(Func<object> create) => Assert.ThrowsAny<ArgumentException>(create);
    }

    private static SignedArtifact Entry(Descriptor descriptor, Attestation attestation)
    {
        using var node = TestKeys.Key(20);
        return SignedArtifact.Create(
            descriptor, attestation, Receipt.Create(node, attestation, Samples.Domain, Samples.Time + 5));
    }

    /// <summary>The signed message, which ends the encoding.</summary>
    private static byte[] Signed(Attestation attestation)
    {
        var bytes = attestation.Bytes.ToArray();
        var signed = bytes[(bytes.AsSpan().IndexOf("signed"u8) + 6 + 2)..]; // and a head of two bytes, or three
        signed = signed[0] == 0xd2 ? signed : signed[1..];
        Assert.Equal(attestation.Hash, Blake3.Hash(signed));
        return signed;
    }

    private static byte[] Replace(byte[] slot, ReadOnlySpan<byte> signed)
    {
        var end = slot.AsSpan().IndexOf("signed"u8) + 6;
        return [.. slot[..end], 0x59, (byte)(signed.Length >> 8), (byte)signed.Length, .. signed];
    }

    private static int Slot(Attestation attestation)
    {
        var bytes = attestation.Bytes.Span;
        var at = bytes.IndexOf("dslot"u8) + 5;
        return bytes[at] < 24 ? bytes[at] : bytes[at + 1];
    }
}
