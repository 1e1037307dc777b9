namespace Omega.P2P.Protocol.Omega.Blocks;

/// <summary>How one bulk answer ended.</summary>
public enum BlocksStatus
{
    /// <summary>Every byte asked for came and was proven.</summary>
    Done,

    /// <summary>The uniform refusal.</summary>
    Refused,

    /// <summary>Bytes that do not hash to the id, or a size that is not the content's.</summary>
    BadHash,

    /// <summary>The stream ended in good order before the last byte.</summary>
    Truncated,

    /// <summary>The stream was cut.</summary>
    Cut,

    /// <summary>No header, or bytes after the end.</summary>
    Malformed,

    /// <summary>The peer is from before such requests.</summary>
    NotSpoken,

    /// <summary>The receiver of verified bytes failed; the peer did nothing wrong.</summary>
    LocalFault,
}

/// <summary>What came of one <see cref="BlocksRequest.Get"/>.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="BytesVerified">Bytes of the ranges asked that were proven and handed on.</param>
/// <param name="BytesWire">Bytes received, header and proofs included.</param>
/// <param name="VerifiedTo">Every byte of the ranges below this offset was handed on; a retry starts here.</param>
/// <param name="Detail">For the owner's eyes.</param>
public sealed record BlocksOutcome(
    BlocksStatus Status, long BytesVerified, long BytesWire, long VerifiedTo, string Detail);
