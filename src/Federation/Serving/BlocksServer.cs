using System.Diagnostics;
using Omega.P2P.Federation.Custody;
using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Following;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Omega.Blocks;

namespace Omega.P2P.Federation.Serving;

/// <summary>
/// Answers <c>/omega/blocks/1</c>. A trusted peer may read what was published to an audience it belongs to: of the own
/// domain, or of a followed one of which we keep a copy (its owner may read all of those). A block needs that of
/// everything inside it. Not there, not readable, not trusted: one refusal (law 7).
/// </summary>
internal sealed class BlocksServer(Outbox outbox, TrustBook trust, FollowBook follows, ChallengeBook challenges)
    : IRequestServer
{
    public void Serve(InboundStream stream, ReadOnlyMemory<byte> payload)
    {
        var peer = trust.Find(stream.Peer);
        if (!BlocksRequest.TryDecode(payload.Span, out var request, out _))
        {
            if (peer is null)
                RefuseBulk(stream);
            else
                stream.Break(PeerFault.Malformed, "a blocks request that is none");
            return;
        }
        switch (request)
        {
            case BlocksRequest.Get get:
                ServeGet(stream, peer, get);
                break;
            case BlocksRequest.Many many:
                ServeMany(stream, peer, many);
                break;
            case BlocksRequest.Have have:
                ServeHave(stream, peer, have);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void ServeGet(InboundStream stream, TrustedPeer? peer, BlocksRequest.Get get)
    {
        if (peer is null || IsChallenged(get))
        {
            RefuseBulk(stream);
            return;
        }
        outbox.Ask(new StoreQuery.Contents([TargetOf(get)]), answer =>
        {
            var what = ServingOf(RightsOf(peer), get, StatusIn(answer, 0));
            if (what.IsRefused)
            {
                RefuseBulk(stream);
                return;
            }
            if (!stream.TryHandOver())
                return;
            outbox.Ask(new StoreQuery.ServeContent(stream.Id, what), served =>
            {
                if (served is not StoreAnswer.Done)
                    outbox.Add(new NetworkEffect.SendBulk(stream.Id, Refusal()));
            });
        });
    }

    private void ServeMany(InboundStream stream, TrustedPeer? peer, BlocksRequest.Many many)
    {
        if (peer is null)
        {
            RefuseBulk(stream, many.Gets.Count);
            return;
        }
        outbox.Ask(new StoreQuery.Contents([.. many.Gets.Select(TargetOf)]), answer =>
        {
            if (!stream.TryHandOver())
                return;
            var mayRead = RightsOf(peer);
            var items = many.Gets.Select((get, i) => ServingOf(mayRead, get, StatusIn(answer, i))).ToList();
            outbox.Ask(new StoreQuery.ServeMany(stream.Id, items), served =>
            {
                if (served is not StoreAnswer.Done)
                    outbox.Add(new NetworkEffect.SendBulk(stream.Id, Refusal(items.Count)));
            });
        });
    }

    private static ContentTarget TargetOf(BlocksRequest.Get get) => new(get.Kind, get.Hash);

    private static ContentStatus StatusIn(StoreAnswer answer, int index) =>
        answer is StoreAnswer.Contents { Items: var items } && index < items.Count
            ? items[index]
            : ContentStatus.Unknown;

    private ManyServing ServingOf(Func<ContentStatus, bool> mayRead, BlocksRequest.Get get, ContentStatus status)
    {
        var mayHave = status.IsLocal && !IsChallenged(get) && mayRead(status)
            && get.Ranges[^1].End <= status.Size;
        return new ManyServing(TargetOf(get), get.Ranges, mayHave ? status.Size : -1);
    }

    /// <summary>While holders prove a content to us we do not hand it to them (design section 11).</summary>
    private bool IsChallenged(BlocksRequest.Get get) =>
        get.Kind == TargetKind.Block ? challenges.IsAnyOpen : challenges.IsOpen(get.Hash);

    private void ServeHave(InboundStream stream, TrustedPeer? peer, BlocksRequest.Have have)
    {
        if (peer is null)
        {
            stream.RespondAndClose(HaveResponse.Refused.Encode());
            return;
        }
        var targets = have.Ids.Select(id => new ContentTarget(have.Kind, id)).ToList();
        outbox.Ask(new StoreQuery.Contents(targets), answer =>
        {
            var held = new bool[targets.Count];
            if (answer is StoreAnswer.Contents contents && contents.Items.Count == held.Length)
            {
                var mayRead = RightsOf(peer);
                for (var i = 0; i < held.Length; i++)
                    held[i] = contents.Items[i].IsLocal && mayRead(contents.Items[i]);
            }
            stream.RespondAndClose(new HaveResponse(held).Encode());
        });
    }

    /// <summary>Whether a peer may read contents, for one request: neighbours that have the same readers, the files of
    /// one package, are looked at once.</summary>
    private Func<ContentStatus, bool> RightsOf(TrustedPeer peer)
    {
        IReadOnlyList<IReadOnlyList<Publication>>? readers = null;
        var mayRead = false;
        return status =>
        {
            if (!ReferenceEquals(status.Readers, readers))
                (readers, mayRead) = (status.Readers, MayRead(peer, status));
            return mayRead;
        };
    }

    private bool MayRead(TrustedPeer peer, ContentStatus status) =>
        status.Readers.Count > 0 && status.Readers.All(readers => readers.Any(p => IsReader(peer, p)));

    private bool IsReader(TrustedPeer peer, Publication publication)
    {
        if (publication.Domain == trust.OwnDomain)
            return trust.Own.Latest.AudiencesOf(peer.NodeKey).Contains(publication.Audience);
        if (publication.Domain == peer.Domain)
            return true;
        return follows.Find(publication.Domain) is { } follow
            && follow.Manifests.Latest.AudiencesOf(peer.NodeKey).Contains(publication.Audience);
    }

    private void RefuseBulk(InboundStream stream, int count = 1)
    {
        if (stream.TryHandOver())
            outbox.Add(new NetworkEffect.SendBulk(stream.Id, Refusal(count)));
    }

    /// <summary>The same for each that was asked.</summary>
    private static BytesSource Refusal(int count = 1)
    {
        var one = BulkHeader.Refusal.Encode();
        var all = new byte[count * one.Length];
        for (var i = 0; i < count; i++)
            one.CopyTo(all.AsSpan(i * one.Length));
        return new BytesSource(all);
    }
}
