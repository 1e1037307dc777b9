using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation;

/// <summary>
/// What the owner may want of the mesh. Closed; the result named follows, or <see cref="CommandResult.Failed"/>.
/// </summary>
public abstract record MeshCommand
{
    private MeshCommand()
    {
    }

    /// <summary>
    /// Makes a single-use ticket. <paramref name="Petname"/> is what the guest will be called here.
    /// Result: <see cref="CommandResult.Invited"/>.
    /// </summary>
    public sealed record Invite(TimeSpan Lifetime, string? Petname) : MeshCommand;

    /// <summary>
    /// Redeems a ticket; <paramref name="Petname"/> is what the issuer will be called here.
    /// Result: <see cref="CommandResult.Joined"/>.
    /// </summary>
    public sealed record Join(string Ticket, string? Petname) : MeshCommand;

    /// <summary>
    /// Pulls the newest heads now, of one domain or of all. Result: <see cref="CommandResult.Synced"/>.
    /// </summary>
    public sealed record Sync(DomainId? Domain) : MeshCommand;

    /// <summary>Brings artifacts of a followed domain here, all or none. Result: <see
    /// cref="CommandResult.Fetched"/>.</summary>
    public sealed record Fetch(DomainId Domain, params IReadOnlyList<ArtifactKey> Keys) : MeshCommand;

    /// <summary>Brings evicted bytes back, whoever's they are. Result: <see cref="CommandResult.Fetched"/>.</summary>
    public sealed record Rehydrate(ArtifactKey Key) : MeshCommand;

    /// <summary>
    /// Before an eviction: finds for each content <paramref name="Holders"/> peers that prove to have all of it.
    /// Result: <see cref="CommandResult.HoldersProven"/>, also when some contents have too few.
    /// </summary>
    public sealed record ProveHolders(IReadOnlyList<HeldContent> Contents, int Holders) : MeshCommand;

    /// <summary>
    /// Law 9: opens an epoch linked to the last witnessed head. Result: <see cref="CommandResult.EpochOpened"/>.
    /// </summary>
    public sealed record OpenEpoch : MeshCommand;

    /// <summary>Ends the trust in a peer and forgets its domain. Result: <see cref="CommandResult.Done"/>.</summary>
    public sealed record RemovePeer(PeerId Peer) : MeshCommand;

    /// <summary>Binds a brane's key in the authority manifest. Result: <see cref="CommandResult.Done"/>.</summary>
    public sealed record BindBrane(string Name, Ed25519PublicKey Key) : MeshCommand;

    /// <summary>
    /// Replaces the age recipients of a tenant in the authority manifest; none removes the tenant. Result: <see
    /// cref="CommandResult.Done"/>.
    /// </summary>
    public sealed record SetTenant(string Name, IReadOnlyList<string> Recipients) : MeshCommand;

    /// <summary>
    /// Names who sees what is published to an audience: node keys of trusted peers, in the place of those before; none
    /// ends the audience. Result: <see cref="CommandResult.Done"/>.
    /// </summary>
    public sealed record SetAudience(string Name, IReadOnlyList<Ed25519PublicKey> Members) : MeshCommand;

    /// <summary>
    /// Names a followed domain as the owner likes; null takes the name back. Result: <see
    /// cref="CommandResult.Done"/>.
    /// </summary>
    public sealed record SetPetname(DomainId Domain, string? Petname) : MeshCommand;

    /// <summary>
    /// Gives up a command under way; it completes as cancelled. Result: <see cref="CommandResult.Done"/>.
    /// </summary>
    public sealed record Cancel(CommandId Target) : MeshCommand;
}

/// <summary>A content that shall be proven held elsewhere.</summary>
public readonly record struct HeldContent(ContentId Content, long Size);
