using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation;

/// <summary>
/// Everything a federation core can be told. The set is closed: <see cref="NetworkInput"/> comes from the driver,
/// the nested cases from the engine.
/// </summary>
public abstract record MeshInput
{
    private protected MeshInput()
    {
    }

    /// <summary>The store's answer to <see cref="MeshEffect.AskStore"/>; each question has exactly one.</summary>
    public sealed record StoreAnswered(QueryId Query, StoreAnswer Answer) : MeshInput;

    /// <summary>The owner wants something; exactly one <see cref="MeshEffect.CommandCompleted"/> follows.</summary>
    public sealed record CommandIssued(CommandId Id, MeshCommand Command) : MeshInput;

    /// <summary>
    /// The own domain has a new signed head, durable in the store. Followers are told when law 9 allows.
    /// </summary>
    public sealed record OwnHeadChanged : MeshInput;

    /// <summary>
    /// The own store takes no writes, for this reason; null: it takes them again. Told before the input that follows
    /// the change, so that nothing is decided that could not be written down.
    /// </summary>
    /// <param name="Reason">For the owner.</param>
    /// <param name="EpochHeals">Whether opening an epoch makes it writable again (law 9); damage stays.</param>
    public sealed record StoreReadOnly(string? Reason, bool EpochHeals) : MeshInput;
}

/// <summary>What the network's driver tells: links, streams and timers. Closed.</summary>
public abstract record NetworkInput : MeshInput
{
    private NetworkInput()
    {
    }

    /// <summary>A link is up and its far end has proven to be <paramref name="Peer"/>.</summary>
    /// <param name="Link">Its number.</param>
    /// <param name="Peer">The far node's id.</param>
    /// <param name="Remote">Its address as a textual multiaddr, when known.</param>
    /// <param name="Outbound">True when we dialled.</param>
    /// <param name="Dial">The dial it came from; null where the peer dialled.</param>
    public sealed record LinkUp(LinkId Link, PeerId Peer, string? Remote, bool Outbound, DialId? Dial = null)
        : NetworkInput;

    /// <summary>
    /// A link is gone, and with it all its streams: no <see cref="StreamEnded"/> comes for them. Sinks on it were
    /// ended before, each with its <see cref="BulkFinished"/>.
    /// </summary>
    public sealed record LinkDown(LinkId Link, string Reason) : NetworkInput;

    /// <summary>A dial gave no link. A successful one shows as <see cref="LinkUp"/> only.</summary>
    public sealed record DialFailed(DialId Dial, string Reason) : NetworkInput;

    /// <summary>The peer opened a stream for a protocol we serve; its incoming direction carries frames.</summary>
    public sealed record StreamOpened(StreamId Stream, LinkId Link, string Protocol) : NetworkInput;

    /// <summary>
    /// A wish for a stream came true. Its incoming direction carries frames unless the core answers this very input
    /// with <see cref="NetworkEffect.ReceiveBulk"/>.
    /// </summary>
    /// <param name="Request">The wish.</param>
    /// <param name="Stream">The stream.</param>
    /// <param name="Protocol">What was agreed on, where the wish left a choice; else empty.</param>
    public sealed record StreamReady(RequestId Request, StreamId Stream, string Protocol = "") : NetworkInput;

    /// <summary>A wish for a stream failed: link gone, protocol not spoken.</summary>
    public sealed record StreamFailed(RequestId Request, string Reason) : NetworkInput
    {
        /// <summary>The reason where the peer does not know the protocol: there is no use in asking again.</summary>
        public const string NotSpoken = "ProtocolNotSupported";
    }

    /// <summary>One whole frame arrived; the payload is at most 1 MiB and is the core's to keep.</summary>
    public sealed record FrameArrived(StreamId Stream, ReadOnlyMemory<byte> Payload) : NetworkInput;

    /// <summary>
    /// Frames of ours have left for the wire, so many payload bytes of them. Told of gossip streams only.
    /// </summary>
    public sealed record FramesSent(StreamId Stream, long Bytes) : NetworkInput;

    /// <summary>
    /// The incoming direction ended (<paramref name="Reset"/> false; ours stays open until we close it), or the whole
    /// stream was cut or broke the framing (<paramref name="Reset"/> true).
    /// </summary>
    public sealed record StreamEnded(StreamId Stream, bool Reset) : NetworkInput;

    /// <summary>
    /// A sink given with <see cref="NetworkEffect.ReceiveBulk"/> was ended and nobody pushes to it any more; the stream
    /// is gone. Comes exactly once per sink, also after our own reset and when the link goes down.
    /// </summary>
    public sealed record BulkFinished(StreamId Stream, object Outcome) : NetworkInput;

    /// <summary>
    /// The source of a <see cref="NetworkEffect.SendBulk"/> was given back: all of it is on its way, or the stream was
    /// cut. Comes once for each, unless the core cut the stream itself or the link is down.
    /// </summary>
    public sealed record BulkSent(StreamId Stream) : NetworkInput;

    /// <summary>An armed timer ran out.</summary>
    public sealed record TimerFired(TimerId Timer) : NetworkInput;

    /// <summary>
    /// The addresses under which peers may reach this node, as textual multiaddrs without <c>/p2p/</c>.
    /// </summary>
    public sealed record ListenAddressesChanged(IReadOnlyList<string> Addresses) : NetworkInput;

    /// <summary>
    /// Identify or discovery says where a node may be reached (textual multiaddrs). A hint about whom we trust only;
    /// nothing is dialled that is not in the authority manifest.
    /// </summary>
    /// <param name="Peer">Whose they are.</param>
    /// <param name="Addresses">Where.</param>
    /// <param name="IsHearsay">Anybody may have said it; else the peer itself did, on a link.</param>
    public sealed record AddressesLearned(PeerId Peer, IReadOnlyList<string> Addresses, bool IsHearsay = false)
        : NetworkInput;
}
