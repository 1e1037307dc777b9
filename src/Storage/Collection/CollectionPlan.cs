using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Collection;

/// <summary>What collecting would do now. Bytes are those of records in blocks here, without directories.</summary>
public sealed record CollectionPlan
{
    /// <summary>Why nothing may go now (a clock that is not believed); null where something may.</summary>
    public string? Doubt { get; init; }

    /// <summary>Live artifacts that retention would remove first.</summary>
    public long Expiring { get; init; }

    /// <summary>Objects that nothing needs.</summary>
    public long DeadObjects { get; init; }

    /// <summary>Their bytes.</summary>
    public long DeadBytes { get; init; }

    /// <summary>Blocks that would be dropped as they are.</summary>
    public int BlocksToDrop { get; init; }

    /// <summary>Blocks whose living rest would be moved to new ones first.</summary>
    public int BlocksToRewrite { get; init; }

    /// <summary>Bytes of that rest.</summary>
    public long BytesToMove { get; init; }

    /// <summary>Bytes a run now would free.</summary>
    public long BytesToFree { get; init; }

    /// <summary>Dead bytes that wait for the end of their grace period, or for a mark.</summary>
    public long BytesInGrace { get; init; }

    /// <summary>Running milliseconds until the newest mark is ripe; 0 where nothing waits, or nothing is marked.
    /// </summary>
    public long GraceLeftMs { get; init; }
}

/// <summary>What a collection did.</summary>
/// <param name="Removed">Artifacts whose retention had ended.</param>
/// <param name="BlocksDropped">Blocks that are gone, those whose rest was moved included.</param>
/// <param name="BytesMoved">Bytes of living neighbours in new blocks.</param>
/// <param name="BytesFreed">Bytes the disk gained.</param>
/// <param name="BytesInGrace">Dead bytes that wait.</param>
public sealed record CollectionResult(
    long Removed, int BlocksDropped, long BytesMoved, long BytesFreed, long BytesInGrace);

/// <summary>How a collection is to be done.</summary>
public sealed record CollectionOptions
{
    /// <summary>Instead of <see cref="StoreLimits.CollectionGraceMs"/>; 0 takes what this very run marks.</summary>
    public long? GraceMs { get; init; }

    /// <summary>Believes the clock although it looks wrong.</summary>
    public bool TrustsClock { get; init; }
}

/// <summary>Why a block stays, or how it goes.</summary>
public enum BlockRule
{
    /// <summary>Something in it is under legal hold.</summary>
    Held,

    /// <summary>Something in it is pinned.</summary>
    Pinned,

    /// <summary>Live artifacts use it.</summary>
    Live,

    /// <summary>Kept artifacts or packages refer to what is in it.</summary>
    Referenced,

    /// <summary>A write under way relies on it.</summary>
    InFlight,

    /// <summary>Nothing needs it; its grace period is not over.</summary>
    Grace,

    /// <summary>Too little of it is dead to be worth a rewrite.</summary>
    Filled,

    /// <summary>Its living rest moves, then it goes.</summary>
    Rewrite,

    /// <summary>Nothing needs it: it goes.</summary>
    Drop,
}

/// <summary>One block of the plan.</summary>
/// <param name="Block">Its name.</param>
/// <param name="IsHere">Whether its bytes are on this disk.</param>
/// <param name="Rule">Why it stays or goes.</param>
/// <param name="Objects">Records in it.</param>
/// <param name="Dead">Those that nothing needs.</param>
/// <param name="Bytes">Bytes of records.</param>
/// <param name="DeadBytes">Bytes of those that nothing needs.</param>
/// <param name="Witness">One artifact for whose sake the rule holds; null where none is found without a
/// search.</param>
public sealed record BlockVerdict(
    BlockId Block, bool IsHere, BlockRule Rule, int Objects, int Dead, long Bytes, long DeadBytes,
    ArtifactKey? Witness);
