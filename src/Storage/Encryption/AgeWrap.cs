using System.Security.Cryptography;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Storage.Encryption;

/// <summary>How a file key is wrapped for one X25519 recipient, and how the header is authenticated.</summary>
internal static class AgeWrap
{
    /// <summary>HKDF over the shared value; salt is share and recipient.</summary>
    public static void DeriveKey(
        ReadOnlySpan<byte> shared, ReadOnlySpan<byte> share, ReadOnlySpan<byte> recipient, Span<byte> wrapKey)
    {
        Span<byte> salt = stackalloc byte[2 * AgeFormat.KeySize];
        share.CopyTo(salt);
        recipient.CopyTo(salt[AgeFormat.KeySize..]);
        Kdf.HkdfSha256(shared, salt, AgeFormat.X25519Info, wrapKey);
    }

    /// <summary>A fresh share for one recipient, and the body that goes with it.</summary>
    public static (byte[] Share, byte[] Body) Wrap(
        AgeRecipient recipient, ReadOnlySpan<byte> fileKey, IRandomSource random)
    {
        Span<byte> secret = stackalloc byte[AgeFormat.KeySize];
        Span<byte> shared = stackalloc byte[AgeFormat.KeySize];
        Span<byte> wrapKey = stackalloc byte[AgeFormat.KeySize];
        var share = new byte[AgeFormat.KeySize];
        try
        {
            X25519.GenerateKeyPair(random, secret, share);
            if (!X25519.TryAgree(secret, recipient.PublicKey, shared))
                throw new InvalidOperationException("a recipient of small order was let in");
            DeriveKey(shared, share, recipient.PublicKey, wrapKey);
            return (share, Seal(wrapKey, fileKey));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(shared);
            CryptographicOperations.ZeroMemory(wrapKey);
        }
    }

    public static bool TryOpen(ReadOnlySpan<byte> wrapKey, ReadOnlySpan<byte> body, Span<byte> fileKey)
    {
        using var aead = new ChaCha20Poly1305(wrapKey);
        ReadOnlySpan<byte> nonce = stackalloc byte[AgeFormat.AeadNonceSize];
        try
        {
            aead.Decrypt(nonce, body[..fileKey.Length], body[fileKey.Length..], fileKey);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false; // the platform has no other way to say "not for this key"
        }
    }

    /// <summary>HMAC-SHA-256 over the header up to and including its three dashes.</summary>
    public static void ComputeMac(ReadOnlySpan<byte> fileKey, ReadOnlySpan<byte> header, Span<byte> mac)
    {
        Span<byte> key = stackalloc byte[AgeFormat.KeySize];
        Kdf.HkdfSha256(fileKey, [], AgeFormat.HeaderInfo, key);
        HMACSHA256.HashData(key, header, mac);
        CryptographicOperations.ZeroMemory(key);
    }

    private static byte[] Seal(ReadOnlySpan<byte> wrapKey, ReadOnlySpan<byte> fileKey)
    {
        using var aead = new ChaCha20Poly1305(wrapKey);
        ReadOnlySpan<byte> nonce = stackalloc byte[AgeFormat.AeadNonceSize];
        var body = new byte[fileKey.Length + AgeFormat.TagSize];
        aead.Encrypt(nonce, fileKey, body.AsSpan(0, fileKey.Length), body.AsSpan(fileKey.Length));
        return body;
    }
}
