namespace Omega.P2P.Primitives.Keys;

/// <summary>Diffie-Hellman on Curve25519 (RFC 7748): 32-byte secrets, publics and shared values.</summary>
public static class X25519
{
    /// <summary>Bytes of each secret, public and shared value.</summary>
    public const int KeyLength = 32;

    /// <summary>Draws a secret and computes its public value. The caller wipes the secret after use.</summary>
    /// <exception cref="ArgumentException">A destination does not have 32 bytes.</exception>
    public static void GenerateKeyPair(IRandomSource random, Span<byte> secret, Span<byte> publicKey)
    {
        ArgumentNullException.ThrowIfNull(random);
        RequireLength(secret.Length, nameof(secret));
        random.Fill(secret);
        ComputePublic(secret, publicKey);
    }

    /// <summary>The public value of a secret; clamping is done inside.</summary>
    /// <exception cref="ArgumentException">A span does not have 32 bytes.</exception>
    public static void ComputePublic(ReadOnlySpan<byte> secret, Span<byte> publicKey)
    {
        RequireLength(secret.Length, nameof(secret));
        RequireLength(publicKey.Length, nameof(publicKey));
        if (Sodium.ScalarMultBase(publicKey, secret) != 0)
            throw new InvalidOperationException("libsodium refused a base-point multiplication.");
    }

    /// <summary>Computes the shared value with a peer's public value.</summary>
    /// <returns>
    /// False when the result would be all zero (a public value of small order) or the peer's value has another length
    /// than 32; the shared bytes are then zero.
    /// </returns>
    /// <exception cref="ArgumentException">The secret or the destination does not have 32 bytes.</exception>
    public static bool TryAgree(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> peerPublic, Span<byte> shared)
    {
        RequireLength(secret.Length, nameof(secret));
        RequireLength(shared.Length, nameof(shared));
        if (peerPublic.Length == KeyLength && Sodium.ScalarMult(shared, secret, peerPublic) == 0)
            return true;
        shared.Clear();
        return false;
    }

    private static void RequireLength(int length, string name)
    {
        if (length != KeyLength)
            throw new ArgumentException("X25519 values have 32 bytes.", name);
    }
}
