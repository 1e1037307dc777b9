using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Following;

/// <summary>What following needs of the rest of the core.</summary>
internal sealed class FollowServices(
    Outbox outbox, LinkTable links, StandingBook standing, Dialer dialer, FederationLimits limits)
{
    public Outbox Outbox => outbox;

    public StandingBook Standing => standing;

    public FederationLimits Limits => limits;

    public CatalogClient? CatalogOf(PeerId peer) => links.To(peer)?.Catalog;

    /// <summary>Something new is with a peer that is away.</summary>
    public void Hurry(PeerId peer) => dialer.Hurry(peer);

    public void Report(PeerId peer, PeerFault fault, string detail)
    {
        if (standing.Report(peer, fault, detail))
            links.Drop(peer, detail);
    }
}
