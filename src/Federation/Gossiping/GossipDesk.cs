using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Following;
using Omega.P2P.Federation.HeadGuard;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Omega.Catalog;
using Omega.P2P.Protocol.Omega.Gossip;

namespace Omega.P2P.Federation.Gossiping;

/// <summary>
/// Gossip of the meshes this node is in: signed heads, and what is published to everyone. Only trusted peers of a mesh
/// are told of its topics. All of it is a hint (design section 10): whoever misses it learns by pulling.
/// </summary>
internal sealed class GossipDesk
{
    private readonly Outbox _outbox;
    private readonly TrustBook _trust;
    private readonly LinkTable _links;
    private readonly FollowBook _follows;
    private readonly OwnHeadGuard _guard;
    private readonly StandingBook _standing;
    private readonly GossipStreams _streams;
    private readonly HeardContents _heard;
    private readonly SortedDictionary<string, MeshId> _topics = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, byte[]> _waiting = new(StringComparer.Ordinal);

    public GossipDesk(
        Outbox outbox, StreamTable streams, FederationOptions options, TrustBook trust, LinkTable links,
        FollowBook follows, OwnHeadGuard guard, StandingBook standing)
    {
        (_outbox, _trust, _links, _follows, _guard, _standing) = (outbox, trust, links, follows, guard, standing);
        _heard = new HeardContents(options.Limits);
        var router = new GossipRouter(new GossipOptions { Signer = options.NodeSigner, Random = options.Random });
        _streams = new GossipStreams(outbox, streams, router, OnEffect);
    }

    /// <summary>Public contents of a domain that were told of lately.</summary>
    public IReadOnlyList<ContentId> HeardOf(DomainId domain) => _heard.Of(domain);

    /// <summary>A trusted peer, on all its links; telling it again changes nothing.</summary>
    public void OnTrusted(PeerId peer)
    {
        JoinTopics();
        foreach (var link in _links.Of(peer))
            _streams.OnLinkUp(link.Id, peer, link.IsOutbound, link.Remote);
    }

    public void OnLinkDown(Link link) => _streams.OnLinkDown(link.Id, link.Peer);

    /// <summary>False for a stream of somebody who is not trusted.</summary>
    public bool TryTake(StreamId stream, Link link)
    {
        if (_trust.Find(link.Peer) is null)
            return false;
        OnTrusted(link.Peer);
        _streams.OnOpened(stream, link.Id, link.Peer);
        return true;
    }

    public void Forget(DomainId domain) => _heard.Forget(domain);

    /// <summary>The own newest head; law 9 lets it leave.</summary>
    public void PublishHead(HeadBundle bundle) => PublishAll(MeshTopics.Heads, new CatalogResponse.Head(bundle with
    {
        Openings = [],
        Consistency = [],
    }).Encode());

    /// <summary>Contents newly published to everyone.</summary>
    public void PublishContents(IReadOnlyList<ContentId> contents)
    {
        foreach (var part in contents.Chunk(PublishedContents.CountMax))
            PublishAll(MeshTopics.Public, new PublishedContents(_trust.OwnDomain, part).Encode());
    }

    private void PublishAll(Func<MeshId, string> topicOf, byte[] data)
    {
        JoinTopics();
        foreach (var mesh in _trust.Own.Latest.Meshes)
            Publish(topicOf(mesh), data);
    }

    // A head that has to wait gives way to a newer one; contents give way as well, followers pull them anyway.
    private void Publish(string topic, byte[] data)
    {
        if (_streams.Publish(topic, data) == PublishStatus.Busy)
            _waiting[topic] = data;
        else
            _waiting.Remove(topic);
    }

    private void JoinTopics()
    {
        foreach (var mesh in _trust.Own.Latest.Meshes)
        {
            foreach (var topic in new[] { MeshTopics.Heads(mesh), MeshTopics.Public(mesh) })
            {
                if (!_topics.TryAdd(topic, mesh))
                    continue;
                _streams.Handle(new GossipInput.Join(topic, new TopicSettings
                {
                    Validates = true,
                    IdOf = message => new MessageId(Blake3.Hash(message.Data.Span).ToArray()),
                    Admits = peer => _trust.Find(peer)?.Mesh == mesh,
                }));
            }
        }
    }

    private void OnEffect(GossipEffect effect)
    {
        switch (effect)
        {
            case GossipEffect.Validate validate:
                _streams.Handle(new GossipInput.Judged(validate.Id, Judge(validate.Message, validate.Source)));
                break;
            case GossipEffect.Fault fault:
                OnFault(fault);
                break;
            case GossipEffect.Writable:
                foreach (var (topic, data) in _waiting.ToList())
                    Publish(topic, data);
                break;
            default:
                break; // what was accepted was heeded when it was judged
        }
    }

    private void OnFault(GossipEffect.Fault fault)
    {
        PeerFault? name = fault.Error switch
        {
            GossipError.Malformed => PeerFault.Malformed,
            GossipError.TooLong => PeerFault.Oversize,
            GossipError.BadSignature => PeerFault.BadSignature,
            _ => null, // the score has paid for it
        };
        if (name is { } known && _standing.Report(fault.Peer, known, "gossip"))
            _links.Drop(fault.Peer, "gossip");
    }

    private GossipVerdict Judge(GossipMessage message, PeerId source)
    {
        if (!_topics.TryGetValue(message.Topic, out var mesh))
            return GossipVerdict.Ignore;
        return message.Topic == MeshTopics.Heads(mesh)
            ? JudgeHead(message.Data, source)
            : JudgeContents(message);
    }

    private GossipVerdict JudgeHead(ReadOnlyMemory<byte> data, PeerId source)
    {
        if (!CatalogResponse.TryDecode(data.Span, out var response, out _)
            || response is not CatalogResponse.Head { Bundle: { Openings.Count: 0, Consistency.Count: 0 } bundle }
            || !SignedNote.TryParse(bundle.Note.Span, out var note, out _)
            || !Checkpoint.TryParse(note.Text, out var checkpoint, out _)
            || !LogOrigin.TryParse(checkpoint.Origin, out var origin))
            return GossipVerdict.Reject;
        if (origin.Domain != _trust.OwnDomain)
            return _follows.Find(origin.Domain)?.OnGossiped(bundle) ?? GossipVerdict.Ignore;
        if (!SignedHead.TryVerifyPast(bundle.Note, _trust.Own, out _))
            return GossipVerdict.Reject;
        _guard.Examine(source, bundle.Note, () => { }); // law 9: somebody may hold more of ours than we do
        return GossipVerdict.Ignore;
    }

    private GossipVerdict JudgeContents(GossipMessage message)
    {
        if (!PublishedContents.TryDecode(message.Data.Span, out var published))
            return GossipVerdict.Reject;
        if (_follows.Find(published.Domain) is not { } follow
            || !message.From.TryGetEd25519(out var author) || !follow.Manifests.IsNode(author))
            return GossipVerdict.Ignore;
        var count = _heard.Add(published.Domain, published.Contents);
        if (count > 0)
            _outbox.Notify(new MeshNotice.ContentsPublished(published.Domain, count));
        return GossipVerdict.Accept;
    }
}
