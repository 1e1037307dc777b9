using System.Collections.Immutable;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>
/// One reference of a descriptor. Clear: an ArtifactKey, with the DomainId when it is another domain's. Blinded: a
/// salted commitment to a key, which says nothing to who lacks the salt.
/// </summary>
/// <remarks>
/// <c>{ "key": 32 bytes }</c>, <c>{ "key": 32 bytes, "domain": 32 bytes }</c> or <c>{ "blind": 32 bytes }</c>, where
/// blind is BLAKE3.derive_key("omega blinded-ref v1", salt (32) || key (32)).
/// </remarks>
public readonly record struct ArtifactRef
{
    /// <summary>Salt length in bytes; a fresh random salt for every reference.</summary>
    public const int SaltBytes = 32;

    private const string Context = "omega blinded-ref v1";

    private ArtifactRef(ArtifactKey? key, DomainId? domain, Hash256? commitment)
    {
        Key = key;
        Domain = domain;
        Commitment = commitment;
    }

    /// <summary>The artifact referred to; null when blinded.</summary>
    public ArtifactKey? Key { get; }

    /// <summary>The other domain whose artifact it is; null for the descriptor's own.</summary>
    public DomainId? Domain { get; }

    /// <summary>The commitment of a blinded reference; null when clear.</summary>
    public Hash256? Commitment { get; }

    /// <summary>A clear reference, within the domain or into another one.</summary>
    public static ArtifactRef To(ArtifactKey key, DomainId? domain = null) => new(key, domain, null);

    /// <summary>A blinded reference.</summary>
    /// <exception cref="ArgumentException">The salt is not 32 bytes.</exception>
    public static ArtifactRef Blind(ArtifactKey key, ReadOnlySpan<byte> salt)
    {
        if (salt.Length != SaltBytes)
            throw new ArgumentException("a salt is 32 bytes", nameof(salt));
        Span<byte> commitment = stackalloc byte[32];
        Blake3.DeriveKey(Context, [.. salt, .. key.AsSpan()], commitment);
        return new ArtifactRef(null, null, Hash256.From(commitment));
    }

    /// <summary>True iff this is the blinded reference to that key under that salt.</summary>
    public bool Opens(ArtifactKey key, ReadOnlySpan<byte> salt) =>
        Commitment is not null && salt.Length == SaltBytes && Blind(key, salt) == this;

    internal void Write(CborWriter writer)
    {
        writer.WriteMapStart(Domain is null ? 1 : 2);
        writer.WriteKey(Commitment is null ? "key"u8 : "blind"u8);
        writer.WriteBytes((Commitment ?? Key.GetValueOrDefault().Hash).AsSpan());
        if (Domain is not { } domain)
            return;
        writer.WriteKey("domain"u8);
        writer.WriteBytes(domain.AsSpan());
    }

    internal static bool TryRead(ref CborReader reader, out ArtifactRef reference)
    {
        reference = default;
        if (!reader.TryReadMapStart(out var count))
            return false;
        if (count is not (1 or 2))
            return reader.Refuse("ref-shape", "refs", "A reference has one or two fields.");
        if (count == 1 && reader.IsNextKey("blind"u8))
        {
            if (!reader.TryReadKey("blind"u8) || !reader.TryReadHash(out var commitment))
                return false;
            reference = new ArtifactRef(null, null, commitment);
            return true;
        }
        if (!reader.TryReadKey("key"u8) || !reader.TryReadHash(out var key))
            return false;
        DomainId? domain = null;
        if (count == 2)
        {
            if (!reader.TryReadKey("domain"u8) || !reader.TryReadHash(out var other))
                return false;
            domain = DomainId.From(other);
        }
        reference = new ArtifactRef(ArtifactKey.From(key), domain, null);
        return true;
    }
}

/// <summary>What a descriptor refers to in one role (<c>input</c>, <c>program</c>, <c>signature-of</c>…), in
/// order.</summary>
public sealed record ArtifactRole(string Role, ImmutableArray<ArtifactRef> Refs)
{
    /// <inheritdoc/>
    public bool Equals(ArtifactRole? other) =>
        other is not null && Role == other.Role && Refs.AsSpan().SequenceEqual(other.Refs.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Role, Refs.Length);
}
