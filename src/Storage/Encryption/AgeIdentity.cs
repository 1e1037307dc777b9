using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Storage.Encryption;

/// <summary>
/// Who can decrypt: an X25519 secret, spelled <c>AGE-SECRET-KEY-1…</c> (74 characters, upper case). Wiped on disposal.
/// </summary>
public sealed class AgeIdentity : IDisposable
{
    /// <summary>Characters of the text form.</summary>
    public const int TextLength = 74;

    private readonly SecretBytes _secret;

    private AgeIdentity(SecretBytes secret)
    {
        _secret = secret;
        Span<byte> key = stackalloc byte[AgeFormat.KeySize];
        X25519.ComputePublic(secret.Span, key);
        Recipient = new AgeRecipient(key);
    }

    /// <summary>The public half.</summary>
    public AgeRecipient Recipient { get; }

    private static ReadOnlySpan<byte> Prefix => "age-secret-key-"u8;

    /// <summary>A new identity.</summary>
    public static AgeIdentity Generate(IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var secret = new SecretBytes(AgeFormat.KeySize);
        random.Fill(secret.Span);
        return new AgeIdentity(secret);
    }

    /// <summary>Reads one line of an identity file; false for anything else than <c>AGE-SECRET-KEY-1…</c> in upper
    /// case. The caller wipes the text.</summary>
    public static bool TryParse(ReadOnlySpan<byte> ascii, [NotNullWhen(true)] out AgeIdentity? identity)
    {
        identity = null;
        if (ascii.Length != TextLength || ascii.ContainsAnyInRange((byte)'a', (byte)'z'))
            return false;
        var secret = new SecretBytes(AgeFormat.KeySize);
        if (Bech32.TryDecode(ascii, Prefix, secret.Span))
            identity = new AgeIdentity(secret);
        else
            secret.Dispose();
        return identity is not null;
    }

    /// <summary>Writes the text form into exactly <see cref="TextLength"/> bytes, which the caller wipes.</summary>
    public void Export(Span<byte> ascii)
    {
        Bech32.Encode(Prefix, _secret.Span, ascii);
        Ascii.ToUpperInPlace(ascii, out _);
    }

    /// <inheritdoc/>
    public void Dispose() => _secret.Dispose();

    /// <summary>Tries to open a stanza's body. False where it is another recipient's.</summary>
    /// <param name="share">The sender's ephemeral public value, 32 bytes, known not to be of small order.</param>
    /// <param name="body">32 bytes.</param>
    /// <param name="fileKey">16 bytes.</param>
    internal bool TryUnwrap(ReadOnlySpan<byte> share, ReadOnlySpan<byte> body, Span<byte> fileKey)
    {
        Span<byte> shared = stackalloc byte[AgeFormat.KeySize];
        Span<byte> wrapKey = stackalloc byte[AgeFormat.KeySize];
        try
        {
            if (!X25519.TryAgree(_secret.Span, share, shared))
                return false;
            AgeWrap.DeriveKey(shared, share, Recipient.PublicKey, wrapKey);
            return AgeWrap.TryOpen(wrapKey, body, fileKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(wrapKey);
        }
    }
}
