using Omega.P2P.Node.Answers;

namespace Omega.P2P.Node.Service;

/// <summary>The verbs about how long things are kept. Same rules as <see cref="INodeService"/>.</summary>
internal interface ILifecycleService
{
    /// <summary>Takes artifacts out of everything live; all or none.</summary>
    RemoveAnswer Remove(IReadOnlyList<string> ids, string? reason, CancellationToken cancel);

    /// <summary>Pins (<paramref name="isHold"/>: holds) artifacts under a name; what stands now is answered.</summary>
    IReadOnlyList<KeepAnswer> Keep(KeepOrder order, bool isHold, CancellationToken cancel);

    /// <summary>Ends pins or holds of that name; what was ended is answered.</summary>
    IReadOnlyList<KeepAnswer> Release(KeepOrder order, bool isHold, CancellationToken cancel);

    IReadOnlyList<KeepAnswer> Kept(bool isHold, CancellationToken cancel);

    IReadOnlyList<RuleAnswer> Rules(CancellationToken cancel);

    /// <summary>Sets a rule; one without periods and counts ends it. Answered with the rules in force.</summary>
    IReadOnlyList<RuleAnswer> SetRule(RuleAnswer rule, CancellationToken cancel);

    CollectPlanAnswer PlanCollection(CollectOrder order, CancellationToken cancel);

    /// <summary>Why each block stays or how it goes; as they come.</summary>
    IEnumerable<BlockAnswer> ExplainCollection(CollectOrder order, CancellationToken cancel);

    CollectAnswer Collect(CollectOrder order, CancellationToken cancel);

    /// <summary>Why each artifact that the id means stays, and where it lies.</summary>
    IReadOnlyList<WhyAnswer> Why(string id, CancellationToken cancel);

    /// <summary>`start`, `pause`, `resume` or `status`; the rate in bytes a second.</summary>
    ScrubAnswer Scrub(string action, long? rate, CancellationToken cancel);

    /// <summary>Merges blocks filled less than the share, 0 to 1.</summary>
    RepackAnswer Repack(double fill, CancellationToken cancel);
}

/// <summary>How to collect: another grace period than the usual one, in milliseconds; a clock that looks wrong.
/// </summary>
internal sealed record CollectOrder(long? GraceMs, bool TrustsClock);

/// <summary>Which artifacts, for whom or which case, and why.</summary>
internal sealed record KeepOrder(IReadOnlyList<string> Ids, string Name, string? Reason)
{
    public const string DefaultName = "owner";
}
