using Omega.P2P.Node.Answers;

namespace Omega.P2P.Node.Service;

/// <summary>How long things are kept, asked of a daemon.</summary>
internal sealed partial class RemoteNode
{
    public RemoveAnswer Remove(IReadOnlyList<string> ids, string? reason, CancellationToken cancel)
    {
        var query = new Query("/remove").With("reason", reason);
        foreach (var id in ids) query.With("id", id);
        return One<RemoveAnswer>(HttpMethod.Post, query, null, cancel);
    }

    public IReadOnlyList<KeepAnswer> Keep(KeepOrder order, bool isHold, CancellationToken cancel) =>
        Many<KeepAnswer>(HttpMethod.Post, KeepQuery(order, isHold), cancel);

    public IReadOnlyList<KeepAnswer> Release(KeepOrder order, bool isHold, CancellationToken cancel) =>
        Many<KeepAnswer>(HttpMethod.Delete, KeepQuery(order, isHold), cancel);

    public IReadOnlyList<KeepAnswer> Kept(bool isHold, CancellationToken cancel) =>
        Many<KeepAnswer>(new Query(isHold ? "/holds" : "/pins"), cancel);

    private static Query KeepQuery(KeepOrder order, bool isHold)
    {
        var query = new Query(isHold ? "/holds" : "/pins").With("name", order.Name).With("reason", order.Reason);
        foreach (var id in order.Ids) query.With("id", id);
        return query;
    }

    private List<T> Many<T>(HttpMethod method, Query query, CancellationToken cancel)
        where T : IAnswer<T> => [.. Stream<T>(method, query, cancel)];
}
