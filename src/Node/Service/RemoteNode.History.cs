using Omega.P2P.Node.Answers;

namespace Omega.P2P.Node.Service;

/// <summary>History, asked of a daemon.</summary>
internal sealed partial class RemoteNode
{
    public IReadOnlyList<SnapshotAnswer> Snapshots(long? number, CancellationToken cancel) =>
        Many<SnapshotAnswer>(new Query("/snapshots").With("number", Text(number)), cancel);

    public IReadOnlyList<ChangeAnswer> Compare(long from, long to, CancellationToken cancel) =>
        Many<ChangeAnswer>(new Query("/snapshots/diff").With("from", Text(from)).With("to", Text(to)), cancel);

    public IReadOnlyList<LeafAnswer> Leaves(LeavesOrder order, CancellationToken cancel) => Many<LeafAnswer>(
        new Query("/log").With("epoch", Text(order.Epoch)).With("from", Text(order.From))
            .With("limit", Text(order.Limit)), cancel);

    public ProofAnswer Prove(string id, string? audience, CancellationToken cancel) => One<ProofAnswer>(
        HttpMethod.Get, new Query("/log/proof").With("id", id).With("audience", audience), null, cancel);

    public PublishAnswer Publish(IReadOnlyList<string> ids, string audience, CancellationToken cancel) =>
        One<PublishAnswer>(HttpMethod.Post, WithIds("/publish", ids).With("audience", audience), null, cancel);

    public PublishAnswer Unpublish(IReadOnlyList<string> ids, string? audience, CancellationToken cancel) =>
        One<PublishAnswer>(HttpMethod.Post, WithIds("/unpublish", ids).With("audience", audience), null, cancel);

    public IReadOnlyList<AudienceAnswer> Audiences(CancellationToken cancel) =>
        Many<AudienceAnswer>(new Query("/audiences"), cancel);

    public AudienceAnswer AddAudience(string name, IReadOnlyList<string> peers, CancellationToken cancel) =>
        One<AudienceAnswer>(HttpMethod.Post, Members(name, peers), null, cancel);

    public AudienceAnswer RemoveAudience(string name, IReadOnlyList<string> peers, CancellationToken cancel) =>
        One<AudienceAnswer>(HttpMethod.Delete, Members(name, peers), null, cancel);

    private static Query Members(string name, IReadOnlyList<string> peers)
    {
        var query = new Query("/audiences").With("name", name);
        foreach (var peer in peers) query.With("peer", peer);
        return query;
    }

    private static Query WithIds(string path, IReadOnlyList<string> ids)
    {
        var query = new Query(path);
        foreach (var id in ids) query.With("id", id);
        return query;
    }
}
