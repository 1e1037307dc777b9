namespace Omega.P2P.Protocol;

/// <summary>
/// Every bound of the protocol room. Lengths are bytes, times are milliseconds of running time; each member names its
/// origin: a specification, a measurement, or the word "guess". A peer that passes a bound is refused by name; nothing
/// is allocated by a length before it was compared with its bound.
/// </summary>
public sealed partial record Limits
{
    /// <summary>The values shipped.</summary>
    public static Limits Default { get; } = new();

    /// <summary>One multistream-select message with its newline, without its length prefix. Origin: the readers of
    /// go-multistream refuse longer ones.</summary>
    public int MultistreamMessageBytesMax { get; init; } = 1024;

    /// <summary>Proposals one negotiation may try before it is refused. Origin: guess.</summary>
    public int MultistreamProposalsMax { get; init; } = 32;

    /// <summary>A Noise handshake message without its two length bytes. Origin: guess (an Ed25519 payload with
    /// extensions takes about 250; an RSA-4096 identity about 1,300).</summary>
    public int NoiseHandshakeBytesMax { get; init; } = 4096;

    /// <summary>Stream multiplexers a Noise payload may list. Origin: guess.</summary>
    public int NoiseMuxersMax { get; init; } = 16;

    /// <summary>The window both sides of a yamux stream assume at its opening. Origin: yamux specification, flow
    /// control; not to be changed.</summary>
    public int YamuxWindowBytesInitial { get; init; } = 256 * 1024;

    /// <summary>The largest receive window one stream may grow to. Origin: 1 GB/s over 16 ms.</summary>
    public int YamuxWindowBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>What all receive windows of a connection may grow together beyond their initial size. Origin: guess;
    /// with <see cref="StreamsInboundMax"/> and <see cref="StreamsOutboundMax"/> it bounds what a peer can make us
    /// hold.</summary>
    public int YamuxWindowGrowthBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Streams open at once that the peer opened; one more is answered with a reset. Origin: guess, the
    /// acknowledgement backlog of the specification.</summary>
    public int StreamsInboundMax { get; init; } = 256;

    /// <summary>Streams open at once that we opened. Origin: guess.</summary>
    public int StreamsOutboundMax { get; init; } = 512;

    /// <summary>Streams of ours the peer has not acknowledged yet. Origin: yamux specification, ACK backlog.</summary>
    public int StreamsUnacknowledgedMax { get; init; } = 256;

    /// <summary>Frames a second, of the channel and of yamux each; twice as many at once. Origin: guess, about 0.3 us
    /// of processor time each; ten times what 1 GB/s takes.</summary>
    public int FramesPerSecond { get; init; } = 250_000;

    /// <summary>Openings and resets of streams by the peer, and frames for streams that are gone, a second; twice as
    /// many at once. Origin: guess, twice what 10,000 small fetches in half a second take.</summary>
    public int StreamFramesPerSecond { get; init; } = 80_000;

    /// <summary>Frames that carry nothing (pings, credits under <see cref="YamuxCreditBytesMin"/>, data of no length) a
    /// second; ten times as many at once. Origin: guess, a ping is due each 30 s.</summary>
    public int IdleFramesPerSecond { get; init; } = 100;

    /// <summary>A smaller credit counts as nothing. Origin: guess; peers credit half a window.</summary>
    public int YamuxCreditBytesMin { get; init; } = 1024;

    /// <summary>Pending output above which streams accept no more data. Origin: guess, sixteen segments.</summary>
    public int OutputBytesSoft { get; init; } = 1024 * 1024;

    /// <summary>Pending output (answers to a peer that does not read) above which the connection is closed. Origin:
    /// guess, four times the soft bound.</summary>
    public int OutputBytesHard { get; init; } = 4 * 1024 * 1024;

    /// <summary>A multiaddr in its binary form. Origin: guess (names have up to 253 bytes).</summary>
    public int MultiaddrBytesMax { get; init; } = 512;

    /// <summary>Components of one multiaddr. Origin: guess.</summary>
    public int MultiaddrComponentsMax { get; init; } = 8;

    /// <summary>An identify message without its length prefix. Origin: go-libp2p reads 8 KiB at most.</summary>
    public int IdentifyBytesMax { get; init; } = 8 * 1024;

    /// <summary>Addresses kept of an identify message; more are ignored. Origin: guess.</summary>
    public int IdentifyAddressesMax { get; init; } = 64;

    /// <summary>Protocols kept of an identify message; more are ignored. Origin: guess.</summary>
    public int IdentifyProtocolsMax { get; init; } = 256;

    /// <summary>Characters (UTF-8 bytes) of a protocol name. Origin: guess.</summary>
    public int ProtocolNameBytesMax { get; init; } = 256;

    /// <summary>Ping streams a peer may have open. Origin: libp2p ping specification, two per peer.</summary>
    public int PingStreamsInboundMax { get; init; } = 2;

    /// <summary>Identify and push streams a peer may have open together. Origin: guess.</summary>
    public int IdentifyStreamsInboundMax { get; init; } = 4;

    /// <summary>Messages pushed by the peer's identify that are read a second; ten times as many at once. Origin:
    /// guess, peers push when their addresses or protocols change.</summary>
    public int IdentifyPushesPerSecond { get; init; } = 2;

    /// <summary>From the first byte to a secured channel with a muxer. Origin: guess.</summary>
    public long HandshakeTimeoutMs { get; init; } = 10_000;

    /// <summary>From the opening of a stream to the choice of its protocol. Origin: guess.</summary>
    public long StreamNegotiationTimeoutMs { get; init; } = 10_000;

    /// <summary>From the opening of our identify or ping stream to its answer. Origin: guess.</summary>
    public long AnswerTimeoutMs { get; init; } = 20_000;

    /// <summary>Between two yamux pings, which keep the connection alive and measure its round trip. Origin: yamux
    /// implementations use 30 s.</summary>
    public long KeepAliveIntervalMs { get; init; } = 30_000;

    /// <summary>From a go-away, ours or the peer's, to the end of the connection, whatever streams are still open.
    /// Origin: guess, one keep-alive.</summary>
    public long GoAwayGraceMs { get; init; } = 30_000;

    /// <summary>Without one byte from the peer for so long, the connection is closed. Origin: guess, three missed
    /// keep-alives.</summary>
    public long SilenceTimeoutMs { get; init; } = 95_000;
}
