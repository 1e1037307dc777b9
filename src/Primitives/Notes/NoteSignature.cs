using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Omega.P2P.Primitives.Notes;

/// <summary>
/// One signature line of a note: <c>— name base64(key id, 4 bytes big-endian || signature)</c>. Says nothing of
/// validity; only <see cref="SignedNote.Verify"/> does.
/// </summary>
/// <param name="Name">Key name: not empty, without white space and <c>+</c>.</param>
/// <param name="KeyId">First four bytes of the key's hash; a hint, not an identity.</param>
/// <param name="Bytes">What follows the key id, at least one byte. Owned by the record.</param>
public sealed record NoteSignature(string Name, uint KeyId, ReadOnlyMemory<byte> Bytes)
{
    internal const string LinePrefix = "\u2014 ";

    /// <summary>The signature line without its newline.</summary>
    public override string ToString()
    {
        var blob = new byte[4 + Bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(blob, KeyId);
        Bytes.Span.CopyTo(blob.AsSpan(4));
        return $"{LinePrefix}{Name} {Convert.ToBase64String(blob)}";
    }

    /// <summary>Reads one line without its newline, as <c>tlog-witness</c> answers hold it too.</summary>
    public static bool TryParse(ReadOnlySpan<char> line, [NotNullWhen(true)] out NoteSignature? signature)
    {
        signature = null;
        if (!line.StartsWith(LinePrefix))
            return false;
        var rest = line[LinePrefix.Length..];
        var space = rest.IndexOf(' ');
        if (space < 0 || !NoteText.IsKeyName(rest[..space]))
            return false;
        if (!NoteText.TryDecodeBase64(rest[(space + 1)..], out var blob) || blob.Length < 5)
            return false;
        signature = new NoteSignature(
            rest[..space].ToString(), BinaryPrimitives.ReadUInt32BigEndian(blob), blob.AsMemory(4));
        return true;
    }
}
