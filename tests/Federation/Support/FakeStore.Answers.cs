using System.Diagnostics;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Tests.Support;

internal sealed partial class FakeStore
{
    private readonly Dictionary<TransferId, List<Incoming>> _transfers = [];
    private long _lastTransfer;

    private sealed class Incoming(SignedArtifact entry, Publication? place) : IVerifiedSink
    {
        public SignedArtifact Entry { get; } = entry;

        public Publication? Place { get; } = place;

        public Hash256 Content => Entry.Descriptor.Content.Hash;

        public byte[] Bytes { get; } = new byte[entry.Descriptor.Size];

        public bool IsDiskFull { get; init; }

        public required Action OnWrite { get; init; }

        public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv)
        {
            if (IsDiskFull)
                throw new IOException("no space");
            OnWrite();
            verified.CopyTo(Bytes.AsSpan((int)offset));
        }
    }

    public bool IsDiskFull { get; set; }

    /// <summary>Called in the middle of each write of proven bytes.</summary>
    public Action OnWrite { get; set; } = () => { };

    public int OpenTransfers => _transfers.Count;

    public StoreAnswer Answer(StoreQuery query) => query switch
    {
        StoreQuery.OwnHead q => Bundle is null ? new StoreAnswer.Nothing() : OwnHead(q),
        StoreQuery.OwnEpoch => new StoreAnswer.OwnEpoch(Epoch),
        StoreQuery.OwnRoot q => new StoreAnswer.OwnRoot(
            q.Epoch == Epoch && q.Size <= _log.Size ? Proofs.RootAt(_nodes, q.Size) : null),
        StoreQuery.OwnLeaves q => OwnLeaves(q),
        StoreQuery.OwnNodes q => new StoreAnswer.OwnItems([.. q.Hashes.Select(_ => (ReadOnlyMemory<byte>?)null)]),
        StoreQuery.OwnEntries q => new StoreAnswer.OwnItems(
            [.. q.Keys.Select(k => SetOf(q.Audience).TryGetValue(k, out var e) ? e.Bytes : MeshLoop.Dropped)]),
        StoreQuery.Contents q => new StoreAnswer.Contents([.. q.Targets.Select(t => Status(t.Hash))]),
        StoreQuery.ServeContent or StoreQuery.ServeMany => new StoreAnswer.Done(),
        StoreQuery.BeginImport q => Begin(
            [.. q.Entries.Select(e => (Decode(e.Entry), (Publication?)new Publication(q.Source, e.Audience)))]),
        StoreQuery.BeginRebuild q => _artifacts.TryGetValue(q.Key, out var entry)
            ? Begin([(entry, null)])
            : new StoreAnswer.Nothing(),
        StoreQuery.CompleteTransfer q => Complete(q.Transfer),
        StoreQuery.AbortTransfer q => Abort(q.Transfer),
        StoreQuery.PublicBlocks q => new StoreAnswer.PublicBlocks([.. q.Hashes.Select(PublicBlocks.Contains)]),
        StoreQuery.ServePublicBlocks => new StoreAnswer.Done(),
        _ => throw new UnreachableException(),
    };

    /// <summary>What strangers may have.</summary>
    public HashSet<Hash256> PublicBlocks { get; } = [];

    public IBulkSource Serve(ManyServing what)
    {
        if (what.IsRefused)
            return new BytesSource(BulkHeader.Refusal.Encode());
        var content = Contents[what.Target.Hash];
        var builder = new OutboardBuilder();
        builder.Update(content);
        Assert.True(Outboard.TryCreate(builder.Finish(out var root), out var outboard));
        ByteRange[] asked = [.. what.Ranges.Select(r => new ByteRange(r.Start, r.Length))];
        Assert.True(ByteRanges.TryCreate(asked, out var ranges));
        return new BaoSource(
            new BulkHeader(what.Size).Encode(),
            new BaoEncoder(root, content.Length, outboard!, ranges, new MemoryContent(content)));
    }

    public IBulkSource Serve(IReadOnlyList<ManyServing> items)
    {
        var all = new List<byte>();
        var buffer = new byte[4096];
        foreach (var item in items)
        {
            using var source = Serve(item);
            for (var read = source.Read(buffer); read > 0; read = source.Read(buffer))
                all.AddRange(buffer.AsSpan(0, read));
        }
        return new BytesSource(all.ToArray());
    }

    private FakeStore Detach()
    {
        var leaves = _leaves.ToList();
        var fresh = new FakeStore("copy", _seed) { Place = Place, Bundle = Bundle, Epoch = Epoch };
        fresh._leaves.Clear();
        (fresh._nodes, fresh._log) = (new NodeHashes(), new LogTree());
        foreach (var leaf in leaves)
        {
            fresh._leaves.Add(leaf);
            fresh._log.Append(Primitives.Merkle.LogCommitment.LeafHash(leaf.Commitment), fresh._nodes);
        }
        fresh.Dams.Clear();
        fresh.Dams.AddRange(Dams);
        foreach (var (audience, set) in _published)
            fresh._published.Add(audience, new(set));
        foreach (var (key, entry) in _artifacts)
            fresh._artifacts.Add(key, entry);
        foreach (var (content, places) in _places)
            fresh._places.Add(content, [.. places]);
        foreach (var (hash, bytes) in Contents)
            fresh.Contents.Add(hash, bytes);
        fresh._epochRecords.AddRange(_epochRecords);
        (fresh._snapshots, fresh._salts, fresh._domain) = (_snapshots, _salts + 10_000, Domain);
        return fresh;
    }

    private StoreAnswer.OwnHead OwnHead(StoreQuery.OwnHead query)
    {
        var consistency = query.SinceEpoch == Epoch && query.SinceSize > 0 && query.SinceSize <= Place!.Size
            ? Proofs.Consistency(_nodes, query.SinceSize, Place.Size)
            : [];
        return new StoreAnswer.OwnHead(Place!, Bundle! with
        {
            Consistency = consistency,
            Openings = [.. Bundle.Openings.Where(o => query.Audiences.Contains(o.Audience))],
            EpochRecords = [.. _epochRecords],
        });
    }

    private StoreAnswer OwnLeaves(StoreQuery.OwnLeaves query)
    {
        if (query.Epoch != Epoch || query.From >= _leaves.Count)
            return new StoreAnswer.Nothing();
        var to = (int)Math.Min(query.To, _leaves.Count);
        var bodies = new List<LeafBody>();
        for (var i = (int)query.From; i < to; i++)
        {
            if (_leaves[i].Audience is not { } audience || query.Audiences.Contains(audience))
                bodies.Add(new LeafBody(i, _leaves[i].Salt, _leaves[i].Body));
        }
        return new StoreAnswer.OwnLeaves([.. _leaves[(int)query.From..to].Select(l => l.Commitment)], bodies);
    }

    private ContentStatus Status(Hash256 content)
    {
        if (!Contents.TryGetValue(content, out var bytes))
            return ContentStatus.Unknown;
        return new ContentStatus(bytes.Length, true, _places.TryGetValue(content, out var p) ? [[.. p]] : []);
    }

    private StoreAnswer.TransferBegun Begin(IReadOnlyList<(SignedArtifact Entry, Publication? Place)> artifacts)
    {
        var id = new TransferId(++_lastTransfer);
        List<Incoming> all = [.. artifacts.Select(a => new Incoming(a.Entry, a.Place)
        {
            IsDiskFull = IsDiskFull,
            OnWrite = () => OnWrite(),
        })];
        _transfers.Add(id, all);
        var wanted = all.Select(incoming => (Sink: incoming, incoming.Entry.Descriptor))
            .Where(w => w.Descriptor.Size > 0 && !Contents.ContainsKey(w.Descriptor.Content.Hash));
        return new StoreAnswer.TransferBegun(
            id,
            [
                .. wanted.Select(w => new WantedContent(
                    w.Descriptor.Content, w.Descriptor.Size, [new WireRange(0, w.Descriptor.Size)], w.Sink)),
            ]);
    }

    private StoreAnswer Complete(TransferId id)
    {
        Assert.True(_transfers.Remove(id, out var transfer));
        if (transfer.Exists(t => !Contents.ContainsKey(t.Content) && Blake3.Hash(t.Bytes) != t.Content))
            return new StoreAnswer.Failed(StoreFault.WrongBytes, "wrong bytes");
        foreach (var incoming in transfer)
        {
            Contents.TryAdd(incoming.Content, incoming.Bytes);
            _artifacts.TryAdd(incoming.Entry.Key, incoming.Entry);
            if (incoming.Place is { } place)
                PlacesOf(incoming.Content).Add(place);
        }
        return new StoreAnswer.Done();
    }

    private StoreAnswer.Done Abort(TransferId id)
    {
        _transfers.Remove(id);
        return new StoreAnswer.Done();
    }

    private static SignedArtifact Decode(ReadOnlyMemory<byte> bytes)
    {
        Assert.True(SignedArtifact.TryDecode(bytes.Span, out var entry, out var error), error.ToString());
        return entry;
    }

    private sealed class MemoryContent(byte[] bytes) : IContentReader
    {
        public void ReadAt(long offset, Span<byte> destination) =>
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }
}
