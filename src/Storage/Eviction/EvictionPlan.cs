using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Eviction;

/// <summary>A content with its length in bytes.</summary>
public readonly record struct SizedContent(ContentId Content, long Size);

/// <summary>
/// What evicting artifacts would do now. Nothing is held for it: <see cref="DomainStore.Evict"/> looks again.
/// </summary>
public sealed record EvictionPlan
{
    /// <summary>The artifacts.</summary>
    public required IReadOnlyList<ArtifactKey> Keys { get; init; }

    /// <summary>Contents whose bytes would leave this disk, at least in part: holders must prove all of each first.
    /// A content that an artifact outside the plan needs is not among them.</summary>
    public required IReadOnlyList<SizedContent> Contents { get; init; }

    /// <summary>Blocks whose bytes would go; contents still riding in the log have none yet.</summary>
    public required IReadOnlyList<BlockId> Blocks { get; init; }

    /// <summary>Bytes of others in those blocks that would be moved first.</summary>
    public required long NeighbourBytes { get; init; }

    /// <summary>Bytes the disk would gain: the blocks', less the neighbours', and what rides in the log.</summary>
    public required long FreedBytes { get; init; }
}

/// <summary>What an eviction did.</summary>
/// <param name="Blocks">Blocks whose bytes are gone; their directories stay.</param>
/// <param name="NeighbourBytes">Bytes of others that were moved to new blocks.</param>
/// <param name="FreedBytes">Length of the blocks' bytes less the neighbours'.</param>
public sealed record EvictionResult(IReadOnlyList<BlockId> Blocks, long NeighbourBytes, long FreedBytes);

/// <summary>A stretch of bytes that would help to rebuild blocks.</summary>
/// <param name="Object">What the bytes hash to: a whole content, or a chunk.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Parent">An artifact's content that contains them, which a holder can be asked for.</param>
/// <param name="ParentOffset">Where in that content they begin.</param>
/// <param name="IsRequired">Whether they are the artifact's own; others only make its blocks come back byte for byte.
/// </param>
public readonly record struct MissingContent(
    ContentId Object, long Length, ContentId Parent, long ParentOffset, bool IsRequired);

/// <summary>Bytes to fetch, neighbouring stretches of one content joined.</summary>
/// <param name="Content">An artifact's content.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="IsRequired">Whether the rebuild fails without them.</param>
public readonly record struct ContentRange(ContentId Content, long Offset, long Length, bool IsRequired);
