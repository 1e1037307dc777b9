using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Notes;

/// <summary>
/// The text of a C2SP tlog-checkpoint: origin, decimal size, base64 root, then extension lines, each ended by a
/// newline. Not yet authentic: that is the note's business.
/// </summary>
/// <param name="Origin">The log's identity, not empty, one line. Ours are <see cref="LogOrigin"/>.</param>
/// <param name="Size">Count of leaves, 0..2^63-1.</param>
/// <param name="Root">RFC 6962 root at that size.</param>
/// <param name="Extensions">Lines after the root, not empty, without newlines. We write none.</param>
public sealed record Checkpoint(string Origin, long Size, Hash256 Root, IReadOnlyList<string> Extensions)
{
    /// <summary>Most extension lines read.</summary>
    public const int ExtensionCountMax = 32;

    /// <summary>A checkpoint without extension lines.</summary>
    public Checkpoint(string origin, long size, Hash256 root)
        : this(origin, size, root, [])
    {
    }

    /// <summary>The note text. Parsing it gives the same checkpoint.</summary>
    public string ToText()
    {
        var text = new StringBuilder()
            .Append(Origin).Append('\n')
            .Append(Size.ToString(CultureInfo.InvariantCulture)).Append('\n')
            .Append(Convert.ToBase64String(Root.AsSpan())).Append('\n');
        foreach (var line in Extensions)
            text.Append(line).Append('\n');
        return text.ToString();
    }

    /// <summary>
    /// Reads a checkpoint text. Errors, all of field <c>checkpoint</c>: <c>checkpoint-lines</c> (fewer than three, an
    /// empty line, too many, no final newline), <c>checkpoint-size</c>, <c>checkpoint-root</c>.
    /// </summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out Checkpoint? checkpoint, out DecodeError error)
    {
        ArgumentNullException.ThrowIfNull(text);
        checkpoint = null;
        if (text.Length > SignedNote.SizeBytesMax || !text.EndsWith('\n'))
            return Refuse("checkpoint-lines", "a checkpoint ends in a newline", out error);
        var lines = text[..^1].Split('\n', ExtensionCountMax + 4);
        if (lines.Length is < 3 or > 3 + ExtensionCountMax || Array.Exists(lines, l => l.Length == 0))
            return Refuse("checkpoint-lines", "a checkpoint is three or more lines, none empty", out error);
        if (!NoteText.TryParseDecimal(lines[1], out var size))
            return Refuse("checkpoint-size", "the size is a decimal below 2^63 without leading zeroes", out error);
        if (lines[2].Length != 44 || !NoteText.TryDecodeBase64(lines[2], out var root) || root.Length != 32)
            return Refuse("checkpoint-root", "the root is 32 bytes in base64", out error);
        checkpoint = new Checkpoint(lines[0], size, Hash256.From(root), lines[3..]);
        error = DecodeError.None;
        return true;
    }

    private static bool Refuse(string code, string message, out DecodeError error)
    {
        error = new DecodeError(code, "checkpoint", message);
        return false;
    }
}
