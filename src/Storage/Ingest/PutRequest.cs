using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Ingest;

/// <summary>What is said of an artifact before its bytes are known.</summary>
public sealed record PutRequest
{
    /// <summary>Type tag, such as <c>snapshot.vm</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The brane that will attest it. Used to tell whether a repeated put adds an attestation.</summary>
    public required string Brane { get; init; }

    /// <summary>Open metadata; null for none.</summary>
    public CborValue.Map? Meta { get; init; }

    /// <summary>References by role.</summary>
    public IReadOnlyList<ArtifactRole> Refs { get; init; } = [];

    /// <summary>Whose bytes it may share: <c>internal</c>, a named audience, or <c>public</c>. Publishing to a wider
    /// one later copies the bytes.</summary>
    public string Audience { get; init; } = "internal";

    /// <summary>The tenant, or null. Bytes are never shared between tenants.</summary>
    public string? Tenant { get; init; }

    /// <summary>Whether the content's SHA-256 is stored as an alias of its id. Not in batches and packages.</summary>
    public bool WantsSha256 { get; init; }
}

/// <summary>An acknowledged put: durable and visible.</summary>
/// <param name="Key">Name of the artifact.</param>
/// <param name="Content">Hash of its bytes.</param>
/// <param name="Size">Length of its bytes.</param>
/// <param name="AlreadyThere">Whether nothing changed: the artifact, this brane's attestation and all bytes were here.
/// </param>
public sealed record PutResult(ArtifactKey Key, ContentId Content, long Size, bool AlreadyThere)
{
    /// <summary>The SHA-256 that was stored as an alias; null where none was asked for.</summary>
    public Hash256? Sha256 { get; init; }
}
