using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Fetching;

/// <summary>What transfers and challenges need of the rest of the core.</summary>
internal sealed class TransferServices(
    Outbox outbox, LinkTable links, TrustBook trust, StandingBook standing, BlocksClient blocks,
    FederationLimits limits)
{
    private long _turn;

    public Outbox Outbox => outbox;

    public StandingBook Standing => standing;

    public BlocksClient Blocks => blocks;

    public FederationLimits Limits => limits;

    /// <summary>One link to each trusted peer in good standing, ordered by peer.</summary>
    public List<Link> UsableLinks()
    {
        var usable = new List<Link>();
        foreach (var peer in trust.Peers)
        {
            if (standing.IsUsable(peer.Id) && links.To(peer.Id) is { } link)
                usable.Add(link);
        }
        return usable;
    }

    /// <summary>A usable link to one of the holders, in turn; null when none is up.</summary>
    public Link? Pick(IReadOnlyCollection<PeerId> holders)
    {
        var usable = holders
            .Where(h => standing.IsUsable(h) && trust.Find(h) is not null)
            .Select(links.To)
            .OfType<Link>()
            .ToList();
        return usable.Count == 0 ? null : usable[(int)(_turn++ % usable.Count)];
    }

    public void Report(PeerId peer, PeerFault fault, string detail)
    {
        if (standing.Report(peer, fault, detail))
            links.Drop(peer, detail);
    }
}
