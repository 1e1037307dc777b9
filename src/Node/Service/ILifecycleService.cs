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
}

/// <summary>Which artifacts, for whom or which case, and why.</summary>
internal sealed record KeepOrder(IReadOnlyList<string> Ids, string Name, string? Reason)
{
    public const string DefaultName = "owner";
}
