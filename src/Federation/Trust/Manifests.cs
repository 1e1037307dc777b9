using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Federation.Trust;

/// <summary>A domain's verified authority manifests, as following and trust need them. Immutable.</summary>
internal sealed class Manifests
{
    private readonly DamChain _chain;
    private readonly HashSet<Hash256> _hashes;

    private Manifests(DamChain chain)
    {
        _chain = chain;
        Signed = [.. chain.Versions.Select(v => v.Bytes)];
        _hashes = [.. Signed.Select(s => Blake3.Hash(s.Span)), .. chain.Versions.Select(v => v.Dam.Hash)];
        Latest = new Manifest(chain.Current);
        HeadKeys = [.. chain.Versions.Select(v => v.Dam.HeadKey).Distinct()];
    }

    public DomainId Domain => _chain.Domain;

    /// <summary>Signed bytes of every version, genesis first.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Signed { get; }

    public Manifest Latest { get; }

    /// <summary>Every head key the domain ever had, oldest first.</summary>
    public IReadOnlyList<Ed25519PublicKey> HeadKeys { get; }

    public IKeyAuthority Authority => _chain;

    public static bool TryVerify(
        IReadOnlyList<ReadOnlyMemory<byte>> signed, [NotNullWhen(true)] out Manifests? manifests)
    {
        manifests = DamChain.TryVerify(signed, out var chain, out _) ? new Manifests(chain) : null;
        return manifests is not null;
    }

    /// <summary>The chain with the versions that come next; false when one of them does not continue it.</summary>
    public bool TryExtend(IReadOnlyList<ReadOnlyMemory<byte>> more, [NotNullWhen(true)] out Manifests? extended)
    {
        extended = null;
        var chain = _chain;
        foreach (var bytes in more)
        {
            if (!SignedDam.TryDecode(bytes.Span, out var next, out _) || !chain.TryAppend(next, out var longer, out _))
                return false;
            chain = longer;
        }
        extended = new Manifests(chain);
        return true;
    }

    /// <summary>
    /// Whether a snapshot's manifest hash is that of some version: of its signed bytes or of its payload.
    /// </summary>
    public bool IsKnown(Hash256 hash) => _hashes.Contains(hash);

    public bool IsNode(Ed25519PublicKey key) => _chain.TryGetNodeName(key, out _);

    /// <summary>A record that the active head key signed for this domain.</summary>
    public bool TryVerifyEpoch(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out EpochRecord? record) =>
        EpochRecord.TryDecode(bytes.Span, out record, out _)
        && record.Domain == Domain && _chain.WasHeadKey(record.Key) && record.IsSignatureValid();

    public Manifests WithPeer(ISigner head, TrustedPeer peer, MeshId mesh) => Next(head, draft =>
    {
        foreach (var (name, known) in draft.Peers.ToList())
        {
            if (known.Key == peer.NodeKey)
                draft.Peers.Remove(name);
        }
        draft.Peers.Add(FreeName(draft, peer.Petname), new DamPeer(peer.NodeKey, peer.Domain, mesh));
        draft.Meshes.Add(mesh);
        draft.Follows.TryAdd(peer.Domain, new DamFollow(peer.Domain, 0, false));
    });

    public Manifests WithoutPeer(ISigner head, Ed25519PublicKey key) => Next(head, draft =>
    {
        foreach (var (name, known) in draft.Peers.Where(p => p.Value.Key == key).ToList())
        {
            draft.Peers.Remove(name);
            if (known.Domain is { } domain)
                draft.Follows.Remove(domain);
        }
        foreach (var (name, members) in draft.Audiences.ToList())
            draft.Audiences[name] = [.. members.Where(m => m != key)];
    });

    public Manifests WithBrane(ISigner head, string name, Ed25519PublicKey key) =>
        _chain.Current.Branes.TryGetValue(name, out var bound) && bound == key
            ? this
            : Next(head, draft => draft.Branes[name] = key);

    public Manifests WithTenant(ISigner head, string name, IReadOnlyList<string> recipients)
    {
        var isKnown = _chain.Current.Tenants.TryGetValue(name, out var known);
        var wanted = recipients.Distinct().Order(StringComparer.Ordinal);
        if (isKnown ? known.SequenceEqual(wanted) : recipients.Count == 0)
            return this;
        return Next(head, draft =>
        {
            draft.Tenants.Remove(name);
            if (recipients.Count > 0)
                draft.Tenants.Add(name, recipients);
        });
    }

    public Manifests WithAudience(ISigner head, string name, IReadOnlyList<Ed25519PublicKey> members)
    {
        var isKnown = _chain.Current.Audiences.TryGetValue(name, out var known);
        var wanted = members.Distinct().Order();
        if (isKnown ? members.Count > 0 && known.Order().SequenceEqual(wanted) : members.Count == 0)
            return this;
        return Next(head, draft =>
        {
            draft.Audiences.Remove(name);
            if (members.Count > 0)
                draft.Audiences.Add(name, [.. wanted]);
        });
    }

    public Manifests WithMesh(ISigner head, MeshId mesh) =>
        _chain.Current.Meshes.Contains(mesh) ? this : Next(head, draft => draft.Meshes.Add(mesh));

    private Manifests Next(ISigner head, Action<DamDraft> change)
    {
        var next = SignedDam.Create(_chain.Current.Next(change), head);
        return _chain.TryAppend(next, out var longer, out var error)
            ? new Manifests(longer)
            : throw new InvalidOperationException($"our own next manifest is refused: {error}");
    }

    // Two peers may propose one name; in our own manifest names are unique.
    private static string FreeName(DamDraft draft, string wanted)
    {
        var name = wanted;
        for (var i = 2; draft.Peers.ContainsKey(name); i++)
            name = $"{wanted[..Math.Min(wanted.Length, Tag.LengthMax - 8)]}-{i}";
        return name;
    }
}

/// <summary>The newest version, as far as the mesh reads it.</summary>
internal sealed class Manifest(Dam dam)
{
    public string ProposedName => dam.Name;

    public Ed25519PublicKey HeadKey => dam.HeadKey;

    public IReadOnlyList<MeshId> Meshes => dam.Meshes;

    /// <summary>Trusted peers that bring a domain, with the names they have here.</summary>
    public IReadOnlyList<TrustedPeer> Peers { get; } =
    [
        .. dam.Peers
            .Where(p => p.Value.Domain is not null)
            .Select(p => new TrustedPeer(p.Value.Key, p.Key, p.Value.Domain!.Value, p.Value.Mesh)), // filtered above
    ];

    /// <summary>Audiences that whoever holds a node key may read, in ordinal order; none for a stranger.</summary>
    public IReadOnlyList<string> AudiencesOf(Ed25519PublicKey key)
    {
        if (!dam.IsMember(Audience.Peers, key))
            return [];
        string[] builtIn = [Audience.Peers, Audience.Public];
        return [.. builtIn.Concat(dam.Audiences.Keys.Where(a => dam.IsMember(a, key))).Order(StringComparer.Ordinal)];
    }
}

/// <summary>A peer as the own manifest names it.</summary>
internal sealed record TrustedPeer(Ed25519PublicKey NodeKey, string Petname, DomainId Domain, MeshId? Mesh = null)
{
    public PeerId Id { get; } = NodeKey.ToPeerId();
}
