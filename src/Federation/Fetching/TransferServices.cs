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
    private readonly Dictionary<PeerId, double> _speeds = [];
    private readonly Dictionary<PeerId, int> _legs = [];
    private long _turn;

    public Outbox Outbox => outbox;

    public StandingBook Standing => standing;

    public BlocksClient Blocks => blocks;

    public FederationLimits Limits => limits;

    /// <summary>One link to each trusted peer in good standing, ordered by peer.</summary>
    public List<Link> UsableLinks() => LinksWhere(standing.IsUsable);

    /// <summary>The same, and those that rest because they were slow.</summary>
    public List<Link> LinksNotDemoted() => LinksWhere(peer => !standing.IsDemoted(peer));

    /// <summary>What a peer is called here; empty where it is no longer trusted.</summary>
    public string NameOf(PeerId peer) => trust.Find(peer)?.Petname ?? "";

    /// <summary>The far end of the link in use; null where there is none, empty where it is not known.</summary>
    public string? AddressOf(PeerId peer) => links.To(peer) is { } link ? link.Remote ?? "" : null;

    private List<Link> LinksWhere(Func<PeerId, bool> isMeant)
    {
        var meant = new List<Link>();
        foreach (var peer in trust.Peers)
        {
            if (isMeant(peer.Id) && links.To(peer.Id) is { } link)
                meant.Add(link);
        }
        return meant;
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

    /// <summary>Usable links to holders of a content, ordered by peer.</summary>
    public List<Link> UsableLinks(IEnumerable<PeerId> holders) =>
    [
        .. holders.Where(h => standing.IsUsable(h) && trust.Find(h) is not null).Select(links.To).OfType<Link>(),
    ];

    /// <summary>Bytes a second that a peer brought lately, over all transfers; 0 before the first.</summary>
    public double SpeedOf(PeerId peer) => _speeds.GetValueOrDefault(peer);

    /// <summary>Takes what a peer brought in a stretch of time into its measured speed.</summary>
    public void OnSpeed(PeerId peer, long bytes, TimeSpan time)
    {
        var now = bytes / time.TotalSeconds;
        _speeds[peer] = _speeds.TryGetValue(peer, out var before) ? (before + now) / 2 : now;
    }

    /// <summary>Requests for bulk under way to a peer.</summary>
    public int LegsOf(PeerId peer) => _legs.GetValueOrDefault(peer);

    public void OnLegBegun(PeerId peer) => _legs[peer] = LegsOf(peer) + 1;

    public void OnLegEnded(PeerId peer)
    {
        if (LegsOf(peer) <= 1)
            _legs.Remove(peer);
        else
            _legs[peer]--;
    }

    public void Report(PeerId peer, PeerFault fault, string detail)
    {
        if (standing.Report(peer, fault, detail))
            links.Drop(peer, detail);
    }
}
