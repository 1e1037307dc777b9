using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.HeadGuard;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Serving;

/// <summary>
/// Tells connected trusted peers of the own newest head, when law 9 lets it leave. A hint: whoever misses it pulls.
/// </summary>
internal sealed class Announcer(
    Outbox outbox, TrustBook trust, LinkTable links, OwnHeadGuard guard, StandingBook standing)
{
    private HeadRef? _announced;

    public void Announce()
    {
        if (!guard.IsFree)
            return;
        outbox.Ask(new StoreQuery.OwnHead(0, 0, []), answer =>
        {
            if (answer is not StoreAnswer.OwnHead own || !guard.IsFree || own.Place == _announced)
                return;
            _announced = own.Place;
            foreach (var peer in trust.Peers)
            {
                if (links.To(peer.Id) is { } link)
                    Tell(link, own.Bundle.Note);
            }
        });
    }

    private void Tell(Link link, ReadOnlyMemory<byte> note)
    {
        guard.RememberFollower(link.Peer);
        link.Catalog.Ask(new CatalogRequest.Announce(trust.OwnDomain, note), reply =>
        {
            if (reply.Response is CatalogResponse.Noted { Newer.IsEmpty: false } noted)
                guard.Examine(link.Peer, noted.Newer, () => { });
            else if (reply.Response is null && reply.Fault != PeerFault.Disconnected
                && standing.Report(link.Peer, reply.Fault, "told of a new head"))
                links.Drop(link.Peer, "told of a new head");
        });
    }
}
