using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation;

/// <summary>A domain followed here, as its owner may see it.</summary>
/// <param name="Domain">Its identity; the only thing two domains never share.</param>
/// <param name="ProposedName">What its owner calls it; another domain may propose the same.</param>
/// <param name="Petname">What it is called here, when somebody said so.</param>
/// <param name="Owner">The node that writes it.</param>
/// <param name="Head">The newest verified head; null before the first.</param>
/// <param name="State">How it stands.</param>
/// <param name="Entries">How many artifacts it publishes to us.</param>
public sealed record FollowedDomain(
    DomainId Domain, string ProposedName, string? Petname, PeerId Owner, HeadRef? Head, FollowState State, int Entries);

/// <summary>A head's place in its domain's history; heads order by (epoch, size).</summary>
public sealed record HeadRef(long Epoch, long Size, Hash256 Root);

/// <summary>How a followed domain stands.</summary>
public enum FollowState
{
    /// <summary>No head seen yet.</summary>
    Waiting,

    /// <summary>At the newest head its owner has shown.</summary>
    Current,

    /// <summary>Its owner shows heads without proof that they continue the one held. Not guilt (law 8).</summary>
    Stalled,

    /// <summary>Two histories proven; what was verified before stays readable, nothing new is taken.</summary>
    Quarantined,
}

/// <summary>A catalog entry of a followed domain, verified against its signed head.</summary>
/// <param name="Key">The artifact.</param>
/// <param name="Audience">The widest audience it was published to that includes us.</param>
/// <param name="Bytes">The entry's bytes: descriptor, attestations, receipt.</param>
public sealed record FollowedEntry(ArtifactKey Key, string Audience, ReadOnlyMemory<byte> Bytes);

/// <summary>A trusted peer.</summary>
/// <param name="Peer">Its node id.</param>
/// <param name="Key">Its node key.</param>
/// <param name="Petname">What it is called here.</param>
/// <param name="Domain">The domain it writes.</param>
/// <param name="IsConnected">A link is up now.</param>
/// <param name="Standing">Whether it is used.</param>
/// <param name="LastFault">The last rule it broke, or null.</param>
/// <param name="LastFaultDetail">That, in words.</param>
/// <param name="Addresses">Where it was or may be reached.</param>
public sealed record PeerView(
    PeerId Peer,
    Ed25519PublicKey Key,
    string Petname,
    DomainId Domain,
    bool IsConnected,
    PeerStanding Standing,
    PeerFault? LastFault,
    string? LastFaultDetail,
    IReadOnlyList<string> Addresses)
{
    /// <summary>How it stands with reaching it; null while a link is up.</summary>
    public DialView? Dialing { get; init; }
}

/// <summary>Tries to reach a peer that is away.</summary>
/// <param name="Open">Addresses that are being tried now.</param>
/// <param name="NextIn">Until the next round; null while one is under way.</param>
/// <param name="Rounds">Rounds lost since a link was up.</param>
/// <param name="Failures">What the addresses gave the last time each was tried.</param>
public sealed record DialView(
    IReadOnlyList<string> Open, TimeSpan? NextIn, int Rounds, IReadOnlyList<DialFailure> Failures);

/// <summary>An address that gave no link.</summary>
/// <param name="Address">Which; empty where none is known.</param>
/// <param name="Reason">Why.</param>
public sealed record DialFailure(string Address, string Reason);

/// <summary>Whether a trusted peer is used as a source.</summary>
public enum PeerStanding
{
    /// <summary>Used.</summary>
    Good,

    /// <summary>Broke a rule lately: asked for nothing until its time is over.</summary>
    Demoted,
}

/// <summary>A transfer under way.</summary>
/// <param name="Command">The command that it carries out.</param>
/// <param name="Contents">Contents that were missing when it began.</param>
/// <param name="BytesDone">Bytes of theirs that came and were proven.</param>
/// <param name="BytesWanted">Bytes of theirs that were missing.</param>
/// <param name="Elapsed">Since it began.</param>
/// <param name="Holders">Trusted peers that have a link or brought something, ordered by id.</param>
public sealed record TransferView(
    CommandId Command, int Contents, long BytesDone, long BytesWanted, TimeSpan Elapsed,
    IReadOnlyList<HolderView> Holders);

/// <summary>What one peer has to do with a transfer.</summary>
/// <param name="Peer">Its node id.</param>
/// <param name="Petname">What it is called here.</param>
/// <param name="Address">The far end of the link in use; null without one, empty where it is not known.</param>
/// <param name="State">What it is at.</param>
/// <param name="Bytes">Proven bytes that it brought.</param>
/// <param name="BytesPerSecond">Lately; 0 while it is asked for nothing.</param>
/// <param name="Requests">Requests to it that are under way.</param>
/// <param name="Limit">What its bytes wait for; null where it is not known yet.</param>
public sealed record HolderView(
    PeerId Peer, string Petname, string? Address, HolderState State, long Bytes, double BytesPerSecond, int Requests,
    TransferLimit? Limit);

/// <summary>What a peer is at in a transfer.</summary>
public enum HolderState
{
    /// <summary>It is being asked what it holds.</summary>
    Asking,

    /// <summary>It does not hold it, or we may not read it there; it will be asked again.</summary>
    NotHeld,

    /// <summary>It holds it and has nothing to bring just now.</summary>
    Holding,

    /// <summary>Asked for the first bytes.</summary>
    Measuring,

    /// <summary>Bytes come.</summary>
    Fetching,

    /// <summary>It was asked for bytes that do not come, or rests because they did not.</summary>
    Stalled,

    /// <summary>It proved false and is asked for nothing.</summary>
    Lying,

    /// <summary>No link to it is up.</summary>
    Away,
}

/// <summary>What the bytes of a holder wait for.</summary>
public enum TransferLimit
{
    /// <summary>They wait for nothing here: it sends no faster, or the link carries no more.</summary>
    PeerOrLink,

    /// <summary>They are here and wait to be proven.</summary>
    OurVerification,

    /// <summary>They are proven and wait for our store.</summary>
    OurDisk,
}
