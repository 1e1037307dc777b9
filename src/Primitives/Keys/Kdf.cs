using System.Security.Cryptography;

namespace Omega.P2P.Primitives.Keys;

/// <summary>Key derivation.</summary>
public static class Kdf
{
    /// <summary>HKDF with SHA-256 (RFC 5869), extract and expand, filling all of <paramref name="output"/>.</summary>
    /// <param name="material">Input keying material.</param>
    /// <param name="salt">May be empty, which stands for 32 zero bytes.</param>
    /// <param name="info">Context; may be empty.</param>
    /// <param name="output">At most 8,160 bytes (255 blocks).</param>
    /// <exception cref="ArgumentException">The output is empty or longer.</exception>
    public static void HkdfSha256(
        ReadOnlySpan<byte> material, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info, Span<byte> output) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, material, output, salt, info);
}
