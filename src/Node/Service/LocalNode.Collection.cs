using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Time;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Node.Service;

/// <summary>Retention and collection.</summary>
internal sealed partial class LocalNode
{
    public IReadOnlyList<RuleAnswer> Rules(CancellationToken cancel) => [.. Store.RetentionRules.Select(rule =>
        new RuleAnswer(rule.Brane, rule.Type, rule.KeepLast, rule.KeepForMs, rule.ColdAfterMs))];

    public IReadOnlyList<RuleAnswer> SetRule(RuleAnswer rule, CancellationToken cancel)
    {
        Store.SetRetention(
            new RetentionRule(rule.Brane, rule.Kind)
            {
                KeepLast = rule.KeepLast,
                KeepForMs = rule.KeepForMs,
                ColdAfterMs = rule.ColdAfterMs,
            },
            SystemClock.Now());
        return Rules(cancel);
    }

    public CollectPlanAnswer PlanCollection(CollectOrder order, CancellationToken cancel)
    {
        var plan = Store.PlanCollection(OptionsOf(order), SystemClock.Now());
        return new CollectPlanAnswer(
            plan.Doubt, plan.Expiring, plan.DeadObjects, plan.DeadBytes, plan.BlocksToDrop, plan.BlocksToRewrite,
            plan.BytesToMove, plan.BytesToFree, plan.BytesInGrace, plan.GraceLeftMs);
    }

    public IEnumerable<BlockAnswer> ExplainCollection(CollectOrder order, CancellationToken cancel)
    {
        foreach (var verdict in Store.ExplainCollection(OptionsOf(order), SystemClock.Now()))
        {
            cancel.ThrowIfCancellationRequested();
            yield return new BlockAnswer(
                verdict.Block.ToString(), verdict.IsHere, NameOf(verdict.Rule), verdict.Objects, verdict.Dead,
                verdict.Bytes, verdict.DeadBytes, verdict.Witness?.ToString());
        }
    }

    public CollectAnswer Collect(CollectOrder order, CancellationToken cancel)
    {
        var done = Store.Collect(OptionsOf(order), SystemClock.Now(), _ => cancel.ThrowIfCancellationRequested());
        if (Store.History.NeedsSnapshot && done.Removed > 0)
            Ask<Engine.EngineResult.Removed>(new Engine.EngineCommand.Remove([], null), cancel);
        Store.KeepReserve();
        return new CollectAnswer(
            done.Removed, done.BlocksDropped, done.BytesMoved, done.BytesFreed, done.BytesInGrace);
    }

    public RepackAnswer Repack(double fill, CancellationToken cancel)
    {
        var fewer = Store.Repack(SystemClock.Now(), fill);
        var stats = Store.Stats;
        return new RepackAnswer(fewer, stats.Blocks, stats.BlockBytes);
    }

    private static CollectionOptions OptionsOf(CollectOrder order) =>
        new() { GraceMs = order.GraceMs, TrustsClock = order.TrustsClock };

    private static string NameOf(BlockRule rule) =>
        rule == BlockRule.InFlight ? "in-flight" : rule.ToString().ToLowerInvariant();
}
