using Omega.P2P.Federation;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Engine;

/// <summary>How a command ended. Closed.</summary>
public abstract record EngineResult
{
    private EngineResult()
    {
    }

    /// <summary>The mesh's own answer.</summary>
    public sealed record Mesh(CommandResult Result) : EngineResult;

    /// <summary>The head that now covers the change.</summary>
    public sealed record Published(HeadRef Head) : EngineResult;

    /// <summary>
    /// All bytes are here and verified. <paramref name="Signatures"/> are those that hold by the domain's authority
    /// manifest; <paramref name="Figures"/> is null when the bytes were here before.
    /// </summary>
    public sealed record Ready(
        ArtifactRow Artifact,
        SignedArtifact Entry,
        IReadOnlyList<VerifiedSignature> Signatures,
        TransferFigures? Figures) : EngineResult;

    /// <summary>The bytes are gone from disk, their holders proven.</summary>
    public sealed record Evicted(IReadOnlyList<ArtifactRow> Artifacts, long BytesFreed, int BlocksFreed) : EngineResult;

    /// <summary>They are in history only; <paramref name="Withdrawn"/> publications ended with them.</summary>
    public sealed record Removed(int Withdrawn) : EngineResult;

    /// <summary>Artifacts in a stable order: created, then key. Lazy, from the store: to be walked by whoever asked,
    /// beside the engine, on any thread; what comes or goes meanwhile may or may not be in it.</summary>
    public sealed record Listing(IEnumerable<ArtifactRow> Artifacts) : EngineResult;

    /// <summary>How the node stands.</summary>
    public sealed record Status(NodeStatus Value) : EngineResult;

    /// <summary>Transfers under way, oldest first.</summary>
    public sealed record Transfers(IReadOnlyList<TransferRow> Items) : EngineResult;

    /// <summary>The trusted peers, by petname.</summary>
    public sealed record Peers(IReadOnlyList<PeerView> Items) : EngineResult;

    /// <summary>It could not be; nothing is half-done.</summary>
    /// <param name="Code">For the exit code.</param>
    /// <param name="Message">One sentence for a person.</param>
    /// <param name="Hint">What to do next.</param>
    /// <param name="Field">The argument that is at fault.</param>
    /// <param name="Candidates">What an ambiguous id or name may have meant.</param>
    /// <param name="Reason">A word for programs, with hyphens, where the code alone says too little.</param>
    public sealed record Failed(
        MeshError Code,
        string Message,
        string? Hint = null,
        string? Field = null,
        IReadOnlyList<string>? Candidates = null,
        string? Reason = null) : EngineResult;
}

/// <summary>A transfer under way, and the artifact that it is for.</summary>
/// <param name="Artifact">The artifact.</param>
/// <param name="Transfer">How it stands.</param>
public sealed record TransferRow(ArtifactRow Artifact, TransferView Transfer);

/// <summary>One artifact as a list shows it.</summary>
/// <param name="Content">Name of its bytes.</param>
/// <param name="Key">Name of its meaning.</param>
/// <param name="Domain">The domain whose artifact it is.</param>
/// <param name="DomainName">What that domain is called here.</param>
/// <param name="Kind">Its type tag.</param>
/// <param name="Brane">Who made it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="CreatedUnixMs">When the receiving node took it in, Unix milliseconds.</param>
/// <param name="Visibility">Its audience.</param>
/// <param name="Availability">Whether its bytes are here.</param>
public sealed record ArtifactRow(
    ContentId Content,
    ArtifactKey Key,
    DomainId Domain,
    string DomainName,
    string Kind,
    string Brane,
    long Size,
    long CreatedUnixMs,
    string Visibility,
    Availability Availability)
{
    /// <summary>When it was removed, Unix milliseconds; null where it is live.</summary>
    public long? RemovedUnixMs { get; init; }
}

/// <summary>Whether an artifact's bytes are on this disk (law 3).</summary>
public enum Availability
{
    /// <summary>All of them.</summary>
    Local,

    /// <summary>Some of them.</summary>
    Partial,

    /// <summary>None: evicted here, or never fetched.</summary>
    Evicted,
}

/// <summary>How a node stands.</summary>
/// <param name="Peer">Its node id.</param>
/// <param name="DomainName">The own domain's proposed name.</param>
/// <param name="Domain">The own domain.</param>
/// <param name="HeadState">Whether heads may leave (law 9).</param>
/// <param name="Head">The newest own head; null before the first publication.</param>
/// <param name="Current">Digest over all live artifacts; equal after any rebuild.</param>
/// <param name="Artifacts">Live artifacts.</param>
/// <param name="Peers">Trusted peers.</param>
/// <param name="PeersConnected">Those with a link now.</param>
/// <param name="Followed">Domains followed.</param>
/// <param name="Branes">Names of the branes bound in the authority manifest.</param>
public sealed record NodeStatus(
    PeerId Peer,
    string DomainName,
    DomainId Domain,
    OwnHeadState HeadState,
    HeadRef? Head,
    Hash256 Current,
    long Artifacts,
    int Peers,
    int PeersConnected,
    IReadOnlyList<FollowedDomain> Followed,
    IReadOnlyList<string> Branes);
