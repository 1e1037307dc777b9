namespace Omega.P2P.Protocol.Gossip;

/// <summary>Why bytes are no RPC or no message, or what a peer did against the rules.</summary>
public enum GossipError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>Not protobuf, or a field of the wrong kind.</summary>
    Malformed,

    /// <summary>Over <see cref="GossipLimits.RpcBytesMax"/> or <see cref="GossipLimits.DataBytesMax"/>.</summary>
    TooLong,

    /// <summary>No topic, or one over <see cref="GossipLimits.TopicBytesMax"/> or not UTF-8.</summary>
    BadTopic,

    /// <summary>No author, or one that is no peer id.</summary>
    BadAuthor,

    /// <summary>The sequence number has not eight bytes.</summary>
    BadSequence,

    /// <summary>No signature, or one that does not verify.</summary>
    BadSignature,

    /// <summary>The author's key is of a kind we cannot verify; dropped without blame.</summary>
    UnsupportedKeyKind,

    /// <summary>The application said that the message is invalid.</summary>
    Rejected,

    /// <summary>A GRAFT inside the back-off that a PRUNE had named.</summary>
    GraftDuringBackoff,

    /// <summary>Promised by IHAVE, asked for, and not sent in time.</summary>
    BrokenPromise,

    /// <summary>More control messages in a heartbeat than are heeded.</summary>
    ControlFlood,
}
