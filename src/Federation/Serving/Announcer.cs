using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Gossiping;
using Omega.P2P.Federation.HeadGuard;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Serving;

/// <summary>
/// Tells of the own newest head, when law 9 lets it leave: connected trusted peers directly, the mesh by gossip, and
/// with it what was published to everyone since the head before. A hint: whoever misses it pulls.
/// </summary>
internal sealed class Announcer(
    Outbox outbox, TrustBook trust, LinkTable links, OwnHeadGuard guard, StandingBook standing, GossipDesk gossip)
{
    private HeadRef? _announced;

    public void Announce()
    {
        if (!guard.IsFree)
            return;
        outbox.Ask(new StoreQuery.OwnHead(0, 0, []), answer =>
        {
            if (answer is not StoreAnswer.OwnHead own || !guard.IsFree || own.Place == _announced)
                return;
            var before = _announced;
            _announced = own.Place;
            foreach (var peer in trust.Peers)
            {
                if (links.To(peer.Id) is { } link)
                    Tell(link, own.Bundle.Note);
            }
            gossip.PublishHead(own.Bundle);
            var from = before?.Epoch == own.Place.Epoch ? before.Size : Math.Max(0, own.Place.Size - NewestLeaves);
            TellContents(own.Place.Epoch, from, own.Place.Size);
        });
    }

    // After a start nobody knows what was told; the newest leaves are told again, and known ones count for nothing.
    private const long NewestLeaves = 64;

    private void TellContents(long epoch, long from, long to)
    {
        if (from >= to)
            return;
        var until = Math.Min(to, from + OmegaLimits.LeavesPerMessage);
        outbox.Ask(new StoreQuery.OwnLeaves(epoch, from, until, [Audience.Public]), answer =>
        {
            if (answer is not StoreAnswer.OwnLeaves { Commitments.Count: > 0 } leaves)
                return;
            var keys = new List<ArtifactKey>();
            foreach (var body in leaves.Bodies)
            {
                if (PublicRecord.TryDecode(body.Body.Span, out var record, out _)
                    && record is PublicRecord.Publish { Audience: Audience.Public } publish)
                    keys.Add(publish.Key);
            }
            foreach (var part in keys.Distinct().Chunk(OmegaLimits.ItemsPerMessage))
                TellContents(part);
            TellContents(epoch, from + leaves.Commitments.Count, to);
        });
    }

    private void TellContents(IReadOnlyList<ArtifactKey> keys) =>
        outbox.Ask(new StoreQuery.OwnEntries(Audience.Public, keys), answer =>
        {
            if (answer is not StoreAnswer.OwnItems entries || !guard.IsFree)
                return;
            var contents = new List<ContentId>();
            foreach (var bytes in entries.Items)
            {
                if (bytes is { } entry && SignedArtifact.TryDecode(entry.Span, out var artifact, out _))
                    contents.Add(artifact.Descriptor.Content);
            }
            gossip.PublishContents([.. contents.Distinct()]);
        });

    private void Tell(Link link, ReadOnlyMemory<byte> note)
    {
        guard.RememberFollower(link.Peer);
        link.Catalog.Ask(new CatalogRequest.Announce(trust.OwnDomain, note), reply =>
        {
            if (reply.Response is CatalogResponse.Noted { Newer.IsEmpty: false } noted)
                guard.Examine(link.Peer, noted.Newer, () => { });
            else if (reply.Response is null && reply.Fault != PeerFault.Disconnected
                && standing.Report(link.Peer, reply.Fault, "told of a new head"))
                links.Drop(link.Peer, "told of a new head");
        });
    }
}
