using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Index;

/// <summary>Whether an artifact's bytes are on this disk. Existence does not depend on it (law 3).</summary>
public enum ArtifactState
{
    /// <summary>All of them.</summary>
    Local,

    /// <summary>Some chunks, for instance such as another artifact shares.</summary>
    Partial,

    /// <summary>None.</summary>
    Evicted,
}

/// <summary>An artifact as the store lists it.</summary>
/// <param name="Key">Hash of the descriptor.</param>
/// <param name="Content">Hash of the bytes.</param>
/// <param name="Size">Length of the content in bytes.</param>
/// <param name="Type">Type tag of the descriptor.</param>
/// <param name="Brane">Brane of the first attestation.</param>
/// <param name="Domain">The domain it belongs to: this one, or the source of an import.</param>
/// <param name="CreatedUnixMs">When it entered this store.</param>
/// <param name="Audience">Whose bytes it is packed with: <c>internal</c>, a named audience, or <c>public</c>.</param>
/// <param name="Tenant">The tenant, or null.</param>
/// <param name="Published">Audiences it is published to, in ordinal order.</param>
/// <param name="State">Whether the bytes are here.</param>
public sealed record ArtifactInfo(
    ArtifactKey Key,
    ContentId Content,
    long Size,
    string Type,
    string Brane,
    DomainId Domain,
    long CreatedUnixMs,
    string Audience,
    string? Tenant,
    IReadOnlyList<string> Published,
    ArtifactState State)
{
    /// <summary>The catalog entry: descriptor, attestations, receipt. Read from the log when first asked for, so the
    /// store must be open.</summary>
    /// <exception cref="StoreDamagedException">The log does not hold it any more as it was.</exception>
    public byte[] Entry => PastEntry ?? Record.Entry;

    /// <summary>The entry as it was, where the past was asked for.</summary>
    internal byte[]? PastEntry { get; init; }

    internal ArtifactRecord Record { get; init; } = null!; // The store sets it on every one it makes.

    /// <summary>When it was removed: it is in history only, and its bytes go when nothing keeps them. Null where it is
    /// live.</summary>
    public long? RemovedUnixMs { get; init; }
}

/// <summary>Which artifacts to list; a null field does not restrict.</summary>
public sealed record ArtifactFilter
{
    /// <summary>Exactly this brane.</summary>
    public string? Brane { get; init; }

    /// <summary>Exactly this type tag.</summary>
    public string? Kind { get; init; }

    /// <summary>Exactly this domain.</summary>
    public DomainId? Domain { get; init; }

    /// <summary>Published to this audience, or packed for it.</summary>
    public string? Audience { get; init; }

    /// <summary>Key or content begins like this.</summary>
    public ParsedId? Prefix { get; init; }

    /// <summary>Also those that were removed and are in history only.</summary>
    public bool IncludesRemoved { get; init; }

    /// <summary>Everything that is live.</summary>
    public static ArtifactFilter All { get; } = new();
}
