using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Primitives.Keys;

/// <summary>An Ed25519 signing key (RFC 8032) in memory that does not move and is wiped on disposal.</summary>
/// <remarks>Signing is safe from several threads; disposal is the owner's, after the last signature.</remarks>
public sealed class Ed25519PrivateKey : ISigner, IDisposable
{
    /// <summary>Bytes of the seed, the only part that is ever stored.</summary>
    public const int SeedLength = 32;

    // libsodium's 64 bytes: seed, then public key.
    private readonly SecretBytes _secret = new(64);

    private Ed25519PrivateKey(ReadOnlySpan<byte> seed)
    {
        Span<byte> publicKey = stackalloc byte[Ed25519PublicKey.Length];
        if (Sodium.SignSeedKeyPair(publicKey, _secret.Span, seed) != 0)
            throw new InvalidOperationException("libsodium refused a seed.");
        PublicKey = Ed25519PublicKey.From(publicKey);
    }

    /// <inheritdoc/>
    public Ed25519PublicKey PublicKey { get; }

    /// <summary>The key of a 32-byte seed, which is copied; the caller wipes its own.</summary>
    /// <exception cref="ArgumentException">Any other length.</exception>
    public static Ed25519PrivateKey FromSeed(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SeedLength)
            throw new ArgumentException("An Ed25519 seed has 32 bytes.", nameof(seed));
        return new Ed25519PrivateKey(seed);
    }

    /// <summary>A new key from 32 bytes of <paramref name="random"/>.</summary>
    public static Ed25519PrivateKey Generate(IRandomSource random)
    {
        ArgumentNullException.ThrowIfNull(random);
        using SecretBytes seed = new(SeedLength);
        random.Fill(seed.Span);
        return new Ed25519PrivateKey(seed.Span);
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        if (signature.Length != Ed25519PublicKey.SignatureLength)
            throw new ArgumentException("An Ed25519 signature has 64 bytes.", nameof(signature));
        if (Sodium.SignDetached(signature, 0, message, (ulong)message.Length, _secret.Span) != 0)
            throw new InvalidOperationException("libsodium refused to sign.");
        GC.KeepAlive(this);
    }

    /// <summary>Copies the 32-byte seed out, for the key file only. The caller wipes it.</summary>
    /// <exception cref="ArgumentException">The destination does not have 32 bytes.</exception>
    /// <exception cref="ObjectDisposedException">The key was wiped.</exception>
    public void ExportSeed(Span<byte> destination)
    {
        if (destination.Length != SeedLength)
            throw new ArgumentException("An Ed25519 seed has 32 bytes.", nameof(destination));
        _secret.Span[..SeedLength].CopyTo(destination);
        GC.KeepAlive(this);
    }

    /// <summary>Zeroes the key; a second call does nothing.</summary>
    public void Dispose() => _secret.Dispose();

    /// <summary>The public key's short form; the secret has no text form.</summary>
    public override string ToString() => $"private key of {PublicKey.ToShort()}";
}
