using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Signing;

/// <summary>Something that signs with one Ed25519 key, wherever the key itself is.</summary>
public interface ISigner
{
    /// <summary>The key that its signatures verify under.</summary>
    Ed25519PublicKey PublicKey { get; }

    /// <summary>Writes the 64-byte signature (RFC 8032, pure Ed25519) of all of <paramref name="message"/>.</summary>
    /// <exception cref="ArgumentException">The destination does not have 64 bytes.</exception>
    void Sign(ReadOnlySpan<byte> message, Span<byte> signature);
}
