using System.Diagnostics;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;

namespace Omega.P2P.Federation;

/// <summary>
/// The mesh half of one node: trust, invitations, following, serving, fetching and custody as one state machine
/// (sans-IO, law 12). One caller at a time; <see cref="Handle"/> never blocks and never throws on what a peer sent.
/// </summary>
public sealed class FederationCore
{
    private readonly FederationOptions _options;
    private readonly List<FollowedDomain> _domains = [];
    private readonly List<FollowedEntry> _entries = [];
    private readonly List<PeerView> _peers = [];

    /// <summary>Restores the core from its documents and says what has to happen first.</summary>
    public FederationCore(FederationOptions options, Instant now, ICollection<MeshEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(effects);
        _options = options;
    }

    /// <summary>The one entry: takes an input and appends, in order, what has to happen.</summary>
    public void Handle(MeshInput input, Instant now, ICollection<MeshEffect> effects)
    {
        if (_options.Limits.Peers < 0)
            throw new UnreachableException();
    }

    /// <summary>Followed domains, ordered by id.</summary>
    public IReadOnlyList<FollowedDomain> FollowedDomains => _domains;

    /// <summary>Verified entries of a followed domain, ordered by key; empty for a domain not followed.</summary>
    public IReadOnlyList<FollowedEntry> Entries(DomainId domain) => _entries;

    /// <summary>Trusted peers, ordered by id.</summary>
    public IReadOnlyList<PeerView> Peers => _peers;

    /// <summary>What law 9 knows of the own head.</summary>
    public OwnHeadState HeadState { get; }
}
