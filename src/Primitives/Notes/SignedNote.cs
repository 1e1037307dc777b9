using System.Diagnostics.CodeAnalysis;
using System.Text;
using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Primitives.Notes;

/// <summary>How the signatures of a note stand against the keys a reader knows.</summary>
public enum NoteVerdict
{
    /// <summary>At least one known key signed, and none of the known keys' lines is bad.</summary>
    Verified,

    /// <summary>No line is by a known key: the text must be ignored.</summary>
    NoKnownKey,

    /// <summary>A line names a known key (name and id) and does not verify: the whole note is refused.</summary>
    BadSignature,
}

/// <summary>A line that verified.</summary>
/// <param name="Key">The known key.</param>
/// <param name="Signature">The line.</param>
/// <param name="TimestampUnixS">Seconds since 1970 that a cosigner claims; 0 for a log's own signature.</param>
public sealed record VerifiedNoteSignature(NoteVerifierKey Key, NoteSignature Signature, long TimestampUnixS);

/// <summary>The verdict, and the lines that verified (empty unless <see cref="NoteVerdict.Verified"/>).</summary>
public sealed record NoteVerification(NoteVerdict Verdict, IReadOnlyList<VerifiedNoteSignature> Signatures)
{
    /// <summary>True iff this very key signed.</summary>
    public bool IsBy(NoteVerifierKey key) => Signatures.Any(s => s.Key == key);
}

/// <summary>
/// A C2SP signed note: text ending in a newline, an empty line, and one or more signature lines. At most 64 KiB and
/// 64 signatures. The text may contain empty lines; the last one of the note parts it from the signatures.
/// </summary>
public sealed class SignedNote
{
    /// <summary>Longest note read or written, in bytes (our bound; the specification leaves it open).</summary>
    public const int SizeBytesMax = 64 * 1024;

    /// <summary>Most signature lines read or written; the specification asks readers for 16 or more.</summary>
    public const int SignatureCountMax = 64;

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>The signed text, final newline included. Unverified.</summary>
    public string Text { get; }

    /// <summary>All lines in the order of the note, known and unknown.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>A note of our own making.</summary>
    /// <exception cref="ArgumentException">The note would not parse: wrong text, no signature, over the bounds.
    /// </exception>
    public static SignedNote Create(string text, IReadOnlyList<NoteSignature> signatures)
    {
        ArgumentNullException.ThrowIfNull(signatures);
        NoteCosigner.RequireText(text);
        var note = new SignedNote(text, [.. signatures]);
        if (!TryParse(note.Encode(), out _, out var error))
            throw new ArgumentException(error.Message, nameof(text));
        return note;
    }

    /// <summary>
    /// Reads a note. Errors: <c>note-size</c>, <c>note-text</c> (not UTF-8, control characters, no empty line or no
    /// final newline), <c>note-signature</c> (a line out of form), <c>note-signature-count</c>.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out SignedNote? note, out DecodeError error)
    {
        note = null;
        if (utf8.Length > SizeBytesMax)
            return Refuse("note-size", "a note has at most 65,536 bytes", out error);
        if (!NoteText.TryDecodeUtf8(utf8, out var all))
            return Refuse("note-text", "a note is UTF-8 without control characters", out error);
        var split = all.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || !all.EndsWith('\n') || split + 2 == all.Length)
            return Refuse("note-text", "a note is text, an empty line and signature lines", out error);
        var signatures = new List<NoteSignature>();
        foreach (var range in all.AsSpan(split + 2, all.Length - split - 3).Split('\n'))
        {
            if (signatures.Count == SignatureCountMax)
                return Refuse("note-signature-count", "a note has at most 64 signatures", out error);
            if (!NoteSignature.TryParse(all.AsSpan(split + 2)[range], out var signature))
                return Refuse("note-signature", "a signature line is out of form", out error);
            signatures.Add(signature);
        }
        note = new SignedNote(all[..(split + 1)], signatures);
        error = DecodeError.None;
        return true;
    }

    /// <summary>The note's bytes; parsing them gives the same note.</summary>
    public byte[] Encode()
    {
        var all = new StringBuilder(Text).Append('\n');
        foreach (var signature in Signatures)
            all.Append(signature).Append('\n');
        return NoteText.ToUtf8(all.ToString());
    }

    /// <summary>The same text with more lines; a line already there (same bytes) is not repeated.</summary>
    public SignedNote With(params ReadOnlySpan<NoteSignature> more)
    {
        var lines = Signatures.ToList();
        foreach (var line in more)
        {
            var spelled = line.ToString();
            if (lines.TrueForAll(l => l.ToString() != spelled))
                lines.Add(line);
        }
        return Create(Text, lines);
    }

    /// <summary>
    /// Checks every line whose name and key id match a known key; lines by others are skipped. A known key's bad line
    /// refuses the note whole. Two good lines by one key (cosignatures of different times) are both returned.
    /// </summary>
    public NoteVerification Verify(params ReadOnlySpan<NoteVerifierKey> known)
    {
        var text = NoteText.ToUtf8(Text);
        var verified = new List<VerifiedNoteSignature>();
        foreach (var signature in Signatures)
        {
            var matched = false;
            var good = false;
            foreach (var key in known)
            {
                if (key.KeyId != signature.KeyId || key.Name != signature.Name)
                    continue;
                matched = true;
                if (!key.Verifies(text, signature.Bytes.Span, out var timestampUnixS))
                    continue;
                good = true;
                verified.Add(new VerifiedNoteSignature(key, signature, timestampUnixS));
            }
            if (matched && !good)
                return new NoteVerification(NoteVerdict.BadSignature, []);
        }
        return new NoteVerification(verified.Count > 0 ? NoteVerdict.Verified : NoteVerdict.NoKnownKey, verified);
    }

    private static bool Refuse(string code, string message, out DecodeError error)
    {
        error = new DecodeError(code, "note", message);
        return false;
    }
}
