using Omega.P2P.Node.Answers;

namespace Omega.P2P.Node.Service;

/// <summary>The verbs about history and about who sees what. Same rules as <see cref="INodeService"/>.</summary>
internal interface IHistoryService
{
    /// <summary>All snapshots, oldest first; one of them where its number is given.</summary>
    IReadOnlyList<SnapshotAnswer> Snapshots(long? number, CancellationToken cancel);

    /// <summary>What changed from one snapshot to another.</summary>
    IReadOnlyList<ChangeAnswer> Compare(long from, long to, CancellationToken cancel);

    /// <summary>Leaves of the public log.</summary>
    IReadOnlyList<LeafAnswer> Leaves(LeavesOrder order, CancellationToken cancel);

    /// <summary>Proves a publication under the newest head.</summary>
    ProofAnswer Prove(string id, string? audience, CancellationToken cancel);

    /// <summary>Shows artifacts to an audience, and signs a head over it.</summary>
    PublishAnswer Publish(IReadOnlyList<string> ids, string audience, CancellationToken cancel);

    /// <summary>Takes artifacts back from an audience, or from all (null), and signs a head over it.</summary>
    PublishAnswer Unpublish(IReadOnlyList<string> ids, string? audience, CancellationToken cancel);

    IReadOnlyList<AudienceAnswer> Audiences(CancellationToken cancel);

    /// <summary>Adds trusted peers (petnames or ids) to a named audience, which is made where it is new.</summary>
    AudienceAnswer AddAudience(string name, IReadOnlyList<string> peers, CancellationToken cancel);

    /// <summary>Takes peers from a named audience; none given, or none left: the audience.</summary>
    AudienceAnswer RemoveAudience(string name, IReadOnlyList<string> peers, CancellationToken cancel);
}

/// <summary>Which leaves: of the epoch (null: the newest), from an index (null: so that the newest are among them), at
/// most so many.</summary>
internal sealed record LeavesOrder(long? Epoch, long? From, int Limit)
{
    public const int LimitDefault = 100;
    public const int LimitMax = 10_000;
}
