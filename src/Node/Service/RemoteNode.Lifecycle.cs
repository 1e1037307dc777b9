using System.Globalization;
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

    public IReadOnlyList<RuleAnswer> Rules(CancellationToken cancel) =>
        Many<RuleAnswer>(new Query("/retention"), cancel);

    public IReadOnlyList<RuleAnswer> SetRule(RuleAnswer rule, CancellationToken cancel) => Many<RuleAnswer>(
        HttpMethod.Post,
        new Query("/retention").With("brane", rule.Brane).With("kind", rule.Kind)
            .With("keep_last", Text(rule.KeepLast)).With("keep_for_ms", Text(rule.KeepForMs))
            .With("cold_after_ms", Text(rule.ColdAfterMs)),
        cancel);

    public CollectPlanAnswer PlanCollection(CollectOrder order, CancellationToken cancel) =>
        One<CollectPlanAnswer>(HttpMethod.Get, CollectQuery("/gc/plan", order), null, cancel);

    public IEnumerable<BlockAnswer> ExplainCollection(CollectOrder order, CancellationToken cancel) =>
        Stream<BlockAnswer>(HttpMethod.Get, CollectQuery("/gc/explain", order), cancel);

    public CollectAnswer Collect(CollectOrder order, CancellationToken cancel) =>
        One<CollectAnswer>(HttpMethod.Post, CollectQuery("/gc/run", order), null, cancel);

    public RepackAnswer Repack(double fill, CancellationToken cancel) =>
        One<RepackAnswer>(
            HttpMethod.Post, new Query("/repack").With("percent", Text((long)(fill * 100))), null, cancel);

    public IReadOnlyList<WhyAnswer> Why(string id, CancellationToken cancel) =>
        Many<WhyAnswer>(new Query("/why").With("id", id), cancel);

    public ScrubAnswer Scrub(string action, long? rate, CancellationToken cancel) => One<ScrubAnswer>(
        HttpMethod.Post, new Query("/scrub").With("action", action).With("rate", Text(rate)), null, cancel);

    private static Query CollectQuery(string path, CollectOrder order) =>
        new Query(path).With("grace_ms", Text(order.GraceMs)).With("trust_clock", order.TrustsClock ? "true" : null);

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static Query KeepQuery(KeepOrder order, bool isHold)
    {
        var query = new Query(isHold ? "/holds" : "/pins").With("name", order.Name).With("reason", order.Reason);
        foreach (var id in order.Ids) query.With("id", id);
        return query;
    }

    private List<T> Many<T>(HttpMethod method, Query query, CancellationToken cancel)
        where T : IAnswer<T> => [.. Stream<T>(method, query, cancel)];
}
