using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Fetching;

/// <summary>What its owner sees of a transfer: who brings how much, how fast, and what it waits for.</summary>
internal sealed partial class Transfer
{
    private readonly SortedDictionary<PeerId, HolderTally> _tallies = [];
    private readonly SortedSet<PeerId> _holding = [];
    private long _startedMs;

    private long ElapsedMs => NowMs - _startedMs;

    /// <summary>How it stands.</summary>
    public TransferView View()
    {
        var wanted = _bytesWanted;
        var done = Math.Min(wanted, _bytes + _wants.Sum(w => w.Legs.Where(l => !l.IsVoid).Sum(Came))
            + _batches.Where(b => !b.IsVoid).Sum(Came));
        return new TransferView(
            Command, _wants.Count, done, wanted, TimeSpan.FromMilliseconds(ElapsedMs), ViewHolders(isOver: false));
    }

    private static long Came(Leg leg) => leg.Piece.Before(leg.VerifiedTo)?.Bytes ?? 0;

    private static long Came(Batch batch) =>
        batch.Items.Take(batch.Fetch?.ItemsEnded ?? 0).Sum(item => item.Piece.Bytes);

    private List<HolderView> ViewHolders(bool isOver)
    {
        var links = _services.LinksNotDemoted().ToDictionary(link => link.Peer);
        var legs = _wants.SelectMany(w => w.Legs).Where(leg => !leg.IsVoid).ToLookup(leg => leg.Peer);
        var batches = _batches.Where(b => !b.IsVoid).ToLookup(b => b.Peer);
        var peers = new SortedSet<PeerId>([.. _tallies.Keys, .. links.Keys, .. _holding]);
        return peers.Select(peer =>
        {
            var tally = _tallies.GetValueOrDefault(peer) ?? new HolderTally();
            var bytes = tally.Bytes + legs[peer].Sum(Came) + batches[peer].Sum(Came);
            var requests = legs[peer].Count() + batches[peer].Count();
            var isStill = legs[peer].Any(IsStill) || batches[peer].Any(IsStill);
            var rate = !isOver ? (requests > 0 ? tally.BytesPerSecond : 0) : bytes * 1000.0 / Math.Max(1, ElapsedMs);
            return new HolderView(
                peer, _services.NameOf(peer), _services.AddressOf(peer), StateOf(peer, tally, requests, bytes, isStill),
                bytes, rate, requests, bytes > 0 ? tally.Limit : null);
        }).ToList();
    }

    private HolderState StateOf(PeerId peer, HolderTally tally, int requests, long bytes, bool isStill)
    {
        if (tally.IsFalse)
            return HolderState.Lying;
        if (requests > 0)
            return isStill ? HolderState.Stalled : bytes == 0 ? HolderState.Measuring : HolderState.Fetching;
        if (_services.AddressOf(peer) is null)
            return HolderState.Away;
        if (!_services.Standing.IsUsable(peer))
            return _services.Standing.IsDemoted(peer) ? HolderState.Lying : HolderState.Stalled;
        if (_asking.ContainsKey(peer))
            return HolderState.Asking;
        return _holding.Contains(peer) ? HolderState.Holding : HolderState.NotHeld;
    }

    private bool IsStill(Leg leg) => IsStill(leg.ProgressMs, leg.Fetch?.Activity);

    private bool IsStill(Batch batch) => IsStill(batch.ProgressMs, batch.Fetch?.Activity);

    private bool IsStill(long progressMs, SinkActivity? activity) =>
        activity == SinkActivity.Waiting && NowMs - progressMs > 2 * Limits.LookEvery.TotalMilliseconds;

    private HolderTally TallyOf(PeerId peer)
    {
        if (!_tallies.TryGetValue(peer, out var tally))
            _tallies.Add(peer, tally = new HolderTally());
        return tally;
    }

    /// <summary>Takes down what was brought since the look before.</summary>
    private void Tally(IReadOnlyList<Leg> legs)
    {
        var activities = legs.Select(leg => (leg.Peer, leg.Fetch?.Activity))
            .Concat(_batches.Select(batch => (batch.Peer, batch.Fetch?.Activity)))
            .ToLookup(a => a.Peer, a => a.Activity ?? SinkActivity.Waiting);
        foreach (var peer in activities.Select(a => a.Key).Union(_brought.Keys))
            TallyOf(peer).Look(_brought.GetValueOrDefault(peer), Limits.LookEvery, activities[peer]);
    }
}
