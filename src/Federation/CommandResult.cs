using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation;

/// <summary>How a command ended. Closed.</summary>
public abstract record CommandResult
{
    private CommandResult()
    {
    }

    /// <summary>Carried out.</summary>
    public sealed record Done : CommandResult;

    /// <summary>A ticket, and when it expires (wall clock, Unix milliseconds).</summary>
    public sealed record Invited(string Ticket, long ExpiresUnixMs) : CommandResult;

    /// <summary>Trust is mutual now; the domain's first sync is under way or done.</summary>
    public sealed record Joined(PeerId Peer, DomainId Domain, string Name) : CommandResult;

    /// <summary>How many domains gave an answer, and how many are being followed.</summary>
    public sealed record Synced(int Answered, int Followed) : CommandResult;

    /// <summary>All bytes are here, verified and durable.</summary>
    public sealed record Fetched(TransferFigures Figures) : CommandResult;

    /// <summary>Per content asked, in order, who proved to hold it.</summary>
    public sealed record HoldersProven(IReadOnlyList<ProvenContent> Contents) : CommandResult;

    /// <summary>The epoch that is open now.</summary>
    public sealed record EpochOpened(long Epoch) : CommandResult;

    /// <summary>It could not be; nothing is half-done.</summary>
    public sealed record Failed(MeshError Code, string Message, string? Hint = null) : CommandResult;
}

/// <summary>What a transfer cost.</summary>
/// <param name="Bytes">Verified content bytes received.</param>
/// <param name="BytesWire">Bytes received on blocks streams, proofs and headers included.</param>
/// <param name="Requests">Rounds of asking: once who has it, then each range.</param>
/// <param name="BytesRefetched">Content bytes asked again after a peer failed.</param>
/// <param name="Peers">Who sent bytes.</param>
public sealed record TransferFigures(
    long Bytes, long BytesWire, int Requests, long BytesRefetched, IReadOnlyList<PeerId> Peers)
{
    /// <summary>What each peer that was asked had to do with it; rates over the whole time.</summary>
    public IReadOnlyList<HolderView> Holders { get; init; } = [];
}

/// <summary>The peers that proved to hold a content, in a stable order.</summary>
public sealed record ProvenContent(ContentId Content, IReadOnlyList<PeerId> Holders);

/// <summary>Why a command failed; the front end turns these into exit codes.</summary>
public enum MeshError
{
    /// <summary>The request itself is wrong: a malformed ticket, an unknown command.</summary>
    Usage,

    /// <summary>No such domain, artifact or peer.</summary>
    NotFound,

    /// <summary>Nobody reachable has it now.</summary>
    NotAvailable,

    /// <summary>Policy says no: expired or used ticket, too few holders, not trusted.</summary>
    Refused,

    /// <summary>The peer cannot be reached.</summary>
    Unreachable,

    /// <summary>What came did not verify and no one else had better.</summary>
    VerificationFailed,

    /// <summary>The own domain is rolled back and signs nothing.</summary>
    ReadOnly,

    /// <summary>The store failed.</summary>
    StoreFailed,

    /// <summary>The disk has no room.</summary>
    NoRoom,

    /// <summary>Too much is under way already.</summary>
    Busy,

    /// <summary>The owner gave it up.</summary>
    Cancelled,
}
