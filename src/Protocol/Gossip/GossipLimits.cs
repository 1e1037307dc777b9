namespace Omega.P2P.Protocol.Gossip;

/// <summary>Every bound of the gossip router. Lengths are bytes; each member names its origin. What passes a bound is
/// dropped or refused by name; it never grows memory.</summary>
public sealed record GossipLimits
{
    /// <summary>The values shipped.</summary>
    public static GossipLimits Default { get; } = new();

    /// <summary>One RPC without its length prefix. Origin: go-libp2p-pubsub, 1 MiB.</summary>
    public int RpcBytesMax { get; init; } = 1024 * 1024;

    /// <summary>What we fill an RPC up to when several messages wait. Origin: guess, one Noise frame.</summary>
    public int RpcBytesAim { get; init; } = 64 * 1024;

    /// <summary>Data of one message. Origin: guess; leaves room for the envelope within an RPC.</summary>
    public int DataBytesMax { get; init; } = 1024 * 1024 - 1024;

    /// <summary>A topic's name in UTF-8. Origin: guess.</summary>
    public int TopicBytesMax { get; init; } = 256;

    /// <summary>Messages, and entries of each control list, read of one RPC; more are ignored. Origin: go-libp2p-pubsub
    /// takes 5,000 message ids an IHAVE.</summary>
    public int RpcEntriesMax { get; init; } = 5000;

    /// <summary>Topics kept per peer; further subscriptions are ignored. Origin: guess.</summary>
    public int TopicsPerPeerMax { get; init; } = 128;

    /// <summary>Peers at once. Origin: guess, the links of a node.</summary>
    public int PeersMax { get; init; } = 1024;

    /// <summary>IHAVE lists heeded per peer and heartbeat. Origin: gossipsub v1.1, spam protection; go: 10.</summary>
    public int IHaveListsMax { get; init; } = 10;

    /// <summary>Message ids asked of one peer per heartbeat. Origin: go-libp2p-pubsub, 5,000.</summary>
    public int IWantIdsMax { get; init; } = 5000;

    /// <summary>Answers to IWANT for one message and peer. Origin: go-libp2p-pubsub, 3.</summary>
    public int RetransmissionsMax { get; init; } = 3;

    /// <summary>IDONTWANT ids kept per peer and heartbeat. Origin: gossipsub v1.2; go: 10 lists of 100.</summary>
    public int DontWantIdsMax { get; init; } = 1000;

    /// <summary>Message ids remembered against repetition. Origin: guess, 100 bytes each.</summary>
    public int SeenMax { get; init; } = 128 * 1024;

    /// <summary>Bytes of messages kept to answer IWANT. Origin: guess.</summary>
    public long CacheBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>Messages whose verdict is awaited; more are dropped unseen. Origin: guess.</summary>
    public int ValidationsMax { get; init; } = 4096;

    /// <summary>Bytes handed to a peer's stream that have not left yet. Origin: the first yamux window.</summary>
    public long InFlightBytesMax { get; init; } = 256 * 1024;

    /// <summary>Bytes of messages that wait for one peer; what does not fit is offered by IHAVE once the peer reads
    /// again. Origin: guess, four windows.</summary>
    public long QueueBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Ids remembered of messages that did not fit. Origin: <see cref="IWantIdsMax"/>.</summary>
    public int SkippedMax { get; init; } = 5000;

    /// <summary>Scores kept of peers that left. Origin: guess.</summary>
    public int RetainedScoresMax { get; init; } = 1024;

    /// <summary>Back-offs kept, over all topics and peers. Origin: guess.</summary>
    public int BackoffsMax { get; init; } = 16 * 1024;

    /// <summary>The longest back-off a peer can ask of us. Origin: guess, an hour.</summary>
    public long BackoffMsMax { get; init; } = 3_600_000;
}
