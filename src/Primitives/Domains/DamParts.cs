using System.Collections.Immutable;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Domains;

/// <summary>A node that the owner trusts, under the petname that stands before it in the DAM.</summary>
/// <param name="Key">Its node key.</param>
/// <param name="Domain">The domain it brings; null for a node without one.</param>
/// <param name="Mesh">The mesh in which it was met; null when in none.</param>
/// <param name="Roles">Sorted, unique tags, at most 8, such as <c>custody</c> or <c>witness</c>.</param>
/// <param name="Operator">Tag of who runs it: one operator has one vote. Null means that it stands for itself.</param>
public sealed record DamPeer(
    Ed25519PublicKey Key, DomainId? Domain, MeshId? Mesh, ImmutableArray<string> Roles, string? Operator)
{
    /// <summary>A peer without roles or operator.</summary>
    public DamPeer(Ed25519PublicKey key, DomainId? domain = null, MeshId? mesh = null)
        : this(key, domain, mesh, [], null)
    {
    }

    /// <inheritdoc/>
    public bool Equals(DamPeer? other) =>
        other is not null && Key == other.Key && Domain == other.Domain && Mesh == other.Mesh
        && Operator == other.Operator && Roles.AsSpan().SequenceEqual(other.Roles.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Key, Domain, Mesh, Operator);
}

/// <summary>Another domain whose head we follow, and what more we do for it.</summary>
/// <param name="Domain">Which.</param>
/// <param name="MirrorBytes">How many bytes of its contents we keep; 0 for its catalog alone.</param>
/// <param name="Witness">Whether we cosign its heads.</param>
public sealed record DamFollow(DomainId Domain, long MirrorBytes, bool Witness);

/// <summary>The audiences that every domain has without declaring them.</summary>
public static class Audience
{
    /// <summary>Nobody but the domain's own nodes.</summary>
    public const string Internal = "internal";

    /// <summary>Every peer of the DAM.</summary>
    public const string Peers = "peers";

    /// <summary>Everyone.</summary>
    public const string Public = "public";

    /// <summary>True for the three names above, which no DAM may declare.</summary>
    public static bool IsBuiltIn(string name) => name is Internal or Peers or Public;
}
