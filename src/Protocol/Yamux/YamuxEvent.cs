namespace Omega.P2P.Protocol.Yamux;

/// <summary>What a <see cref="YamuxEvent"/> tells.</summary>
public enum YamuxEventKind
{
    /// <summary>The peer opened the stream.</summary>
    Opened,

    /// <summary>Data waits; told again only after the stream was read empty.</summary>
    Readable,

    /// <summary>A write that was cut short may be tried again.</summary>
    Writable,

    /// <summary>The peer will send no more; what it sent before stays readable.</summary>
    Finished,

    /// <summary>The peer reset the stream; it is gone, unread data with it.</summary>
    Reset,

    /// <summary>Our ping came back; <see cref="YamuxEvent.Value"/> is the round trip in milliseconds.</summary>
    Pong,

    /// <summary>The peer opens and accepts no more streams; <see cref="YamuxEvent.Value"/> is its code (0 normal,
    /// 1 protocol error, 2 internal error).</summary>
    GoAway,
}

/// <summary>One thing a session has to tell its owner, in the order in which it happened.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Stream">Where; 0 for the session.</param>
/// <param name="Value">Kind-specific, else 0.</param>
public readonly record struct YamuxEvent(YamuxEventKind Kind, uint Stream, long Value = 0);

/// <summary>Whether a stream could be opened.</summary>
public enum YamuxOpenStatus
{
    /// <summary>It is open; its SYN travels with its first frame.</summary>
    Opened,

    /// <summary><see cref="Limits.StreamsOutboundMax"/> streams of ours are open.</summary>
    TooManyStreams,

    /// <summary><see cref="Limits.StreamsUnacknowledgedMax"/> streams of ours await the peer's ACK.</summary>
    TooManyUnacknowledged,

    /// <summary>One side said go-away, or the session failed.</summary>
    GoingAway,

    /// <summary>All 2^31 ids were used.</summary>
    IdsExhausted,
}
