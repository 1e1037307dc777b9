using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Following;

/// <summary>All followed domains: those that trusted peers write.</summary>
internal sealed class FollowBook
{
    private readonly FollowServices _services;
    private readonly TrustBook _trust;
    private readonly SortedDictionary<DomainId, Follow> _follows = [];

    public FollowBook(FollowServices services, TrustBook trust, IReadOnlyList<StoredDocument> documents)
    {
        _services = services;
        _trust = trust;
        foreach (var group in FollowRestore.Group(documents).Values)
        {
            if (FollowRestore.Manifests(group) is not { } manifests
                || trust.OwnerOf(manifests.Domain) is not { } owner)
                continue;
            var follow = new Follow(owner.Id, manifests, services);
            follow.Restore(FollowRestore.State(group, manifests));
            _follows.Add(manifests.Domain, follow);
        }
    }

    public IReadOnlyCollection<Follow> All => _follows.Values;

    public Follow? Find(DomainId domain) => _follows.GetValueOrDefault(domain);

    public FollowedEntry? FindEntry(DomainId domain, ArtifactKey key) => Find(domain)?.FindEntry(key);

    /// <summary>Follows the domain that a new peer brings; its manifests were verified.</summary>
    public void Begin(PeerId owner, Manifests manifests)
    {
        if (_follows.TryGetValue(manifests.Domain, out var known) && known.Owner == owner)
            return;
        FollowDocuments.PutManifests(_services.Outbox, manifests.Domain, 0, manifests);
        _follows[manifests.Domain] = new Follow(owner, manifests, _services);
    }

    /// <summary>Forgets a domain and all its documents.</summary>
    public void End(DomainId domain)
    {
        if (!_follows.Remove(domain, out var follow))
            return;
        var outbox = _services.Outbox;
        outbox.Delete(FollowDocuments.HeadKey(domain));
        outbox.Delete(FollowDocuments.NameKey(domain));
        for (var i = 0; i < follow.Manifests.Signed.Count; i++)
            outbox.Delete(FollowDocuments.DamKey(domain, i));
        foreach (var set in follow.Audiences)
        {
            foreach (var key in set.Entries.Keys)
                outbox.Delete(FollowDocuments.EntryKey(domain, set.Index, key));
        }
        for (long page = 0; page * FollowDocuments.LeavesPerPage < (follow.Head?.Size ?? 0); page++)
            outbox.Delete(FollowDocuments.LeavesKey(domain, follow.Head!.Epoch, page)); // a size has a head
    }

    public void OnLinkUp(PeerId peer)
    {
        if (_trust.Find(peer) is not { } trusted)
            return;
        if (Find(trusted.Domain) is { } follow)
            follow.RequestSync(null);
        else if (_services.CatalogOf(peer) is { } catalog)
            catalog.Ask(new CatalogRequest.Dam(trusted.Domain, 0), reply => OnFirstManifests(trusted, reply));
    }

    // A trusted peer whose domain we lost track of, or took back with our own manifest, is followed from its genesis.
    private void OnFirstManifests(TrustedPeer peer, CatalogReply reply)
    {
        if (reply.Response is not CatalogResponse.Dam dam || _trust.Find(peer.Id) is null)
            return;
        if (!Manifests.TryVerify(dam.Chain, out var manifests) || manifests.Domain != peer.Domain
            || !manifests.IsNode(peer.NodeKey))
        {
            _services.Report(peer.Id, PeerFault.BadManifest, "manifests that are not its domain's");
            return;
        }
        Begin(peer.Id, manifests);
        Find(peer.Domain)?.RequestSync(null);
    }

    /// <summary>The repair of lost announcements: every owner that is up is asked, demoted ones as well.</summary>
    public void Poll()
    {
        foreach (var follow in _follows.Values)
        {
            if (_services.CatalogOf(follow.Owner) is not null)
                follow.RequestSync(null);
        }
    }

    public void OnCommand(CommandId command, MeshCommand.Sync sync)
    {
        List<Follow> wanted = sync.Domain is { } domain ? [.. _follows.Values.Where(f => f.Domain == domain)]
            : [.. _follows.Values];
        if (sync.Domain is not null && wanted.Count == 0)
        {
            _services.Outbox.Complete(
                command, new CommandResult.Failed(MeshError.NotFound, "that domain is not followed"));
            return;
        }
        var (left, answered) = (wanted.Count, 0);
        if (left == 0)
            _services.Outbox.Complete(command, new CommandResult.Synced(0, 0));
        foreach (var follow in wanted)
        {
            follow.RequestSync(isSynced =>
            {
                answered += isSynced ? 1 : 0;
                if (--left == 0)
                    _services.Outbox.Complete(command, new CommandResult.Synced(answered, wanted.Count));
            });
        }
    }
}
