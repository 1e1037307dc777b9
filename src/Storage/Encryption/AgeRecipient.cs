using System.Diagnostics.CodeAnalysis;
using System.Text;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Storage.Encryption;

/// <summary>
/// Whom a file can be encrypted to: an X25519 public key, spelled <c>age1…</c> (62 characters, lower case).
/// </summary>
public sealed class AgeRecipient : IEquatable<AgeRecipient>
{
    /// <summary>Characters of the text form.</summary>
    public const int TextLength = 62;

    private readonly byte[] _publicKey;

    internal AgeRecipient(ReadOnlySpan<byte> publicKey) => _publicKey = publicKey.ToArray();

    internal ReadOnlySpan<byte> PublicKey => _publicKey;

    private static ReadOnlySpan<byte> Prefix => "age"u8;

    /// <summary>
    /// Reads <c>age1…</c>. False for anything else: upper case, which only secrets are written in, another kind of
    /// recipient, a wrong checksum, and keys of small order, to which anybody could decrypt.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out AgeRecipient? recipient)
    {
        recipient = null;
        if (text is not { Length: TextLength } || text.AsSpan().ContainsAnyInRange('A', 'Z'))
            return false;
        Span<byte> ascii = stackalloc byte[TextLength];
        Span<byte> key = stackalloc byte[AgeFormat.KeySize];
        if (!Encoding.ASCII.TryGetBytes(text, ascii, out var length) || length != TextLength
            || !Bech32.TryDecode(ascii, Prefix, key) || IsSmallOrder(key))
            return false;
        recipient = new AgeRecipient(key);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[TextLength];
        Bech32.Encode(Prefix, _publicKey, text);
        return Encoding.ASCII.GetString(text);
    }

    /// <inheritdoc/>
    public bool Equals(AgeRecipient? other) => other is not null && PublicKey.SequenceEqual(other.PublicKey);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as AgeRecipient);

    /// <inheritdoc/>
    public override int GetHashCode() => BitConverter.ToInt32(_publicKey);

    private static bool IsSmallOrder(ReadOnlySpan<byte> key)
    {
        Span<byte> any = stackalloc byte[AgeFormat.KeySize];
        any.Fill(0x42);
        Span<byte> shared = stackalloc byte[AgeFormat.KeySize];
        return !X25519.TryAgree(any, key, shared);
    }
}
