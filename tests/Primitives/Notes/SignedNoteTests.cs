using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Notes;
using Utf = System.Text.Encoding;

namespace Omega.P2P.Primitives.Tests.Notes;

public sealed class SignedNoteTests
{
    // The example of C2SP signed-note, with its verifier key.
    private const string SpecKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    private const string SpecNote =
        "This is an example message.\n\n"
        + "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlT"
        + "gK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    // The key and note of the documentation of Go's golang.org/x/mod/sumdb/note.
    private const string GoKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string GoSeed = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=";
    private const string GoText =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    private const string GoLine =
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

    [Fact]
    public void ExampleOfTheSpecificationVerifies()
    {
        var note = Parse(SpecNote);
        Assert.Equal("This is an example message.\n", note.Text);
        Assert.Equal(NoteVerdict.Verified, note.Verify(Vkey(SpecKey)).Verdict);
        Assert.Equal(SpecNote, Utf.UTF8.GetString(note.Encode()));
    }

    [Fact]
    public void SignatureOfGosNotePackageIsReproduced()
    {
        using var key = Ed25519PrivateKey.FromSeed(Convert.FromBase64String(GoSeed));
        var signer = new NoteSigner("PeterNeumann", key);
        Assert.Equal(GoKey, signer.Key.ToString());
        Assert.Equal(GoLine, signer.Sign(GoText).ToString());
    }

    [Fact]
    public void UnknownKeysAreSkippedAndAloneAreNotEnough()
    {
        var note = Parse(GoText + "\n" + GoLine + "\n— other x08go/ZJkuBS9UG/SffcvIA=\n");
        Assert.Equal(NoteVerdict.Verified, note.Verify(Vkey(GoKey)).Verdict);
        Assert.Single(note.Verify(Vkey(GoKey), Vkey(SpecKey)).Signatures);
        Assert.Equal(NoteVerdict.NoKnownKey, note.Verify(Vkey(SpecKey)).Verdict);
        Assert.Equal(NoteVerdict.NoKnownKey, note.Verify().Verdict);
    }

    [Fact]
    public void BadLineOfAKnownKeyRefusesTheWholeNote()
    {
        using var key = TestKeys.Key(1);
        using var other = TestKeys.Key(2);
        var good = new NoteSigner("good", key);
        var bad = new NoteSigner("bad", other);
        var note = SignedNote.Create("text\n", [good.Sign("text\n"), bad.Sign("another text\n")]);
        Assert.Equal(NoteVerdict.Verified, note.Verify(good.Key).Verdict);
        var verification = note.Verify(good.Key, bad.Key);
        Assert.Equal(NoteVerdict.BadSignature, verification.Verdict);
        Assert.Empty(verification.Signatures);
    }

    [Fact]
    public void SameKeyUnderAnotherNameIsAnotherKey()
    {
        using var key = TestKeys.Key(1);
        var note = SignedNote.Create("text\n", [new NoteSigner("a", key).Sign("text\n")]);
        Assert.Equal(NoteVerdict.NoKnownKey, note.Verify(new NoteSigner("b", key).Key).Verdict);
        Assert.True(note.Verify(new NoteSigner("a", key).Key).IsBy(new NoteSigner("a", key).Key));
    }

    [Fact]
    public void LastEmptyLinePartsTextFromSignatures()
    {
        var note = Parse("one\n\ntwo\n\n" + GoLine + "\n");
        Assert.Equal("one\n\ntwo\n", note.Text);
    }

    [Theory]
    [InlineData("no empty line", "text\n— a x08go/ZJkg==\n", "note-text")]
    [InlineData("no signature", "text\n\n", "note-text")]
    [InlineData("no final newline", "text\n\n— a x08go/ZJkg==", "note-text")]
    [InlineData("empty", "", "note-text")]
    [InlineData("carriage return", "text\r\n\n— a x08go/ZJkg==\n", "note-text")]
    [InlineData("tab", "te\txt\n\n— a x08go/ZJkg==\n", "note-text")]
    [InlineData("hyphen for dash", "text\n\n- a x08go/ZJkg==\n", "note-signature")]
    [InlineData("plus in name", "text\n\n— a+b x08go/ZJkg==\n", "note-signature")]
    [InlineData("wide space in name", "text\n\n— a\u2003b x08go/ZJkg==\n", "note-signature")]
    [InlineData("empty name", "text\n\n—  x08go/ZJkg==\n", "note-signature")]
    [InlineData("no padding", "text\n\n— a x08go/ZJkg\n", "note-signature")]
    [InlineData("stray low bits", "text\n\n— a x08go/ZJkh==\n", "note-signature")]
    [InlineData("space in base64", "text\n\n— a x08go/ZJ kg=\n", "note-signature")]
    [InlineData("trailing space", "text\n\n— a x08go/ZJkg== \n", "note-signature")]
    [InlineData("key id alone", "text\n\n— a x08gow==\n", "note-signature")]
    public void NoteOutOfFormIsRefused(string label, string note, string code)
    {
        Assert.False(SignedNote.TryParse(Utf.UTF8.GetBytes(note), out _, out var error), label);
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void MalformedUtf8IsRefused()
    {
        byte[] note = [0xc3, 0x28, .. Utf.UTF8.GetBytes("\n\n" + GoLine + "\n")];
        Assert.False(SignedNote.TryParse(note, out _, out var error));
        Assert.Equal("note-text", error.Code);
    }

    [Fact]
    public void BoundsAreExact()
    {
        var lines = string.Concat(Enumerable.Repeat(GoLine + "\n", SignedNote.SignatureCountMax));
        Assert.Equal(64, Parse("t\n\n" + lines).Signatures.Count);
        Assert.False(SignedNote.TryParse(Utf.UTF8.GetBytes("t\n\n" + lines + GoLine + "\n"), out _, out var error));
        Assert.Equal("note-signature-count", error.Code);

        var tail = "\n\n" + GoLine + "\n";
        var fill = new string('x', SignedNote.SizeBytesMax - Utf.UTF8.GetByteCount(tail));
        Assert.True(SignedNote.TryParse(Utf.UTF8.GetBytes(fill + tail), out _, out _));
        Assert.False(SignedNote.TryParse(Utf.UTF8.GetBytes("x" + fill + tail), out _, out error));
        Assert.Equal("note-size", error.Code);
    }

    [Fact]
    public void EveryCutAndEveryFlippedByteIsAValueNotAnException()
    {
        var bytes = Utf.UTF8.GetBytes(SpecNote);
        var key = Vkey(SpecKey);
        for (var i = 0; i < bytes.Length; i++)
        {
            Assert.False(SignedNote.TryParse(bytes.AsSpan(0, i), out _, out _));
            var flipped = bytes.ToArray();
            flipped[i] ^= 0x01;
            if (SignedNote.TryParse(flipped, out var note, out _))
                Assert.NotEqual(NoteVerdict.Verified, note.Verify(key).Verdict);
        }
    }

    [Fact]
    public void LineAddedTwiceStandsOnce()
    {
        using var key = TestKeys.Key(1);
        var line = new NoteSigner("a", key).Sign("text\n");
        var note = SignedNote.Create("text\n", [line]);
        Assert.Single(note.With(line, line).Signatures);
    }

    [Theory]
    [InlineData("example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")] // wrong id
    [InlineData("example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")] // upper-case hex
    [InlineData("example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")] // ECDSA
    [InlineData("example.com/fo +530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")] // space
    [InlineData("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")]
    [InlineData("example.com/foo+530d903a+")]
    [InlineData("example.com/foo+530d903a")]
    [InlineData("example.com/foo")]
    [InlineData("")]
    public void VerifierKeyOutOfFormIsRefused(string vkey) => Assert.False(NoteVerifierKey.TryParse(vkey, out _));

    private static SignedNote Parse(string text)
    {
        Assert.True(SignedNote.TryParse(Utf.UTF8.GetBytes(text), out var note, out var error), error.ToString());
        return note;
    }

    private static NoteVerifierKey Vkey(string text)
    {
        Assert.True(NoteVerifierKey.TryParse(text, out var key), text);
        Assert.Equal(text, key.ToString());
        return key;
    }
}
