using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Primitives.Notes;

/// <summary>
/// A C2SP tlog-proof file: one header line, optional extra data, the leaf's index, its inclusion proof, an empty line
/// and the signed checkpoint verbatim. Extra data is not authenticated. At most 112 KiB.
/// </summary>
public sealed class TlogProof
{
    /// <summary>Most bytes of extra data.</summary>
    public const int ExtraBytesMax = 24 * 1024;

    /// <summary>Longest file: the note, the extra data in base64, 64 hashes and the header lines.</summary>
    public const int SizeBytesMax = 112 * 1024;

    private const string Header = "c2sp.org/tlog-proof@v1";
    private readonly Hash256[] _hashes;

    /// <summary>A proof from its parts; arrays are kept, not copied.</summary>
    /// <exception cref="ArgumentException">Negative index, or extra data or hashes over the bounds.</exception>
    public TlogProof(long index, Hash256[] hashes, SignedNote checkpointNote, ReadOnlyMemory<byte> extra = default)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        ArgumentNullException.ThrowIfNull(checkpointNote);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (hashes.Length > Proofs.HashCountMax || extra.Length > ExtraBytesMax)
            throw new ArgumentException("over the bounds of a tlog-proof", nameof(hashes));
        Index = index;
        _hashes = hashes;
        CheckpointNote = checkpointNote;
        Extra = extra;
    }

    /// <summary>Zero-based index of the leaf.</summary>
    public long Index { get; }

    /// <summary>The audit path, sibling of the leaf first.</summary>
    public ReadOnlySpan<Hash256> Hashes => _hashes;

    /// <summary>The head that the path leads to, with all its signatures.</summary>
    public SignedNote CheckpointNote { get; }

    /// <summary>Data for the application; empty when the line is absent. Trust nothing in it.</summary>
    public ReadOnlyMemory<byte> Extra { get; }

    /// <summary>
    /// True iff the path leads from the leaf to the root of the checkpoint, which is returned. The checkpoint's
    /// signatures and origin are still to be judged by the caller.
    /// </summary>
    public bool VerifyInclusion(in Hash256 leafHash, [NotNullWhen(true)] out Checkpoint? checkpoint) =>
        Checkpoint.TryParse(CheckpointNote.Text, out checkpoint, out _)
        && Proofs.VerifyInclusion(leafHash, Index, checkpoint.Size, _hashes, checkpoint.Root);

    /// <summary>The file's bytes.</summary>
    public byte[] Encode()
    {
        var head = new StringBuilder(Header).Append('\n');
        if (!Extra.IsEmpty)
            head.Append("extra ").Append(Convert.ToBase64String(Extra.Span)).Append('\n');
        head.Append("index ").Append(Index.ToString(CultureInfo.InvariantCulture)).Append('\n');
        foreach (var hash in _hashes)
            head.Append(Convert.ToBase64String(hash.AsSpan())).Append('\n');
        return [.. NoteText.ToUtf8(head.Append('\n').ToString()), .. CheckpointNote.Encode()];
    }

    /// <summary>
    /// Reads a file. Errors: <c>tlog-proof-size</c>, <c>tlog-proof-text</c>, <c>tlog-proof-header</c>,
    /// <c>tlog-proof-extra</c>, <c>tlog-proof-index</c>, <c>tlog-proof-hash</c>, and those of
    /// <see cref="SignedNote.TryParse"/> and <see cref="Checkpoint.TryParse"/>.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out TlogProof? proof, out DecodeError error)
    {
        proof = null;
        if (utf8.Length > SizeBytesMax)
            return Refuse("tlog-proof-size", "over 114,688 bytes", out error);
        var end = utf8.IndexOf("\n\n"u8);
        if (end < 0 || !NoteText.TryDecodeUtf8(utf8[..end], out var head))
            return Refuse("tlog-proof-text", "lines of UTF-8, an empty line and a checkpoint", out error);
        var lines = head.Split('\n', Proofs.HashCountMax + 4);
        if (lines[0] != Header)
            return Refuse("tlog-proof-header", "the first line is not " + Header, out error);
        var at = 1;
        byte[]? extra = [];
        if (lines.Length > at && lines[at].StartsWith("extra ", StringComparison.Ordinal))
        {
            if (!NoteText.TryDecodeBase64(lines[at].AsSpan(6), out extra) || extra.Length is 0 or > ExtraBytesMax)
                return Refuse("tlog-proof-extra", "extra data is 1 to 24,576 bytes in base64", out error);
            at++;
        }
        if (lines.Length <= at || !lines[at].StartsWith("index ", StringComparison.Ordinal)
            || !NoteText.TryParseDecimal(lines[at].AsSpan(6), out var index))
            return Refuse("tlog-proof-index", "the index is a decimal below 2^63 without leading zeroes", out error);
        if (!TryReadHashes(lines.AsSpan(at + 1), out var hashes))
            return Refuse("tlog-proof-hash", "a proof is at most 64 hashes of 32 bytes in base64", out error);
        if (!SignedNote.TryParse(utf8[(end + 2)..], out var note, out error)
            || !Checkpoint.TryParse(note.Text, out _, out error))
            return false;
        proof = new TlogProof(index, hashes, note, extra);
        return true;
    }

    private static bool TryReadHashes(ReadOnlySpan<string> lines, out Hash256[] hashes)
    {
        hashes = [];
        if (lines.Length > Proofs.HashCountMax)
            return false;
        var read = new Hash256[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length != 44 || !NoteText.TryDecodeBase64(lines[i], out var hash) || hash.Length != 32)
                return false;
            read[i] = Hash256.From(hash);
        }
        hashes = read;
        return true;
    }

    private static bool Refuse(string code, string message, out DecodeError error)
    {
        error = new DecodeError(code, "tlog-proof", message);
        return false;
    }
}
