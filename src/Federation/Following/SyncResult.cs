using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;

namespace Omega.P2P.Federation.Following;

/// <summary>How a sync ended; no fault: whatever it verified was adopted.</summary>
internal readonly record struct SyncResult(PeerFault? Fault, string Detail, ReadOnlyMemory<byte>? ForkNote)
{
    public static SyncResult Done { get; } = new(null, "", null);
}

/// <summary>All that one sync verified, to be shown at once. Head null: only manifests are new.</summary>
internal sealed record VerifiedSync
{
    public required Manifests Manifests { get; init; }

    public SignedHead? Head { get; init; }

    public long SnapshotNumber { get; init; }

    public LogTree Log { get; init; } = new();

    /// <summary>Number of the first of <see cref="Commitments"/>; 0 starts an epoch.</summary>
    public long FirstLeaf { get; init; }

    public IReadOnlyList<Hash256> Commitments { get; init; } = [];

    /// <summary>Per audience the whole set: key to entry identity.</summary>
    public SortedDictionary<string, SortedDictionary<ArtifactKey, Hash256>> Sets { get; init; } = [];

    /// <summary>Bytes of the entries not held before, by identity.</summary>
    public Dictionary<Hash256, ReadOnlyMemory<byte>> Entries { get; init; } = [];
}

/// <summary>Kept state of one followed domain, read back.</summary>
internal sealed record RestoredFollow
{
    public string? Petname { get; init; }

    public SignedHead? Head { get; init; }

    public long SnapshotNumber { get; init; }

    public LogTree Log { get; init; } = new();

    public FollowState State { get; init; }

    public List<Hash256> Tail { get; init; } = [];

    public List<AudienceSet> Audiences { get; init; } = [];
}
