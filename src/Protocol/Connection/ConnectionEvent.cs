using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Identify;

namespace Omega.P2P.Protocol.Connection;

/// <summary>One thing a <see cref="Libp2pConnection"/> tells its driver, in the order in which it happened. Closed set.
/// </summary>
public abstract record ConnectionEvent
{
    private ConnectionEvent()
    {
    }

    /// <summary>The peer is authenticated and streams can be opened.</summary>
    /// <param name="Peer">Who it is, proven.</param>
    public sealed record HandshakeCompleted(PeerId Peer) : ConnectionEvent;

    /// <summary>A stream is ready for application bytes in both directions.</summary>
    /// <param name="Stream">Which.</param>
    /// <param name="Protocol">The name agreed on.</param>
    /// <param name="Inbound">Whether the peer opened it.</param>
    public sealed record StreamOpened(StreamId Stream, string Protocol, bool Inbound) : ConnectionEvent;

    /// <summary>Data waits to be read; told again only after the stream was read empty.</summary>
    /// <param name="Stream">Which.</param>
    public sealed record StreamData(StreamId Stream) : ConnectionEvent;

    /// <summary>A write that was cut short may be tried again.</summary>
    /// <param name="Stream">Which.</param>
    public sealed record StreamWritable(StreamId Stream) : ConnectionEvent;

    /// <summary>The peer will send no more; unread data stays readable.</summary>
    /// <param name="Stream">Which.</param>
    public sealed record StreamFinished(StreamId Stream) : ConnectionEvent;

    /// <summary>The peer reset an open stream; it is gone, unread data with it.</summary>
    /// <param name="Stream">Which.</param>
    public sealed record StreamReset(StreamId Stream) : ConnectionEvent;

    /// <summary>A stream we wanted did not come to be, or turned out refused after an optimistic opening; it is gone.
    /// </summary>
    /// <param name="Stream">Which.</param>
    /// <param name="Failure">Why.</param>
    public sealed record OutboundStreamFailed(StreamId Stream, OutboundFailure Failure) : ConnectionEvent;

    /// <summary>The peer said what it is, by identify or by a push; hints, not proofs.</summary>
    /// <param name="Message">What it said.</param>
    public sealed record Identified(IdentifyMessage Message) : ConnectionEvent;

    /// <summary>A ping came back.</summary>
    /// <param name="RoundTripMs">Milliseconds from sending to answer.</param>
    public sealed record PingCompleted(long RoundTripMs) : ConnectionEvent;

    /// <summary>A ping was refused, answered wrongly or not answered in time.</summary>
    public sealed record PingFailed : ConnectionEvent;

    /// <summary>The peer takes no new streams; open ones go on.</summary>
    public sealed record GoAwayReceived : ConnectionEvent;

    /// <summary>The connection is over, all streams with it: send what output is left, then close the socket.
    /// Told once, and nothing after it.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Detail">The name of the inner error, such as <c>WrongPeer</c>; empty when there is none.</param>
    public sealed record Closed(CloseReason Reason, string Detail) : ConnectionEvent;
}

/// <summary>Why a stream of ours failed to open.</summary>
public enum OutboundFailure
{
    /// <summary>The peer speaks none of the protocols.</summary>
    ProtocolNotSupported,

    /// <summary>The peer reset or finished the stream during negotiation.</summary>
    Refused,

    /// <summary>The peer broke multistream-select.</summary>
    NegotiationBroken,

    /// <summary>No choice within <see cref="Limits.StreamNegotiationTimeoutMs"/>.</summary>
    TimedOut,
}

/// <summary>Whether a stream is on its way.</summary>
public enum OpenStreamStatus
{
    /// <summary>An opened or failed event follows.</summary>
    Opening,

    /// <summary>The handshake is not over.</summary>
    NotReady,

    /// <summary>A bound on our streams is reached; try again when one ends.</summary>
    TooManyStreams,

    /// <summary>The connection is closed or closing.</summary>
    GoingAway,
}

/// <summary>Why a connection ended.</summary>
public enum CloseReason
{
    /// <summary>We closed it, or finished going away.</summary>
    Local,

    /// <summary>The peer ended it: its side of the socket, or a go-away once all streams were done.</summary>
    Remote,

    /// <summary>No secured channel with a muxer within <see cref="Limits.HandshakeTimeoutMs"/>.</summary>
    HandshakeTimeout,

    /// <summary>Multistream-select for the channel failed; the detail is a multistream error.</summary>
    SecurityNegotiationFailed,

    /// <summary>The handshake or a frame was refused; the detail is a Noise error.</summary>
    NoiseRefused,

    /// <summary>Multistream-select for the muxer failed; the detail is a multistream error.</summary>
    MuxerNegotiationFailed,

    /// <summary>The peer broke yamux; the detail is a yamux error.</summary>
    YamuxViolation,

    /// <summary>The peer makes us answer without reading: <see cref="Limits.OutputBytesHard"/>.</summary>
    OutputOverflow,

    /// <summary>Nothing was heard for <see cref="Limits.SilenceTimeoutMs"/>.</summary>
    Silence,

    /// <summary>More frames of the channel than <see cref="Limits.FramesPerSecond"/>.</summary>
    FrameFlood,
}
