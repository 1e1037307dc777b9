using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Trust;

namespace Omega.P2P.Federation.Links;

/// <summary>
/// Links of peers that the authority manifest does not name: guests on their way in, and IPFS software. They have a
/// share of links and of streams and no more, so that however many there are, trusted peers are served; and whoever
/// sits still makes room for a newcomer, so that however many sit, a guest gets in.
/// </summary>
internal sealed class Strangers(LinkTable links, TrustBook trust, Outbox outbox, FederationLimits limits)
{
    /// <summary>False where an untrusted peer finds no place.</summary>
    public bool TryAdmit(NetworkInput.LinkUp up)
    {
        // Whom we dial ourselves, the issuer of a ticket, does not compete with those who come.
        if (up.Outbound || trust.Find(up.Peer) is not null)
            return true;
        var there = links.All.Where(l => !l.IsOutbound && !l.IsLeaving && trust.Find(l.Peer) is null).ToList();
        if (there.Count < limits.StrangerLinks)
            return true;
        // Those without a stream first; then who was silent longest.
        if (there.OrderBy(l => l.StreamsInbound > 0).ThenBy(l => l.ActiveAtMs).FirstOrDefault() is not { } stillest)
            return false;
        stillest.IsLeaving = true;
        outbox.Add(new NetworkEffect.DropLink(stillest.Id, "a newer stranger takes its place"));
        return true;
    }

    /// <summary>Whether the peer may open one more stream.</summary>
    /// <param name="link">Its link.</param>
    /// <param name="objection">Why the link goes, where it opens streams without end; else null.</param>
    public bool MayOpen(Link link, out string? objection)
    {
        objection = null;
        if (trust.Find(link.Peer) is not null)
            return links.StreamsInbound < limits.Streams;
        if (!link.StrangerStreams.TryTake(outbox.Now.RunningMs))
            objection = "a stranger opens streams without end";
        return objection is null && links.StreamsInbound < limits.StrangerStreams;
    }
}
