using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Buffers;

namespace Omega.P2P.Federation.Links;

/// <summary>One link that is up.</summary>
internal sealed class Link(LinkId id, PeerId peer, CatalogClient catalog)
{
    public LinkId Id { get; } = id;

    public PeerId Peer { get; } = peer;

    public CatalogClient Catalog { get; } = catalog;

    /// <summary>Whether the peer was asked, on this link, what a trusted peer is asked first.</summary>
    public bool IsGreeted { get; set; }

    /// <summary>Whether we dialled it.</summary>
    public bool IsOutbound { get; init; }

    /// <summary>The far end's address as a textual multiaddr, when known.</summary>
    public string? Remote { get; init; }

    /// <summary>Streams the peer has open towards us.</summary>
    public int StreamsInbound { get; set; }

    /// <summary>Streams it may open while nobody trusts it.</summary>
    public required RateBudget StrangerStreams { get; init; }
}

/// <summary>Links that are up, by number and by peer. A peer may have several; its oldest is the one used.</summary>
internal sealed class LinkTable(Outbox outbox, StreamTable streams, FederationLimits limits)
{
    private readonly SortedDictionary<long, Link> _links = [];

    public IEnumerable<Link> All => _links.Values;

    /// <summary>Streams that peers have open towards us, on all links.</summary>
    public int StreamsInbound => _links.Values.Sum(link => link.StreamsInbound);

    /// <summary>Null where it may not stay, and goes.</summary>
    public Link? Add(NetworkInput.LinkUp up)
    {
        if (Objection(up) is { } objection)
        {
            outbox.Add(new NetworkEffect.DropLink(up.Link, objection));
            return null;
        }
        var link = new Link(up.Link, up.Peer, new CatalogClient(up.Link, up.Peer, outbox, streams, limits))
        {
            IsOutbound = up.Outbound,
            Remote = up.Remote,
            StrangerStreams = new RateBudget(10 * limits.StrangerStreamsPerSecond, limits.StrangerStreamsPerSecond),
        };
        _links.Add(up.Link.Value, link);
        return link;
    }

    public Link? Remove(LinkId id) => _links.Remove(id.Value, out var link) ? link : null;

    public Link? Find(LinkId id) => _links.GetValueOrDefault(id.Value);

    public Link? To(PeerId peer)
    {
        foreach (var link in _links.Values)
        {
            if (link.Peer == peer)
                return link;
        }
        return null;
    }

    private string? Objection(NetworkInput.LinkUp up)
    {
        if (_links.Count >= limits.Links || _links.ContainsKey(up.Link.Value))
            return "too many links";
        if (_links.Values.Count(link => link.Peer == up.Peer) >= limits.LinksPerPeer)
            return "too many links of one peer";
        // Two addresses of a race answered at the same moment: one is enough.
        return up.Dial is not null && _links.Values.Any(link => link.Peer == up.Peer && link.IsOutbound)
            ? "another address was first"
            : null;
    }

    public void Drop(PeerId peer, string reason)
    {
        foreach (var link in _links.Values.Where(l => l.Peer == peer).ToList())
            outbox.Add(new NetworkEffect.DropLink(link.Id, reason));
    }
}
