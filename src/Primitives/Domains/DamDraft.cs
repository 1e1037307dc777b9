using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Domains;

/// <summary>
/// A DAM being written: plain collections to change, checked only when it becomes a <see cref="Dam"/> by
/// <see cref="Dam.Genesis"/> or <see cref="Dam.Next"/>. Bounds are those of <see cref="Dam"/>.
/// </summary>
public sealed class DamDraft
{
    /// <summary>The name its owner proposes, a tag such as <c>alice.personal</c>; followers may rename.</summary>
    public string Name { get; set; } = "";

    /// <summary>The one key that signs heads and the next DAM.</summary>
    public Ed25519PublicKey HeadKey { get; set; }

    /// <summary>The offline key that can replace all others; only itself can replace it.</summary>
    public Ed25519PublicKey RecoveryKey { get; set; }

    /// <summary>The key that cosigns other logs; null when the domain witnesses nobody.</summary>
    public Ed25519PublicKey? CosignerKey { get; set; }

    /// <summary>Node name to node key.</summary>
    public IDictionary<string, Ed25519PublicKey> Nodes { get; } = new Dictionary<string, Ed25519PublicKey>();

    /// <summary>Brane name to brane key.</summary>
    public IDictionary<string, Ed25519PublicKey> Branes { get; } = new Dictionary<string, Ed25519PublicKey>();

    /// <summary>Petname to peer.</summary>
    public IDictionary<string, DamPeer> Peers { get; } = new Dictionary<string, DamPeer>();

    /// <summary>Audience name to the keys of its members; order and repetition do not matter.</summary>
    public IDictionary<string, IReadOnlyCollection<Ed25519PublicKey>> Audiences { get; } =
        new Dictionary<string, IReadOnlyCollection<Ed25519PublicKey>>();

    /// <summary>Tenant name to age recipients (<c>age1…</c>); order and repetition do not matter.</summary>
    public IDictionary<string, IReadOnlyCollection<string>> Tenants { get; } =
        new Dictionary<string, IReadOnlyCollection<string>>();

    /// <summary>Meshes the domain takes part in.</summary>
    public ISet<MeshId> Meshes { get; } = new HashSet<MeshId>();

    /// <summary>Domains followed, by id.</summary>
    public IDictionary<DomainId, DamFollow> Follows { get; } = new Dictionary<DomainId, DamFollow>();
}
