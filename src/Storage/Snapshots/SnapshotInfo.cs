using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Snapshots;

/// <summary>A snapshot as its domain sees it: what the world sees only as commitments is here in the clear.</summary>
/// <param name="Number">1 for the first, one more each, across epochs.</param>
/// <param name="Epoch">Which public log.</param>
/// <param name="Size">Leaves of the head over it; it is the last of them.</param>
/// <param name="Root">RFC 6962 root at that size.</param>
/// <param name="TimeUnixMs">The domain's clock when it was taken.</param>
/// <param name="DamHash">BLAKE3 of the manifest in force.</param>
/// <param name="Current">Digest of everything live.</param>
/// <param name="Published">The published root of each audience, ascending by name.</param>
public sealed record SnapshotInfo(
    long Number,
    long Epoch,
    long Size,
    Hash256 Root,
    long TimeUnixMs,
    Hash256 DamHash,
    Hash256 Current,
    IReadOnlyList<AudienceRoot> Published);

/// <summary>How an artifact differs between two snapshots.</summary>
public enum SnapshotChangeKind
{
    /// <summary>It is in the later one only.</summary>
    Added,

    /// <summary>It is in the earlier one only.</summary>
    Removed,

    /// <summary>An audience sees it in the later one only.</summary>
    Published,

    /// <summary>An audience sees it in the earlier one only.</summary>
    Unpublished,

    /// <summary>Its entry differs: more attestations.</summary>
    Attested,
}

/// <summary>One difference between two snapshots.</summary>
/// <param name="Kind">What happened on the way from the first to the second.</param>
/// <param name="Artifact">Which, as of the snapshot that has it, the second where both do.</param>
/// <param name="Audience">For publications, whose; null otherwise.</param>
public sealed record SnapshotChange(SnapshotChangeKind Kind, ArtifactInfo Artifact, string? Audience);
