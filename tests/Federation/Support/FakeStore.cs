using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Notes;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Tests.Support;

/// <summary>A domain in memory, made of the primitives: log, published sets, heads, contents.</summary>
internal sealed partial class FakeStore
{
    public sealed record Leaf(Hash256 Commitment, byte[] Salt, byte[] Body, string? Audience);

    private readonly List<Leaf> _leaves = [];
    private readonly SortedDictionary<string, SortedDictionary<ArtifactKey, SignedArtifact>> _published =
        new(StringComparer.Ordinal);
    private readonly SortedDictionary<ArtifactKey, SignedArtifact> _artifacts = [];
    private readonly Dictionary<Hash256, HashSet<Publication>> _places = [];
    private readonly List<ReadOnlyMemory<byte>> _epochRecords = [];
    private NodeHashes _nodes = new();
    private LogTree _log = new();
    private long _snapshots;
    private long _salts;
    private readonly byte _seed;
    private DomainId _domain;

    public FakeStore(string name, byte seed)
    {
        _seed = seed;
        Node = Key(1);
        Head = Key(2);
        Brane = Key(3);
        var genesis = Dam.Genesis(new DamDraft
        {
            Name = name,
            HeadKey = Head.PublicKey,
            RecoveryKey = Key(4).PublicKey,
            Nodes = { ["node"] = Node.PublicKey },
            Branes = { ["replay"] = Brane.PublicKey },
            Audiences = { ["team"] = [Key(5).PublicKey] },
        });
        Dams.Add(SignedDam.Create(genesis, Head).Bytes);
        _domain = DomainId.From(genesis.Hash);
        Append(new PublicRecord.Epoch(0, default), null);
    }

    public Ed25519PrivateKey Node { get; }

    public Ed25519PrivateKey Head { get; }

    public Ed25519PrivateKey Brane { get; }

    public DomainId Domain => _domain;

    public List<ReadOnlyMemory<byte>> Dams { get; } = [];

    public Dictionary<Hash256, byte[]> Contents { get; } = [];

    public long Epoch { get; private set; }

    public bool IsReadOnly { get; set; }

    public HeadRef? Place { get; private set; }

    public HeadBundle? Bundle { get; private set; }

    public IReadOnlyList<Leaf> Leaves => _leaves;

    public Ed25519PrivateKey Key(byte duty) =>
        Ed25519PrivateKey.FromSeed(Blake3.Hash([_seed, duty]).AsSpan());

    /// <summary>The same domain as another disk would have it.</summary>
    public FakeStore Copy() => Detach();

    public ArtifactKey Put(byte[] content, string audience = "peers", Ed25519PrivateKey? brane = null)
    {
        var descriptor = Descriptor.Create(ContentId.Of(content), content.Length, "snapshot.vm");
        var attestation = Attestation.Create(
            brane ?? Brane, descriptor.Key, Domain, "replay", new byte[16], timeUnixMs: 1);
        var entry = SignedArtifact.Create(descriptor, attestation, Receipt.Create(Node, attestation, Domain, 2));
        _artifacts[entry.Key] = entry;
        Contents[descriptor.Content.Hash] = content;
        if (audience != "internal")
            Publish(entry, audience);
        return entry.Key;
    }

    public void Publish(SignedArtifact entry, string audience)
    {
        SetOf(audience)[entry.Key] = entry;
        PlacesOf(entry.Descriptor.Content.Hash).Add(new Publication(Domain, audience));
        Append(new PublicRecord.Publish(entry.Key, audience, entry.Identity), audience);
    }

    public void Unpublish(ArtifactKey key, string audience)
    {
        SetOf(audience).Remove(key);
        Append(new PublicRecord.Unpublish(key, audience), audience);
    }

    public void AppendDam(ReadOnlyMemory<byte> signed)
    {
        Dams.Add(signed);
        Append(new PublicRecord.Dam(Blake3.Hash(signed.Span), Dams.Count), null);
        TakeSnapshot();
    }

    public void OpenEpoch(ReadOnlyMemory<byte> record)
    {
        Assert.True(EpochRecord.TryDecode(record.Span, out var read, out _));
        _epochRecords.Add(record);
        Epoch = read.Epoch;
        IsReadOnly = false;
        _leaves.Clear();
        (_nodes, _log) = (new NodeHashes(), new LogTree());
        Append(new PublicRecord.Epoch(Epoch, Blake3.Hash(record.Span)), null);
        foreach (var (audience, set) in _published)
        {
            foreach (var entry in set.Values)
                Append(new PublicRecord.Publish(entry.Key, audience, entry.Identity), audience);
        }
        TakeSnapshot();
    }

    public void TakeSnapshot()
    {
        var openings = _published.Select(p => new AudienceOpening(
            p.Key, Blake3.Hash([.. Salt(), 1]), RootOf(p.Value))).ToList();
        var index = _log.Size;
        var snapshot = new PublicRecord.Snapshot(
            ++_snapshots, index, _log.Root, [.. openings.Select(o => o.Commitment()).Order()],
            Blake3.Hash(Dams[^1].Span), Hash256.From(Salt()), 5);
        Append(snapshot, null);
        var leaf = _leaves[^1];
        Place = new HeadRef(Epoch, _log.Size, _log.Root);
        Bundle = new HeadBundle(
            Sign(Place), new LeafBody(index, leaf.Salt, leaf.Body), Proofs.Inclusion(_nodes, index, _log.Size), [],
            openings, []);
    }

    public ReadOnlyMemory<byte> Sign(HeadRef place, Ed25519PrivateKey? by = null)
    {
        var origin = new LogOrigin(Domain, place.Epoch).ToString();
        var text = new Checkpoint(origin, place.Size, place.Root).ToText();
        return SignedNote.Create(text, [new NoteSigner(origin, by ?? Head).Sign(text)]).Encode();
    }

    public void Append(PublicRecord record, string? audience)
    {
        var (salt, body) = (Salt(), record.Encode());
        var leaf = new Leaf(LogCommitment.Create(salt, body), salt, body, audience);
        _leaves.Add(leaf);
        _log.Append(LogCommitment.LeafHash(leaf.Commitment), _nodes);
    }

    public SignedArtifact Entry(ArtifactKey key) => _artifacts[key];

    public bool Has(ContentId content) => Contents.ContainsKey(content.Hash);

    private byte[] Salt() => Blake3.Hash([_seed, 99, .. BitConverter.GetBytes(_salts++)]).ToArray();

    private SortedDictionary<ArtifactKey, SignedArtifact> SetOf(string audience)
    {
        if (!_published.TryGetValue(audience, out var set))
            _published.Add(audience, set = []);
        return set;
    }

    private HashSet<Publication> PlacesOf(Hash256 content)
    {
        if (!_places.TryGetValue(content, out var places))
            _places.Add(content, places = []);
        return places;
    }

    private static Hash256 RootOf(SortedDictionary<ArtifactKey, SignedArtifact> set) =>
        PrefixTree.Empty(new MemoryNodeStore())
            .Apply(set.Select(e => new PrefixTreeEdit(e.Key, e.Value.Identity))).Root;
}
