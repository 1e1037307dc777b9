using System.Diagnostics;
using Omega.P2P.Federation.Custody;
using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Fetching;
using Omega.P2P.Federation.Following;
using Omega.P2P.Federation.Gossiping;
using Omega.P2P.Federation.HeadGuard;
using Omega.P2P.Federation.Invitations;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Serving;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Federation;

/// <summary>
/// The mesh half of one node: trust, invitations, following, serving, fetching and custody as one state machine
/// (sans-IO, law 12). One caller at a time; <see cref="Handle"/> never blocks and never throws on what a peer sent.
/// The queries are pure reads, by the same caller.
/// </summary>
public sealed class FederationCore
{
    private readonly FederationLimits _limits;
    private readonly Outbox _outbox;
    private readonly StreamTable _streams = new();
    private readonly StandingBook _standing;
    private readonly LinkTable _links;
    private readonly Strangers _strangers;
    private readonly TrustBook _trust;
    private readonly AddressBook _addresses;
    private readonly Dialer _dialer;
    private readonly OwnHeadGuard _guard;
    private readonly FollowBook _follows;
    private readonly GossipDesk _gossip;
    private readonly Announcer _announcer;
    private readonly InvitationDesk _invitations;
    private readonly JoinDesk _joins;
    private readonly TransferDesk _transfers;
    private readonly CustodyDesk _custody;
    private readonly CatalogServer _catalogServer;
    private readonly BlocksServer _blocksServer;
    private readonly BitswapServer _bitswapServer;

    /// <summary>
    /// Restores the core from its documents and says what has to happen first.
    /// </summary>
    /// <exception cref="ArgumentException">The own authority manifests do not verify, or name another node.</exception>
    public FederationCore(FederationOptions options, Instant now, ICollection<MeshEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(effects);
        if (!Manifests.TryVerify(options.DamChain, out var own) || !own.IsNode(options.NodeSigner.PublicKey))
            throw new ArgumentException("the own authority manifests do not verify for this node", nameof(options));
        _limits = options.Limits;
        _outbox = new Outbox(options.Random);
        _outbox.Begin(now, effects);
        _standing = new StandingBook(_outbox, _limits);
        _links = new LinkTable(_outbox, _streams, _limits);
        _trust = new TrustBook(_outbox, options, own);
        _strangers = new Strangers(_links, _trust, _outbox, _limits);
        _addresses = new AddressBook(_outbox, _limits, options.Documents);
        _dialer = new Dialer(_outbox, _links, _trust, _addresses, _limits);
        _guard = new OwnHeadGuard(
            _outbox, _trust, _standing, options.Documents, p => _links.To(p)?.Catalog, () => _announcer!.Announce());
        var followServices = new FollowServices(_outbox, _links, _standing, _dialer, _limits);
        _follows = new FollowBook(followServices, _trust, options.Documents);
        _gossip = new GossipDesk(_outbox, _streams, options, _trust, _links, _follows, _guard, _standing);
        _announcer = new Announcer(_outbox, _trust, _links, _guard, _standing, _gossip);
        _invitations = new InvitationDesk(
            _outbox, options, _trust, _guard, new InvitationBook(_outbox, _limits, options.Documents),
            new Admission(_outbox, _trust, _follows, _addresses, _limits, AwaitGreeting));
        _joins = new JoinDesk(
            _outbox, _streams, _links, _trust, _guard,
            new Admission(_outbox, _trust, _follows, _addresses, _limits, Greet), _invitations, _limits);
        var challenges = new ChallengeBook();
        var transferServices = new TransferServices(
            _outbox, _links, _trust, _standing, new BlocksClient(_outbox, _streams, _limits), _limits);
        _transfers = new TransferDesk(transferServices, _follows);
        _custody = new CustodyDesk(transferServices, challenges);
        _catalogServer = new CatalogServer(_outbox, _trust, _guard, _follows, GreetOnce);
        _blocksServer = new BlocksServer(_outbox, _trust, _follows, challenges);
        _bitswapServer = new BitswapServer(_outbox, _streams, _limits);
        _guard.Start();
        _dialer.Start();
        ArmPoll();
    }

    /// <summary>Followed domains, ordered by id.</summary>
    public IReadOnlyList<FollowedDomain> FollowedDomains => [.. _follows.All.Select(f => f.View())];

    /// <summary>Trusted peers, ordered by id.</summary>
    public IReadOnlyList<PeerView> Peers => [.. _trust.Peers.Select(View)];

    /// <summary>Transfers under way.</summary>
    public IReadOnlyList<TransferView> Transfers => _transfers.Views();

    /// <summary>What law 9 knows of the own head.</summary>
    public OwnHeadState HeadState => _guard.State;

    /// <summary>The own domain.</summary>
    public DomainId OwnDomain => _trust.OwnDomain;

    /// <summary>Verified entries of a followed domain, ordered by key; empty for a domain not followed.</summary>
    public IReadOnlyList<FollowedEntry> Entries(DomainId domain) => _follows.Find(domain)?.Entries() ?? [];

    /// <summary>Contents that a followed domain has published to everyone lately, as gossip told: a hint.</summary>
    public IReadOnlyList<ContentId> HeardContents(DomainId domain) => _gossip.HeardOf(domain);

    /// <summary>One verified entry of a followed domain, or null.</summary>
    public FollowedEntry? FindEntry(DomainId domain, ArtifactKey key) => _follows.FindEntry(domain, key);

    /// <summary>
    /// Verified signed manifests of a followed domain, genesis first; empty for a domain not followed.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> ManifestsOf(DomainId domain) =>
        _follows.Find(domain)?.Manifests.Signed ?? [];

    /// <summary>The one entry: takes an input and appends, in order, what has to happen.</summary>
    public void Handle(MeshInput input, Instant now, ICollection<MeshEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(effects);
        _outbox.Begin(now, effects);
        switch (input)
        {
            case NetworkInput.LinkUp up:
                OnLinkUp(up);
                break;
            case NetworkInput.LinkDown down:
                OnLinkDown(down);
                break;
            case NetworkInput.DialFailed failed:
                _dialer.OnDialFailed(failed.Dial, failed.Reason);
                _joins.OnDialFailed(failed.Dial, failed.Reason);
                break;
            case NetworkInput.StreamOpened opened:
                OnStreamOpened(opened);
                break;
            case NetworkInput.StreamReady ready:
                _outbox.OnStreamReady(ready.Request, ready.Stream, ready.Protocol);
                break;
            case NetworkInput.StreamFailed failed:
                _outbox.OnStreamFailed(failed.Request, failed.Reason);
                break;
            case NetworkInput.FrameArrived frame:
                _streams.OnFrame(frame.Stream, frame.Payload);
                break;
            case NetworkInput.FramesSent sent:
                _streams.OnSent(sent.Stream, sent.Bytes);
                break;
            case NetworkInput.StreamEnded ended:
                _streams.OnEnded(ended.Stream, ended.Reset);
                break;
            case NetworkInput.BulkFinished finished:
                _streams.OnBulk(finished.Stream, finished.Outcome);
                break;
            case NetworkInput.BulkSent sent:
                _streams.OnSent(sent.Stream);
                break;
            case NetworkInput.TimerFired fired:
                _outbox.OnTimer(fired.Timer);
                break;
            case NetworkInput.ListenAddressesChanged changed:
                _invitations.ListenAddresses = changed.Addresses;
                break;
            case NetworkInput.AddressesLearned learned:
                OnAddressesLearned(learned);
                break;
            case MeshInput.StoreAnswered answered:
                _outbox.OnAnswer(answered);
                break;
            case MeshInput.CommandIssued issued:
                OnCommand(issued.Id, issued.Command);
                break;
            case MeshInput.StoreReadOnly told:
                _guard.OnStore(told);
                break;
            case MeshInput.OwnHeadChanged:
                _announcer.Announce();
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void OnCommand(CommandId id, MeshCommand command)
    {
        if (command is MeshCommand.Sync or MeshCommand.Fetch or MeshCommand.Rehydrate or MeshCommand.ProveHolders)
            _dialer.Hurry();
        switch (command)
        {
            case MeshCommand.Invite invite:
                _invitations.OnCommand(id, invite);
                break;
            case MeshCommand.Join join:
                _joins.OnCommand(id, join);
                break;
            case MeshCommand.Sync sync:
                _follows.OnCommand(id, sync);
                break;
            case MeshCommand.Fetch fetch:
                _transfers.OnFetch(id, fetch);
                break;
            case MeshCommand.Rehydrate rehydrate:
                _transfers.OnRehydrate(id, rehydrate);
                break;
            case MeshCommand.ProveHolders prove:
                _custody.OnCommand(id, prove);
                break;
            case MeshCommand.OpenEpoch:
                _guard.OnCommand(id);
                break;
            case MeshCommand.RemovePeer remove:
                OnRemovePeer(id, remove.Peer);
                break;
            case MeshCommand.BindBrane bind:
                OnBindBrane(id, bind);
                break;
            case MeshCommand.SetTenant tenant:
                OnSetTenant(id, tenant);
                break;
            case MeshCommand.SetAudience audience:
                OnSetAudience(id, audience);
                break;
            case MeshCommand.SetPetname name:
                OnSetPetname(id, name);
                break;
            case MeshCommand.Cancel cancel:
                OnCancel(id, cancel.Target);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void OnLinkUp(NetworkInput.LinkUp up)
    {
        if (up.Peer == _trust.Self)
        {
            _outbox.Add(new NetworkEffect.DropLink(up.Link, "a link to ourselves"));
            return;
        }
        if (!_strangers.TryAdmit(up))
        {
            _outbox.Add(new NetworkEffect.DropLink(up.Link, "too many strangers"));
            return;
        }
        if (_links.Add(up) is not { } link)
            return;
        _joins.OnLinkUp(link, up.Dial);
        if (_trust.Find(up.Peer) is null)
            return;
        _dialer.OnLinkUp(up.Peer, up.Dial);
        _standing.Wake(up.Peer);
        if (up is { Outbound: true, Remote: { } remote })
            _addresses.Learn(up.Peer, [remote]);
        if (_links.To(up.Peer) is { IsGreeted: true })
            _gossip.OnTrusted(up.Peer); // one link more
        GreetOnce(up.Peer);
    }

    private void OnLinkDown(NetworkInput.LinkDown down)
    {
        if (_links.Remove(down.Link) is not { } link)
            return;
        link.Catalog.OnLinkDown();
        _gossip.OnLinkDown(link);
        _bitswapServer.OnLinkDown(down.Link);
        _outbox.OnLinkDown(down.Link, down.Reason);
        _streams.OnLinkDown(down.Link);
        _dialer.OnLinkDown(link.Peer);
    }

    private void OnStreamOpened(NetworkInput.StreamOpened opened)
    {
        if (_links.Find(opened.Link) is not { } link)
        {
            _outbox.Reset(opened.Stream);
            return;
        }
        if (!_strangers.MayOpen(link, out var objection))
        {
            if (objection is null)
                _outbox.Reset(opened.Stream);
            else
                _outbox.Add(new NetworkEffect.DropLink(opened.Link, objection));
            return;
        }
        link.ActiveAtMs = _outbox.Now.RunningMs;
        if (GossipProtocol.IsGossip(opened.Protocol))
        {
            if (!_gossip.TryTake(opened.Stream, link))
                _outbox.Reset(opened.Stream);
            return;
        }
        IRequestServer? server = opened.Protocol switch
        {
            OmegaProtocols.Join => _invitations,
            OmegaProtocols.Catalog => _catalogServer,
            OmegaProtocols.Blocks or OmegaProtocols.BlocksMany => _blocksServer,
            _ => null,
        };
        var isBitswap = opened.Protocol == BitswapMessage.ProtocolName;
        if ((server is null && !isBitswap)
            || link.StreamsInbound >= (isBitswap ? _limits.BitswapStreamsPerLink : _limits.StreamsPerLink))
        {
            _outbox.Reset(opened.Stream);
            return;
        }
        link.StreamsInbound++;
        if (server is null)
        {
            _bitswapServer.OnStreamOpened(opened.Stream, link);
            return;
        }
        var stream = new InboundStream(
            opened.Stream, link, server, _outbox, _streams, _standing, _limits.RequestsPerStream);
        _streams.Add(opened.Stream, opened.Link, stream);
    }

    private void OnAddressesLearned(NetworkInput.AddressesLearned learned)
    {
        if (_trust.Find(learned.Peer) is null)
            return;
        if (!learned.IsHearsay)
            _addresses.Learn(learned.Peer, learned.Addresses);
        else if (!_addresses.TryHear(learned.Peer, learned.Addresses))
            return;
        _dialer.OnAddresses(learned.Peer);
    }

    // The guest does not trust us before it has our answer: its first question shows that it has.
    private void AwaitGreeting(PeerId peer)
    {
        if (_links.To(peer) is { } link)
            link.IsGreeted = false;
    }

    private void GreetOnce(PeerId peer)
    {
        if (_links.To(peer) is { IsGreeted: false })
            Greet(peer);
    }

    // What every trusted peer is asked first on a link: what it holds of us (law 9), what is new with it.
    private void Greet(PeerId peer)
    {
        if (_links.To(peer) is not { } link)
            return;
        link.IsGreeted = true;
        _guard.OnLinkUp(link.Catalog);
        _follows.OnLinkUp(peer);
        _transfers.OnLinkUp(link);
        _gossip.OnTrusted(peer);
    }

    private void OnRemovePeer(CommandId id, PeerId peer)
    {
        if (_trust.Find(peer) is not { } trusted)
        {
            _outbox.Complete(id, new CommandResult.Failed(MeshError.NotFound, "no such peer"));
            return;
        }
        if (_guard.Objection is { } objection)
        {
            _outbox.Complete(id, objection);
            return;
        }
        _trust.RemovePeer(peer);
        _follows.End(trusted.Domain);
        _gossip.Forget(trusted.Domain);
        _guard.ForgetFollower(peer);
        _addresses.Forget(peer);
        _dialer.Stop(peer);
        _standing.Forget(peer);
        _links.Drop(peer, "no longer trusted");
        _outbox.Complete(id, new CommandResult.Done());
    }

    private void OnBindBrane(CommandId id, MeshCommand.BindBrane bind)
    {
        if (_guard.Objection is { } objection)
            _outbox.Complete(id, objection);
        else if (_trust.TryBindBrane(bind.Name, bind.Key))
            _outbox.Complete(id, new CommandResult.Done());
        else
            _outbox.Complete(id, new CommandResult.Failed(
                MeshError.Usage, "not a brane's name, or a key that has another duty already"));
    }

    private void OnSetTenant(CommandId id, MeshCommand.SetTenant tenant)
    {
        if (_guard.Objection is { } objection)
            _outbox.Complete(id, objection);
        else if (_trust.TrySetTenant(tenant.Name, tenant.Recipients))
            _outbox.Complete(id, new CommandResult.Done());
        else
            _outbox.Complete(id, new CommandResult.Failed(
                MeshError.Usage, "not a tenant's name, not age recipients, or more than a manifest holds"));
    }

    private void OnSetAudience(CommandId id, MeshCommand.SetAudience audience)
    {
        if (_guard.Objection is { } objection)
            _outbox.Complete(id, objection);
        else if (audience.Members.All(m => _trust.Find(m.ToPeerId()) is not null)
            && _trust.TrySetAudience(audience.Name, audience.Members))
            _outbox.Complete(id, new CommandResult.Done());
        else
            _outbox.Complete(id, new CommandResult.Failed(
                MeshError.Usage, "not an audience's name, not trusted peers, or more than a manifest holds"));
    }

    private void OnSetPetname(CommandId id, MeshCommand.SetPetname name)
    {
        if (_follows.Find(name.Domain) is not { } follow)
        {
            _outbox.Complete(id, new CommandResult.Failed(MeshError.NotFound, "that domain is not followed"));
        }
        else if (!Admission.IsPetname(name.Petname))
        {
            _outbox.Complete(id, new CommandResult.Failed(MeshError.Usage, Admission.PetnameRule));
        }
        else
        {
            follow.SetPetname(name.Petname);
            _outbox.Complete(id, new CommandResult.Done());
        }
    }

    private void OnCancel(CommandId id, CommandId target)
    {
        var isFound = _joins.Cancel(target) || _transfers.Cancel(target) || _custody.Cancel(target);
        _outbox.Complete(id, isFound
            ? new CommandResult.Done()
            : new CommandResult.Failed(MeshError.NotFound, "no such command under way"));
    }

    private void ArmPoll() => _outbox.After(_limits.PollEvery, () =>
    {
        _follows.Poll();
        ArmPoll();
    });

    private PeerView View(TrustedPeer peer) => new(
        peer.Id, peer.NodeKey, peer.Petname, peer.Domain, _links.To(peer.Id) is not null,
        _standing.IsUsable(peer.Id) ? PeerStanding.Good : PeerStanding.Demoted,
        _standing.LastFault(peer.Id), _standing.LastDetail(peer.Id), _addresses.Of(peer.Id))
    {
        Dialing = _dialer.View(peer.Id),
    };
}
