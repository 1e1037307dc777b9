namespace Omega.P2P.Protocol.Yamux;

/// <summary>How a peer broke the yamux specification. Each ends the session: a go-away with code 1 is sent and nothing
/// more is read.</summary>
public enum YamuxError
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>A version byte other than 0.</summary>
    UnsupportedVersion,

    /// <summary>A frame kind over 3.</summary>
    UnknownKind,

    /// <summary>Flag bits the specification does not name.</summary>
    UnknownFlags,

    /// <summary>Data or a window update for stream 0, which is the session.</summary>
    SessionIdOnStreamFrame,

    /// <summary>A ping or go-away for a stream other than 0.</summary>
    StreamIdOnSessionFrame,

    /// <summary>The peer opened a stream with an id of our parity (odd ids are the dialer's).</summary>
    WrongParity,

    /// <summary>The peer opened a stream that is already open.</summary>
    StreamAlreadyOpen,

    /// <summary>A frame for a stream nobody opened.</summary>
    UnknownStream,

    /// <summary>A payload longer than any window we ever give, on a stream that is gone.</summary>
    FrameTooLong,

    /// <summary>More data than the stream's receive window holds.</summary>
    WindowExceeded,

    /// <summary>A window update that lifts our send window over 2^32 - 1.</summary>
    WindowOverflow,

    /// <summary>Data after the peer's FIN.</summary>
    DataAfterFinish,

    /// <summary>More frames than <see cref="Limits.FramesPerSecond"/>.</summary>
    FrameFlood,

    /// <summary>More openings and resets of streams than <see cref="Limits.StreamFramesPerSecond"/>.</summary>
    StreamFlood,

    /// <summary>More frames that carry nothing than <see cref="Limits.IdleFramesPerSecond"/>.</summary>
    IdleFlood,
}
