using System.Diagnostics;
using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Following;
using Omega.P2P.Federation.HeadGuard;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Serving;

/// <summary>
/// Answers <c>/omega/catalog/1</c>: of the own domain to trusted peers, each what its audiences may read; and to the
/// owner of a followed domain what is held of it. Everybody else gets the one refusal (law 7).
/// </summary>
internal sealed class CatalogServer(
    Outbox outbox, TrustBook trust, OwnHeadGuard guard, FollowBook follows, Action<PeerId> onTrustedRequest)
    : IRequestServer
{
    public void Serve(InboundStream stream, ReadOnlyMemory<byte> payload)
    {
        var peer = trust.Find(stream.Peer);
        if (!CatalogRequest.TryDecode(payload.Span, out var request, out _))
        {
            if (peer is null)
                Refuse(stream);
            else
                stream.Break(PeerFault.Malformed, "a catalog request that is none");
            return;
        }
        if (peer is null)
        {
            // A stranger learns nothing; what it shows under our own signature we look at all the same (law 9).
            if (request is CatalogRequest.Head { Note.IsEmpty: false } shown && shown.Domain == trust.OwnDomain)
                guard.Examine(stream.Peer, shown.Note, () => Refuse(stream));
            else
                Refuse(stream);
            return;
        }
        onTrustedRequest(peer.Id);
        var isOfOwner = request is CatalogRequest.Held or CatalogRequest.Announce
            || (request is CatalogRequest.Dam && request.Domain == peer.Domain);
        if (isOfOwner)
            ServeOwner(stream, peer, request);
        else if (request.Domain != trust.OwnDomain)
            Refuse(stream);
        else
            ServeFollower(stream, peer, request);
    }

    private void ServeOwner(InboundStream stream, TrustedPeer peer, CatalogRequest request)
    {
        if (request.Domain != peer.Domain || follows.Find(request.Domain) is not { } follow)
        {
            Refuse(stream);
            return;
        }
        CatalogResponse response = request switch
        {
            CatalogRequest.Held => new CatalogResponse.Held(follow.Head?.Note ?? default),
            CatalogRequest.Dam dam => new CatalogResponse.Dam(DamsFrom(follow.Manifests, dam.From)),
            CatalogRequest.Announce announce => new CatalogResponse.Noted(follow.OnAnnounced(announce.Note)),
            _ => throw new UnreachableException(),
        };
        stream.Respond(response.Encode());
    }

    private void ServeFollower(InboundStream stream, TrustedPeer peer, CatalogRequest request)
    {
        var audiences = trust.Own.Latest.AudiencesOf(peer.NodeKey);
        switch (request)
        {
            case CatalogRequest.Dam dam:
                stream.Respond(new CatalogResponse.Dam(DamsFrom(trust.Own, dam.From)).Encode());
                break;
            case CatalogRequest.Head head:
                if (head.Note.IsEmpty)
                    ServeHead(stream, head, audiences);
                else
                    guard.Examine(stream.Peer, head.Note, () => ServeHead(stream, head, audiences));
                break;
            case CatalogRequest.Leaves leaves when guard.IsFree:
                ServeLeaves(stream, leaves, audiences);
                break;
            case CatalogRequest.Nodes nodes when guard.IsFree && audiences.Contains(nodes.Audience):
                ServeItems(stream, new StoreQuery.OwnNodes(nodes.Audience, nodes.Hashes), nodes.Hashes.Count);
                break;
            case CatalogRequest.Entries entries when guard.IsFree && audiences.Contains(entries.Audience):
                var keys = entries.Keys.Select(ArtifactKey.From).ToList();
                ServeItems(stream, new StoreQuery.OwnEntries(entries.Audience, keys), keys.Count);
                break;
            case CatalogRequest.Nodes or CatalogRequest.Entries when guard.IsFree:
                Refuse(stream);
                break;
            case CatalogRequest.Leaves or CatalogRequest.Nodes or CatalogRequest.Entries:
                stream.Respond(new CatalogResponse.Later().Encode());
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static List<ReadOnlyMemory<byte>> DamsFrom(Manifests manifests, long from)
    {
        var chain = new List<ReadOnlyMemory<byte>>();
        var bytes = 0;
        for (var i = from; i < manifests.Signed.Count && chain.Count < OmegaLimits.DamsPerMessage; i++)
        {
            var signed = manifests.Signed[(int)i];
            bytes += signed.Length;
            if (chain.Count > 0 && bytes > OmegaLimits.ItemsBytes)
                break;
            chain.Add(signed);
        }
        return chain;
    }

    private void ServeHead(InboundStream stream, CatalogRequest.Head request, IReadOnlyList<string> audiences)
    {
        outbox.Ask(new StoreQuery.OwnHead(request.Epoch, request.Size, audiences), answer =>
        {
            if (!guard.IsFree || answer is StoreAnswer.Failed)
            {
                stream.Respond(new CatalogResponse.Later().Encode());
                return;
            }
            if (answer is not StoreAnswer.OwnHead own)
            {
                stream.Respond(new CatalogResponse.None().Encode());
                return;
            }
            guard.RememberFollower(stream.Peer);
            stream.Respond(new CatalogResponse.Head(own.Bundle).Encode());
        });
    }

    private void ServeLeaves(InboundStream stream, CatalogRequest.Leaves request, IReadOnlyList<string> audiences)
    {
        var to = Math.Min(request.To, request.From + OmegaLimits.LeavesPerMessage);
        outbox.Ask(new StoreQuery.OwnLeaves(request.Epoch, request.From, to, audiences), answer =>
        {
            if (answer is StoreAnswer.OwnLeaves { Commitments.Count: > 0 } leaves)
                stream.Respond(Fit(request.From, leaves).Encode());
            else
                Refuse(stream);
        });
    }

    private void ServeItems(InboundStream stream, StoreQuery query, int asked)
    {
        outbox.Ask(query, answer =>
        {
            if (answer is not StoreAnswer.OwnItems items || items.Items.Count != asked)
            {
                Refuse(stream);
                return;
            }
            var fitting = new List<ReadOnlyMemory<byte>>();
            var bytes = 0;
            foreach (var item in items.Items)
            {
                bytes += item?.Length ?? 0;
                if (fitting.Count > 0 && bytes > OmegaLimits.ItemsBytes)
                    break;
                fitting.Add(item ?? default);
            }
            stream.Respond(new CatalogResponse.Items(fitting).Encode());
        });
    }

    // A prefix of the leaves whose bodies fit one frame; the asker asks on.
    private static CatalogResponse.Leaves Fit(long from, StoreAnswer.OwnLeaves leaves)
    {
        var bodies = new List<LeafBody>();
        var bytes = 0;
        var count = leaves.Commitments.Count;
        foreach (var body in leaves.Bodies.OrderBy(b => b.Index))
        {
            bytes += body.Body.Length + body.Salt.Length;
            if (bodies.Count > 0 && bytes > OmegaLimits.ItemsBytes)
            {
                count = (int)Math.Min(count, body.Index - from);
                break;
            }
            bodies.Add(body);
        }
        IReadOnlyList<Hash256> commitments = count == leaves.Commitments.Count
            ? leaves.Commitments
            : [.. leaves.Commitments.Take(count)];
        return new CatalogResponse.Leaves(commitments, bodies);
    }

    private static void Refuse(InboundStream stream)
    {
        stream.Respond(CatalogResponse.Refused.Instance.Encode());
    }
}
