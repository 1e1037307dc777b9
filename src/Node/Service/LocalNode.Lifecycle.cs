using Omega.P2P.Engine;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Time;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Node.Service;

/// <summary>How long things are kept.</summary>
internal sealed partial class LocalNode
{
    private const int CandidatesMax = 20;

    public RemoveAnswer Remove(IReadOnlyList<string> ids, string? reason, CancellationToken cancel)
    {
        var meant = ids.SelectMany(id => Meant(id, includesRemoved: false)).ToList();
        var removed = Ask<EngineResult.Removed>(
            new EngineCommand.Remove([.. meant.Select(info => info.Key)], reason), cancel);
        return new RemoveAnswer([.. meant.Select(info => info.Content.ToString()).Distinct()], removed.Withdrawn);
    }

    public IReadOnlyList<KeepAnswer> Keep(KeepOrder order, bool isHold, CancellationToken cancel)
    {
        var keys = KeysOf(order.Ids);
        foreach (var key in keys)
        {
            if (isHold) Store.AddHold(key, order.Name, order.Reason, SystemClock.Now());
            else Store.AddPin(key, order.Name, SystemClock.Now());
        }

        return [.. Kept(isHold, cancel).Where(kept => kept.Name == order.Name && IsAmong(keys, kept.Key))];
    }

    public IReadOnlyList<KeepAnswer> Release(KeepOrder order, bool isHold, CancellationToken cancel)
    {
        var keys = KeysOf(order.Ids);
        var ended = Kept(isHold, cancel).Where(kept => kept.Name == order.Name && IsAmong(keys, kept.Key)).ToList();
        foreach (var key in keys)
        {
            if (isHold) Store.ReleaseHold(key, order.Name, SystemClock.Now());
            else Store.RemovePin(key, order.Name, SystemClock.Now());
        }

        return ended;
    }

    public IReadOnlyList<KeepAnswer> Kept(bool isHold, CancellationToken cancel) => isHold
        ? [.. Store.Holds.Select(hold => new KeepAnswer(
            NameOf(hold.Key), hold.Key.ToString(), hold.Name, hold.Reason, Figures.Time(hold.AtUnixMs)))]
        : [.. Store.Pins.Select(pin => new KeepAnswer(
            NameOf(pin.Key), pin.Key.ToString(), pin.Name, null, Figures.Time(pin.AtUnixMs)))];

    private static bool IsAmong(IReadOnlyList<ArtifactKey> keys, string key) => keys.Any(k => k.ToString() == key);

    private List<ArtifactKey> KeysOf(IReadOnlyList<string> ids) =>
        [.. ids.SelectMany(id => Meant(id, includesRemoved: true)).Select(info => info.Key).Distinct()];

    /// <summary>The artifacts an id means: one content's, under however many descriptors.</summary>
    private IReadOnlyList<ArtifactInfo> Meant(string id, bool includesRemoved)
    {
        var found = Store.Resolve(ParseId(id), CandidatesMax, includesRemoved);
        if (found.Count == 0) throw OmegaException.NotFound($"{id} is not known here", "omega ls lists what is");
        if (found.Select(info => info.Content).Distinct().Count() == 1) return found;
        throw new OmegaException(ExitCode.Usage, "ambiguous", $"{id} may mean {found.Count} artifacts")
        {
            Field = "id",
            Hint = "type more digits",
            Candidates = [.. found.Select(info => $"{info.Content} {info.Type} {info.Brane}")],
        };
    }
}
