using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Buffers;

namespace Omega.P2P.Federation.Links;

/// <summary>One link that is up.</summary>
internal sealed class Link(LinkId id, PeerId peer, CatalogClient catalog, LinkTable table)
{
    public LinkId Id { get; } = id;

    public PeerId Peer { get; } = peer;

    public CatalogClient Catalog { get; } = catalog;

    /// <summary>Whether the peer was asked, on this link, what a trusted peer is asked first.</summary>
    public bool IsGreeted { get; set; }

    /// <summary>Whether it may be asked for many contents at once: an older node does not know that.</summary>
    public bool TakesMany { get; set; } = true;

    /// <summary>Whether we dialled it.</summary>
    public bool IsOutbound { get; init; }

    /// <summary>The far end's address as a textual multiaddr, when known.</summary>
    public string? Remote { get; init; }

    /// <summary>Streams the peer has open towards us.</summary>
    public int StreamsInbound
    {
        get;
        set
        {
            table.StreamsInbound += value - field;
            field = value;
        }
    }

    /// <summary>Streams it may open while nobody trusts it.</summary>
    public required RateBudget StrangerStreams { get; init; }

    /// <summary>When the peer last did something on it, running milliseconds.</summary>
    public long ActiveAtMs { get; set; }

    /// <summary>It was told to go and is as good as gone.</summary>
    public bool IsLeaving { get; set; }
}

/// <summary>Links that are up, by number and by peer. A peer may have several; its oldest is the one used.</summary>
internal sealed class LinkTable(Outbox outbox, StreamTable streams, FederationLimits limits)
{
    private readonly SortedDictionary<long, Link> _links = [];
    private readonly Dictionary<PeerId, SortedList<long, Link>> _byPeer = [];

    public IEnumerable<Link> All => _links.Values;

    /// <summary>Streams that peers have open towards us, on all links.</summary>
    public int StreamsInbound { get; set; }

    /// <summary>Null where it may not stay, and goes.</summary>
    public Link? Add(NetworkInput.LinkUp up)
    {
        if (Objection(up) is { } objection)
        {
            outbox.Add(new NetworkEffect.DropLink(up.Link, objection));
            return null;
        }
        var link = new Link(up.Link, up.Peer, new CatalogClient(up.Link, up.Peer, outbox, streams, limits), this)
        {
            IsOutbound = up.Outbound,
            Remote = up.Remote,
            StrangerStreams = new RateBudget(10 * limits.StrangerStreamsPerSecond, limits.StrangerStreamsPerSecond),
            ActiveAtMs = outbox.Now.RunningMs,
        };
        _links.Add(up.Link.Value, link);
        if (!_byPeer.TryGetValue(up.Peer, out var all))
            _byPeer.Add(up.Peer, all = []);
        all.Add(up.Link.Value, link);
        return link;
    }

    public Link? Remove(LinkId id)
    {
        if (!_links.Remove(id.Value, out var link))
            return null;
        var others = _byPeer[link.Peer];
        others.Remove(id.Value);
        if (others.Count == 0)
            _byPeer.Remove(link.Peer);
        return link;
    }

    public Link? Find(LinkId id) => _links.GetValueOrDefault(id.Value);

    /// <summary>Of one peer, oldest first.</summary>
    public IList<Link> Of(PeerId peer) => _byPeer.TryGetValue(peer, out var all) ? all.Values : [];

    public Link? To(PeerId peer) => _byPeer.TryGetValue(peer, out var all) ? all.Values[0] : null;

    public void Drop(PeerId peer, string reason)
    {
        foreach (var link in Of(peer))
            outbox.Add(new NetworkEffect.DropLink(link.Id, reason));
    }

    private string? Objection(NetworkInput.LinkUp up)
    {
        if (_links.Count >= limits.Links || _links.ContainsKey(up.Link.Value))
            return "too many links";
        if (Of(up.Peer).Count >= limits.LinksPerPeer)
            return "too many links of one peer";
        // Two addresses of a race answered at the same moment: one is enough.
        return up.Dial is not null && Of(up.Peer).Any(link => link.IsOutbound) ? "another address was first" : null;
    }
}
