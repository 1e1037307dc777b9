using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Following;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Federation.Invitations;

/// <summary>
/// What both sides of a join do once the other is proven: trust it, follow its domain, remember where it is.
/// </summary>
internal sealed class Admission(
    Outbox outbox, TrustBook trust, FollowBook follows, AddressBook addresses, FederationLimits limits,
    Action<PeerId> onTrusted)
{
    public const string PetnameRule = "a petname has 1 to 64 printable characters";

    private const int PetnameCharsMax = 64;

    /// <summary>Null, or text that the manifest takes as a petname.</summary>
    public static bool IsPetname(string? petname) =>
        petname is null or { Length: > 0 and <= PetnameCharsMax } && !(petname ?? "").Any(char.IsControl);

    /// <summary>The manifests, from genesis on, that fit one message; the rest comes over the catalog.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Fitting(IReadOnlyList<ReadOnlyMemory<byte>> chain)
    {
        var bytes = 0;
        var fitting = new List<ReadOnlyMemory<byte>>();
        foreach (var signed in chain.Take(OmegaLimits.DamsPerMessage))
        {
            bytes += signed.Length;
            if (fitting.Count > 0 && bytes > OmegaLimits.ItemsBytes)
                break;
            fitting.Add(signed);
        }
        return fitting;
    }

    /// <summary>
    /// False when the peer's node key is not one of the domain it brings, the domain is our own or already another
    /// peer's, or there are too many peers. Admitting twice changes nothing.
    /// </summary>
    public bool TryAdmit(
        PeerId peer, Manifests brought, string? petname, MeshId mesh, IReadOnlyList<string> reachedAt)
    {
        if (!peer.TryGetEd25519(out var key) || !brought.IsNode(key) || brought.Domain == trust.OwnDomain)
            return false;
        if (trust.Find(peer) is { } known)
            return known.Domain == brought.Domain;
        if (trust.OwnerOf(brought.Domain) is not null || trust.Peers.Count >= limits.Peers)
            return false;
        var name = petname ?? brought.Latest.ProposedName;
        if (!trust.TryAddPeer(new TrustedPeer(key, name, brought.Domain), mesh))
            return false;
        addresses.Learn(peer, reachedAt);
        follows.Begin(peer, brought);
        outbox.Notify(new MeshNotice.PeerJoined(peer, brought.Domain, name));
        onTrusted(peer);
        return true;
    }
}
