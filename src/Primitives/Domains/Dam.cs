using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Domains;

/// <summary>
/// The domain authority manifest: whose keys may do what for a domain, whom it knows, whom it lets read. One version
/// of a chain; the hash of the first version's bytes is the <see cref="DomainId"/>. Immutable and within all bounds.
/// Not authentic by itself: see <see cref="DamChain"/>.
/// </summary>
/// <remarks>
/// Canonical CBOR map of exactly these 13 fields, at most 61,440 bytes; keys are dids, which name their algorithm:
/// <code>
/// "head"      did                                    "name"      tag
/// "nodes"     map tag -> did, 1..16                  "peers"     map petname -> peer, 0..256
/// "branes"    map tag -> did, 0..256                 "meshes"    [ 16 bytes ] sorted, 0..16
/// "follows"   [ follow ] sorted by domain, 0..256    "tenants"   map tag -> [ age recipient, 1..16 ], 0..64
/// "version"   1 for the genesis, then consecutive    "cosigner"  did or null
/// "previous"  32 bytes, BLAKE3 of the previous version's payload; null for the genesis
/// "recovery"  did                                    "audiences" map tag -> [ did ] sorted, 0..256 each, 0..64
/// peer   = { "did", "mesh": 16 bytes|null, "roles": [ tag, 0..8 ] sorted,
///            "domain": 32 bytes|null, "operator": tag|null }
/// follow = { "domain": 32 bytes, "mirror": bytes kept, "witness": bool }
/// </code>
/// </remarks>
public sealed partial class Dam
{
    /// <summary>Longest payload, in bytes; leaves room for the signature in 64 KiB.</summary>
    public const int SizeBytesMax = 60 * 1024;

    private Dam(ReadOnlyMemory<byte> bytes, Fields fields)
    {
        Bytes = bytes;
        Hash = Blake3.Hash(bytes.Span);
        Version = fields.Version;
        Previous = fields.Previous;
        Name = fields.Name;
        HeadKey = fields.HeadKey;
        RecoveryKey = fields.RecoveryKey;
        CosignerKey = fields.CosignerKey;
        Nodes = fields.Nodes;
        Branes = fields.Branes;
        Peers = fields.Peers;
        Audiences = fields.Audiences;
        Tenants = fields.Tenants;
        Meshes = fields.Meshes;
        Follows = fields.Follows;
    }

    /// <summary>The canonical payload.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>BLAKE3 of <see cref="Bytes"/>; of the genesis, the DomainId.</summary>
    public Hash256 Hash { get; }

    /// <summary>1 for the genesis.</summary>
    public long Version { get; }

    /// <summary><see cref="Hash"/> of the version before; null for the genesis.</summary>
    public Hash256? Previous { get; }

    /// <summary>The name its owner proposes.</summary>
    public string Name { get; }

    /// <summary>Signs heads, epoch records and the next version.</summary>
    public Ed25519PublicKey HeadKey { get; }

    /// <summary>May sign the next version instead, and alone may replace itself.</summary>
    public Ed25519PublicKey RecoveryKey { get; }

    /// <summary>Cosigns other logs.</summary>
    public Ed25519PublicKey? CosignerKey { get; }

    /// <summary>Node name to node key.</summary>
    public ImmutableSortedDictionary<string, Ed25519PublicKey> Nodes { get; }

    /// <summary>Brane name to brane key.</summary>
    public ImmutableSortedDictionary<string, Ed25519PublicKey> Branes { get; }

    /// <summary>Petname to peer.</summary>
    public ImmutableSortedDictionary<string, DamPeer> Peers { get; }

    /// <summary>Declared audiences and the keys of their members.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<Ed25519PublicKey>> Audiences { get; }

    /// <summary>Tenants and their age recipients.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Tenants { get; }

    /// <summary>Meshes, ascending.</summary>
    public ImmutableArray<MeshId> Meshes { get; }

    /// <summary>Followed domains, ascending by id.</summary>
    public ImmutableArray<DamFollow> Follows { get; }

    /// <summary>The first version of a new domain.</summary>
    /// <exception cref="ArgumentException">The draft is outside the grammar or bounds; the message names the field.
    /// </exception>
    public static Dam Genesis(DamDraft draft) => Create(draft, version: 1, previous: null);

    /// <summary>The next version: a copy of this one, changed.</summary>
    /// <exception cref="ArgumentException">The changed draft is outside the grammar or bounds.</exception>
    public Dam Next(Action<DamDraft> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var draft = ToDraft();
        change(draft);
        return Create(draft, checked(Version + 1), Hash);
    }

    /// <summary>
    /// True iff whoever holds this node key may read what is published to the audience. Nobody is a member of
    /// <c>internal</c> or of an audience that is not declared.
    /// </summary>
    public bool IsMember(string audience, Ed25519PublicKey key) => audience switch
    {
        Audience.Public => true,
        Audience.Internal => false,
        Audience.Peers => Peers.Values.Any(p => p.Key == key),
        _ => Audiences.TryGetValue(audience, out var members) && members.Contains(key),
    };

    /// <summary>True iff something can be published to it: built in or declared here.</summary>
    public bool HasAudience(string audience) => Audience.IsBuiltIn(audience) || Audiences.ContainsKey(audience);

    /// <summary>
    /// Reads a payload; the bytes are copied. Errors: those of the CBOR reader, and <c>dam-size</c>, <c>dam-shape</c>,
    /// <c>dam-key</c>, <c>dam-name</c>, <c>dam-count</c>, <c>dam-order</c>, <c>dam-version</c>, <c>dam-recipient</c>,
    /// <c>dam-audience</c> (a built-in one declared), <c>dam-key-reuse</c> (one key in two duties).
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Dam? dam, out DecodeError error)
    {
        dam = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = new DecodeError("dam-size", "", "A DAM has at most 61,440 bytes.");
            return false;
        }
        if (!TryReadFields(bytes, out var fields, out error))
            return false;
        dam = new Dam(bytes.ToArray(), fields);
        return true;
    }

    private static Dam Create(DamDraft draft, long version, Hash256? previous)
    {
        ArgumentNullException.ThrowIfNull(draft);
        if (!TryDecode(Encode(draft, version, previous), out var dam, out var error))
            throw new ArgumentException(error.ToString(), nameof(draft));
        return dam;
    }

    private DamDraft ToDraft()
    {
        var draft = new DamDraft
        {
            Name = Name,
            HeadKey = HeadKey,
            RecoveryKey = RecoveryKey,
            CosignerKey = CosignerKey,
        };
        foreach (var (name, key) in Nodes)
            draft.Nodes.Add(name, key);
        foreach (var (name, key) in Branes)
            draft.Branes.Add(name, key);
        foreach (var (name, peer) in Peers)
            draft.Peers.Add(name, peer);
        foreach (var (name, members) in Audiences)
            draft.Audiences.Add(name, members);
        foreach (var (name, recipients) in Tenants)
            draft.Tenants.Add(name, recipients);
        draft.Meshes.UnionWith(Meshes);
        foreach (var follow in Follows)
            draft.Follows.Add(follow.Domain, follow);
        return draft;
    }

    private sealed class Fields
    {
        public long Version { get; set; }

        public Hash256? Previous { get; set; }

        public string Name { get; set; } = "";

        public Ed25519PublicKey HeadKey { get; set; }

        public Ed25519PublicKey RecoveryKey { get; set; }

        public Ed25519PublicKey? CosignerKey { get; set; }

        public ImmutableSortedDictionary<string, Ed25519PublicKey> Nodes { get; set; } = Sorted<Ed25519PublicKey>();

        public ImmutableSortedDictionary<string, Ed25519PublicKey> Branes { get; set; } = Sorted<Ed25519PublicKey>();

        public ImmutableSortedDictionary<string, DamPeer> Peers { get; set; } = Sorted<DamPeer>();

        public ImmutableSortedDictionary<string, ImmutableArray<Ed25519PublicKey>> Audiences { get; set; } =
            Sorted<ImmutableArray<Ed25519PublicKey>>();

        public ImmutableSortedDictionary<string, ImmutableArray<string>> Tenants { get; set; } =
            Sorted<ImmutableArray<string>>();

        public ImmutableArray<MeshId> Meshes { get; set; } = [];

        public ImmutableArray<DamFollow> Follows { get; set; } = [];

        private static ImmutableSortedDictionary<string, T> Sorted<T>() =>
            ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
    }
}
