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
            case BlocksRequest.Have have:
                ServeHave(stream, peer, have);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void ServeGet(InboundStream stream, TrustedPeer? peer, BlocksRequest.Get get)
    {
        // While holders prove a content to us we do not hand it to them (design section 11).
        var isChallenged = get.Kind == TargetKind.Block ? challenges.IsAnyOpen : challenges.IsOpen(get.Hash);
        if (peer is null || isChallenged)
        {
            RefuseBulk(stream);
            return;
        }
        var target = new ContentTarget(get.Kind, get.Hash);
        outbox.Ask(new StoreQuery.Contents([target]), answer =>
        {
            var status = answer is StoreAnswer.Contents { Items: [var only] } ? only : ContentStatus.Unknown;
            if (!status.IsLocal || !MayRead(peer, status) || get.Ranges[^1].End > status.Size)
            {
                RefuseBulk(stream);
                return;
            }
            if (!stream.TryHandOver())
                return;
            var header = new BulkHeader(status.Size).Encode();
            outbox.Ask(new StoreQuery.ServeContent(stream.Id, target, get.Ranges, header), served =>
            {
                if (served is not StoreAnswer.Done)
                    outbox.Add(new NetworkEffect.SendBulk(stream.Id, Refusal()));
            });
        });
    }

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
                for (var i = 0; i < held.Length; i++)
                    held[i] = contents.Items[i].IsLocal && MayRead(peer, contents.Items[i]);
            }
            stream.RespondAndClose(new HaveResponse(held).Encode());
        });
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

    private void RefuseBulk(InboundStream stream)
    {
        if (stream.TryHandOver())
            outbox.Add(new NetworkEffect.SendBulk(stream.Id, Refusal()));
    }

    private static BytesSource Refusal() => new(BulkHeader.Refusal.Encode());
}
