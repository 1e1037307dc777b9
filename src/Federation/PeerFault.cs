namespace Omega.P2P.Federation;

/// <summary>Why something from a peer was not accepted. Consequences are in one table, <c>Standing</c>.</summary>
public enum PeerFault
{
    /// <summary>Bytes that do not hash to their content or block.</summary>
    BadBlockHash,

    /// <summary>An answer that ended before its last byte.</summary>
    TruncatedStream,

    /// <summary>An inclusion proof that does not lead to the signed root.</summary>
    BadInclusionProof,

    /// <summary>A consistency proof that does not lead from the held root to the new one.</summary>
    BadConsistencyProof,

    /// <summary>A signature that does not verify, or by a key that has no say.</summary>
    BadSignature,

    /// <summary>A head older than the one held: ignored, and the sender is told what is held.</summary>
    StaleHead,

    /// <summary>Two histories in one epoch, proven: evidence is kept and the domain quarantined.</summary>
    InconsistentHead,

    /// <summary>An authority manifest that does not continue the verified chain.</summary>
    BadManifest,

    /// <summary>An epoch record that does not link to the head held.</summary>
    BadEpoch,

    /// <summary>Leaves that do not hash to the signed root, or a body that does not open its leaf.</summary>
    BadLeaf,

    /// <summary>A snapshot record that contradicts its head, its manifest or its openings.</summary>
    BadSnapshot,

    /// <summary>
    /// A published root that does not follow from the public log, or a tree node that is not its hash.
    /// </summary>
    BadCatalogNode,

    /// <summary>A catalog entry whose hash, descriptor, attestation or receipt does not verify.</summary>
    BadEntry,

    /// <summary>The peer said no.</summary>
    Refused,

    /// <summary>More than the stated bound.</summary>
    Oversize,

    /// <summary>Bytes that are not the message they should be, or an answer to another question.</summary>
    Malformed,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>More requests at once than the bound.</summary>
    Flood,

    /// <summary>Held the content by its own word, then failed a challenge.</summary>
    FailedChallenge,

    /// <summary>The stream or link broke.</summary>
    Disconnected,
}
