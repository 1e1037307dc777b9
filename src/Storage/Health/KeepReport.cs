using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage.Health;

/// <summary>How soon bytes at a location can be read: a property of the location, not of the artifact.</summary>
public enum StorageTier
{
    /// <summary>On this disk.</summary>
    Hot,

    /// <summary>On this disk, and past its <c>cold_after</c>: the first to leave.</summary>
    Warm,

    /// <summary>At peers: a fetch away.</summary>
    Cold,

    /// <summary>In a place that must be asked and waited for. No backend of this kind exists yet.</summary>
    Archive,
}

/// <summary>What it takes to read bytes at a location.</summary>
public enum RestoreStatus
{
    /// <summary>Nothing.</summary>
    Here,

    /// <summary>A reachable holder.</summary>
    NeedsHolder,
}

/// <summary>Bytes of an artifact at one place.</summary>
/// <param name="Block">The block; null where they ride in the log.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Tier">How soon.</param>
/// <param name="Restore">What it takes.</param>
public sealed record BytesLocation(BlockId? Block, long Bytes, StorageTier Tier, RestoreStatus Restore);

/// <summary>Why an artifact's bytes stay, and what would free them.</summary>
public sealed record KeepReport
{
    /// <summary>The artifact, live or removed.</summary>
    public required ArtifactInfo Artifact { get; init; }

    /// <summary>Where its bytes are, or were.</summary>
    public IReadOnlyList<BytesLocation> Locations { get; init; } = [];

    /// <summary>Its pins.</summary>
    public IReadOnlyList<PinInfo> Pins { get; init; } = [];

    /// <summary>Its legal holds.</summary>
    public IReadOnlyList<HoldInfo> Holds { get; init; } = [];

    /// <summary>Kept artifacts that refer to it in the clear.</summary>
    public long References { get; init; }

    /// <summary>Kept packages that its content is a file of.</summary>
    public long Packages { get; init; }

    /// <summary>Other kept artifacts with the same content.</summary>
    public IReadOnlyList<ArtifactKey> SharedBy { get; init; } = [];

    /// <summary>The retention rule that counts for it, or null.</summary>
    public RetentionRule? Rule { get; init; }

    /// <summary>Log record since which nothing needs its content; null where something does, or it is gone.</summary>
    public long? DeadSince { get; init; }

    /// <summary>Whether its content is kept for anything.</summary>
    public bool IsKept { get; init; }

    /// <summary>Running milliseconds until what is dead now may go.</summary>
    public long GraceLeftMs { get; init; }
}
