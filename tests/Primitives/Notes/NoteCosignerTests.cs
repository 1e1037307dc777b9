using System.Buffers.Binary;
using Omega.P2P.Primitives.Notes;
using Utf = System.Text.Encoding;

namespace Omega.P2P.Primitives.Tests.Notes;

public sealed class NoteCosignerTests
{
    private const string Text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    private const long Time = 1679315147;

    [Fact]
    public void SignedMessageIsTheOneOfTheSpecification()
    {
        using var key = TestKeys.Key(3);
        var line = new NoteCosigner("witness.example.com/w1", key).Cosign(Text, Time);
        // Spelled out in C2SP tlog-cosignature.
        var message = Utf.UTF8.GetBytes("cosignature/v1\ntime 1679315147\n" + Text);
        Assert.Equal(72, line.Bytes.Length);
        Assert.Equal((ulong)Time, BinaryPrimitives.ReadUInt64BigEndian(line.Bytes.Span));
        Assert.True(key.PublicKey.Verify(message, line.Bytes.Span[8..]));
    }

    [Fact]
    public void CosignatureVerifiesWithItsTime()
    {
        using var log = TestKeys.Key(4);
        using var witness = TestKeys.Key(3);
        var signer = new NoteSigner("example.com/behind-the-sofa", log);
        var cosigner = new NoteCosigner("witness.example.com/w1", witness);
        var note = SignedNote.Create(Text, [signer.Sign(Text)]).With(cosigner.Cosign(Text, Time));
        Assert.True(SignedNote.TryParse(note.Encode(), out var read, out _));
        var verification = read.Verify(signer.Key, cosigner.Key);
        Assert.Equal(NoteVerdict.Verified, verification.Verdict);
        Assert.Equal([0, Time], verification.Signatures.Select(s => s.TimestampUnixS));
    }

    [Fact]
    public void ChangedTimeOrTextIsRefused()
    {
        using var witness = TestKeys.Key(3);
        var cosigner = new NoteCosigner("w", witness);
        var line = cosigner.Cosign(Text, Time);
        var later = line.Bytes.ToArray();
        later[7] ^= 1;
        Assert.Equal(NoteVerdict.Verified, SignedNote.Create(Text, [line]).Verify(cosigner.Key).Verdict);
        Assert.Equal(
            NoteVerdict.BadSignature,
            SignedNote.Create(Text, [line with { Bytes = later }]).Verify(cosigner.Key).Verdict);
        Assert.Equal(NoteVerdict.BadSignature, SignedNote.Create("x" + Text, [line]).Verify(cosigner.Key).Verdict);
    }

    [Fact]
    public void PlainSignatureIsNoCosignature()
    {
        using var key = TestKeys.Key(3);
        var plain = new NoteSigner("w", key);
        var cosigner = new NoteCosigner("w", key);
        Assert.NotEqual(plain.Key.KeyId, cosigner.Key.KeyId);
        var forged = plain.Sign(Text) with { KeyId = cosigner.Key.KeyId };
        Assert.Equal(NoteVerdict.BadSignature, SignedNote.Create(Text, [forged]).Verify(cosigner.Key).Verdict);
        Assert.Equal(NoteVerdict.NoKnownKey, SignedNote.Create(Text, [plain.Sign(Text)]).Verify(cosigner.Key).Verdict);
    }

    [Fact]
    public void TimeAbove63BitsIsRefused()
    {
        using var key = TestKeys.Key(3);
        var cosigner = new NoteCosigner("w", key);
        var stamped = new byte[72];
        BinaryPrimitives.WriteUInt64BigEndian(stamped, 1UL << 63);
        key.Sign(Utf.UTF8.GetBytes("cosignature/v1\ntime 9223372036854775808\n" + Text), stamped.AsSpan(8));
        var line = cosigner.Cosign(Text, Time) with { Bytes = stamped };
        Assert.Equal(NoteVerdict.BadSignature, SignedNote.Create(Text, [line]).Verify(cosigner.Key).Verdict);
    }

    [Fact]
    public void CosignerKeyHasAVkeyOfItsOwn()
    {
        using var key = TestKeys.Key(3);
        var cosigner = new NoteCosigner("witness.example.com/w1", key);
        Assert.True(NoteVerifierKey.TryParse(cosigner.Key.ToString(), out var read));
        Assert.Equal(cosigner.Key, read);
        Assert.Equal(NoteAlgorithm.CosignatureV1, read.Algorithm);
    }
}
