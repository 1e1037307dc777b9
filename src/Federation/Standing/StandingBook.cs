using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Standing;

/// <summary>What a fault costs the peer.</summary>
internal enum Consequence
{
    /// <summary>Remembered as the peer's last fault.</summary>
    Note,

    /// <summary>
    /// Left alone for <see cref="FederationLimits.RestsFor"/>: slow is not false, and a partition makes everybody slow.
    /// </summary>
    Rest,

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

    private sealed record Record(PeerFault Fault, string Detail, long DemotedUntilMs, long RestsUntilMs);

    /// <summary>The one table of consequences.</summary>
    public static Consequence Of(PeerFault fault) => fault switch
    {
        PeerFault.Refused or PeerFault.Disconnected => Consequence.Note,
        PeerFault.Timeout => Consequence.Rest,
        PeerFault.Malformed or PeerFault.Oversize or PeerFault.Flood => Consequence.DemoteAndDrop,
        _ => Consequence.Demote,
    };

    public bool IsUsable(PeerId peer) =>
        !_records.TryGetValue(peer, out var record)
        || Math.Max(record.DemotedUntilMs, record.RestsUntilMs) <= outbox.Now.RunningMs;

    public bool IsDemoted(PeerId peer) =>
        _records.TryGetValue(peer, out var record) && record.DemotedUntilMs > outbox.Now.RunningMs;

    public PeerFault? LastFault(PeerId peer) => _records.TryGetValue(peer, out var record) ? record.Fault : null;

    public string? LastDetail(PeerId peer) => _records.TryGetValue(peer, out var record) ? record.Detail : null;

    /// <summary>Takes a fault down. True when the link has to be cut.</summary>
    public bool Report(PeerId peer, PeerFault fault, string detail)
    {
        var consequence = Of(fault);
        var before = _records.GetValueOrDefault(peer);
        var (demoted, rests) = (before?.DemotedUntilMs ?? 0, before?.RestsUntilMs ?? 0);
        if (consequence == Consequence.Rest)
            rests = outbox.Now.RunningMs + (long)limits.RestsFor.TotalMilliseconds;
        else if (consequence != Consequence.Note)
            demoted = outbox.Now.RunningMs + (long)limits.DemotedFor.TotalMilliseconds;
        if (before is null && _records.Count >= limits.Peers + limits.Links)
            _records.Remove(_records.Keys.First());
        _records[peer] = new Record(fault, detail, demoted, rests);
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
        or PeerFault.BadSnapshot or PeerFault.BadCatalogNode or PeerFault.BadEntry;

    /// <summary>It answers, or has a new link: that it was slow is over.</summary>
    public void Wake(PeerId peer)
    {
        if (_records.TryGetValue(peer, out var record))
            _records[peer] = record with { RestsUntilMs = 0 };
    }

    public void Forget(PeerId peer) => _records.Remove(peer);
}
