using Omega.P2P.Federation;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Omega.Catalog;
using Omega.P2P.Storage;

namespace Omega.P2P.Engine.Desk;

/// <summary>Answers about the own domain's public history; reads only.</summary>
internal sealed class OwnHistory(DomainStore store)
{
    public StoreAnswer Head(StoreQuery.OwnHead query)
    {
        var history = store.History;
        if (history.Head is not { } head || history.LastSnapshot is not { } snapshot) return new StoreAnswer.Nothing();
        if (!history.TryInclusion(head.Epoch, snapshot.Index, head.Size, out var inclusion))
            return new StoreAnswer.Failed(StoreFault.Other, "the head has no inclusion proof");
        IReadOnlyList<Hash256> consistency = [];
        if (query.SinceEpoch == head.Epoch && query.SinceSize > 0
            && history.TryConsistency(head.Epoch, query.SinceSize, head.Size, out var proof))
            consistency = proof;
        var openings = snapshot.Secrets?.Openings() ?? [];
        var bundle = new HeadBundle(
            head.Note,
            new LeafBody(snapshot.Index, snapshot.Salt.ToArray(), snapshot.Body!),
            inclusion,
            consistency,
            [.. openings.Where(o => query.Audiences.Contains(o.Audience))],
            [.. store.EpochRecords.Where(e => e.Epoch > query.SinceEpoch).Select(e => (ReadOnlyMemory<byte>)e.Signed)]);
        return new StoreAnswer.OwnHead(new HeadRef(head.Epoch, head.Size, head.Root), bundle);
    }

    public StoreAnswer Epoch() => new StoreAnswer.OwnEpoch(store.History.EpochMax);

    public StoreAnswer Root(StoreQuery.OwnRoot query) =>
        new StoreAnswer.OwnRoot(store.History.TryRoot(query.Epoch, query.Size, out var root) ? root : null);

    public StoreAnswer Leaves(StoreQuery.OwnLeaves query)
    {
        var to = Math.Min(query.To, query.From + OmegaLimits.LeavesPerMessage);
        if (!store.History.TryLeaves(query.Epoch, query.From, to, out var commitments))
            return new StoreAnswer.Nothing();
        var bodies = new List<LeafBody>();
        var bytes = 0;
        for (var index = query.From; index < query.From + commitments.Count; index++)
        {
            if (!store.History.TryBody(query.Epoch, index, out var salt, out var body)) continue;
            if (!PublicRecord.TryDecode(body.Span, out var record, out _)) continue;
            if (record.Reader is { } reader && !query.Audiences.Contains(reader)) continue;
            bytes += body.Length;
            if (bytes > OmegaLimits.ItemsBytes)
                return new StoreAnswer.OwnLeaves([.. commitments.Take((int)(index - query.From))], bodies);
            bodies.Add(new LeafBody(index, salt.ToArray(), body));
        }

        return new StoreAnswer.OwnLeaves(commitments, bodies);
    }

    public StoreAnswer Nodes(StoreQuery.OwnNodes query) => Items(
        query.Hashes,
        (Hash256 hash, out ReadOnlyMemory<byte> found) => store.Published.TryNode(query.Audience, hash, out found));

    public StoreAnswer Entries(StoreQuery.OwnEntries query) => Items(
        query.Keys,
        (ArtifactKey key, out ReadOnlyMemory<byte> found) => store.Published.TryEntry(query.Audience, key, out found));

    private static StoreAnswer.OwnItems Items<T>(IReadOnlyList<T> wanted, TryFind<T> find)
    {
        var found = new List<ReadOnlyMemory<byte>?>(wanted.Count);
        foreach (var name in wanted) found.Add(find(name, out var bytes) ? bytes : null);
        return new StoreAnswer.OwnItems(found);
    }

    private delegate bool TryFind<T>(T name, out ReadOnlyMemory<byte> found);
}
