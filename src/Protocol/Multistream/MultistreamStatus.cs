namespace Omega.P2P.Protocol.Multistream;

/// <summary>Where a negotiation stands.</summary>
public enum MultistreamStatus
{
    /// <summary>More bytes of the peer are needed.</summary>
    NeedMore,

    /// <summary>A protocol is chosen; input after it belongs to that protocol.</summary>
    Selected,

    /// <summary>The negotiation failed for good.</summary>
    Rejected,
}

/// <summary>Why a negotiation failed.</summary>
public enum MultistreamError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The length prefix is not a minimal varint.</summary>
    InvalidLength,

    /// <summary>A message over <see cref="Limits.MultistreamMessageBytesMax"/>.</summary>
    MessageTooLong,

    /// <summary>A message that does not end in a newline.</summary>
    MissingNewline,

    /// <summary>The first message is not <c>/multistream/1.0.0</c>.</summary>
    WrongVersion,

    /// <summary>The listener answered with a protocol that was not proposed.</summary>
    WrongEcho,

    /// <summary>The listener refused each proposal.</summary>
    NoneSupported,

    /// <summary>The dialer made more than <see cref="Limits.MultistreamProposalsMax"/> proposals.</summary>
    TooManyProposals,
}
