using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Standing;

/// <summary>What a fault costs the peer.</summary>
internal enum Consequence
{
    /// <summary>Remembered as the peer's last fault.</summary>
    Note,

    /// <summary>Not used as a source for <see cref="FederationLimits.DemotedFor"/>.</summary>
    Demote,

    /// <summary>Demoted, and the link is cut.</summary>
    DemoteAndDrop,
}

/// <summary>
/// How peers stand. A demoted peer is asked for no bytes, and its announcements do not start a sync; its heads are
/// looked at once per poll, and a verified newer head of its own restores it.
/// </summary>
internal sealed class StandingBook(Outbox outbox, FederationLimits limits)
{
    private readonly SortedDictionary<PeerId, Record> _records = [];

    private sealed record Record(PeerFault Fault, string Detail, long DemotedUntilMs);

    /// <summary>The one table of consequences.</summary>
    public static Consequence Of(PeerFault fault) => fault switch
    {
        PeerFault.Refused or PeerFault.Disconnected => Consequence.Note,
        PeerFault.Malformed or PeerFault.Oversize or PeerFault.Flood => Consequence.DemoteAndDrop,
        _ => Consequence.Demote,
    };

    public bool IsUsable(PeerId peer) =>
        !_records.TryGetValue(peer, out var record) || record.DemotedUntilMs <= outbox.Now.RunningMs;

    public PeerFault? LastFault(PeerId peer) => _records.TryGetValue(peer, out var record) ? record.Fault : null;

    public string? LastDetail(PeerId peer) => _records.TryGetValue(peer, out var record) ? record.Detail : null;

    /// <summary>Takes a fault down. True when the link has to be cut.</summary>
    public bool Report(PeerId peer, PeerFault fault, string detail)
    {
        var consequence = Of(fault);
        var until = _records.TryGetValue(peer, out var before) ? before.DemotedUntilMs : 0;
        if (consequence != Consequence.Note)
            until = outbox.Now.RunningMs + (long)limits.DemotedFor.TotalMilliseconds;
        if (before is null && _records.Count >= limits.Peers + limits.Links)
            _records.Remove(_records.Keys.First());
        _records[peer] = new Record(fault, detail, until);
        outbox.Notify(new MeshNotice.PeerFaulted(peer, fault, detail));
        return consequence == Consequence.DemoteAndDrop;
    }

    /// <summary>A verified newer head makes good what was wrong with heads, not what was wrong with bytes.</summary>
    public void Restore(PeerId peer)
    {
        if (_records.TryGetValue(peer, out var record) && IsOfCatalog(record.Fault))
            _records[peer] = record with { DemotedUntilMs = 0 };
    }

    private static bool IsOfCatalog(PeerFault fault) => fault
        is PeerFault.BadInclusionProof or PeerFault.BadConsistencyProof or PeerFault.BadSignature
        or PeerFault.StaleHead or PeerFault.BadManifest or PeerFault.BadEpoch or PeerFault.BadLeaf
        or PeerFault.BadSnapshot or PeerFault.BadCatalogNode or PeerFault.BadEntry or PeerFault.Timeout;

    public void Forget(PeerId peer) => _records.Remove(peer);
}
