using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Merkle;

/// <summary>
/// What the public log's leaves hold instead of their bodies: a salted commitment of 32 bytes,
/// <c>BLAKE3.derive_key("omega log-commitment v1", salt (32) || body)</c>. Who holds salt and body can check them; who
/// does not learns nothing, and both can be erased without breaking a proof (design section 8).
/// </summary>
public static class LogCommitment
{
    /// <summary>Salt length in bytes; a fresh random salt for every leaf.</summary>
    public const int SaltBytes = 32;

    private const string Context = "omega log-commitment v1";

    /// <summary>The commitment to a body.</summary>
    /// <exception cref="ArgumentException">The salt is not 32 bytes.</exception>
    public static Hash256 Create(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> body)
    {
        if (salt.Length != SaltBytes)
            throw new ArgumentException("a salt is 32 bytes", nameof(salt));
        using var hasher = Blake3Hasher.CreateDeriveKey(Context);
        hasher.Update(salt);
        hasher.Update(body);
        return hasher.Finish();
    }

    /// <summary>True iff salt and body are what was committed to; false, too, for a salt of another length.</summary>
    public static bool Opens(in Hash256 commitment, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> body) =>
        salt.Length == SaltBytes && Create(salt, body) == commitment;

    /// <summary>The RFC 6962 leaf hash: the leaf's data are the commitment's 32 bytes.</summary>
    public static Hash256 LeafHash(in Hash256 commitment) => Rfc6962.LeafHash(commitment.AsSpan());
}
