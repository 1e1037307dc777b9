using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>How a router behaves; times are milliseconds of running time. Origins: gossipsub v1.0 and v1.1, tables of
/// parameters, unless said otherwise.</summary>
public sealed record GossipOptions
{
    /// <summary>The node key: author of what is published here.</summary>
    public required ISigner Signer { get; init; }

    /// <summary>Every choice among peers comes from here (law 12).</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>Bounds.</summary>
    public GossipLimits Limits { get; init; } = GossipLimits.Default;

    /// <summary>Scores.</summary>
    public ScoreOptions Score { get; init; } = new();

    /// <summary>D: peers wanted in a topic's mesh.</summary>
    public int Degree { get; init; } = 6;

    /// <summary>D_lo: fewer are filled up.</summary>
    public int DegreeLow { get; init; } = 4;

    /// <summary>D_hi: more are cut back.</summary>
    public int DegreeHigh { get; init; } = 12;

    /// <summary>D_score: best peers that a cut spares.</summary>
    public int DegreeScore { get; init; } = 4;

    /// <summary>D_out: peers of a mesh that we dialled; at most half of <see cref="Degree"/>.</summary>
    public int DegreeOut { get; init; } = 2;

    /// <summary>D_lazy: peers outside the mesh that hear IHAVE each heartbeat, at least.</summary>
    public int DegreeLazy { get; init; } = 6;

    /// <summary>Share of the peers outside the mesh that hear IHAVE.</summary>
    public double GossipFactor { get; init; } = 0.25;

    /// <summary>Between two heartbeats.</summary>
    public long HeartbeatMs { get; init; } = 1000;

    /// <summary>From the first input after a rest to the next heartbeat. Origin: go-libp2p-pubsub, 100 ms.</summary>
    public long HeartbeatSoonMs { get; init; } = 100;

    /// <summary>Heartbeats for which a message can be asked for.</summary>
    public int CacheWindows { get; init; } = 5;

    /// <summary>Of these, heartbeats for which it is offered.</summary>
    public int CacheGossipWindows { get; init; } = 3;

    /// <summary>How long a message is known against repetition.</summary>
    public long SeenMs { get; init; } = 120_000;

    /// <summary>How long a pruned peer stays out.</summary>
    public long PruneBackoffMs { get; init; } = 60_000;

    /// <summary>How long we stay out of a topic we left.</summary>
    public long UnsubscribeBackoffMs { get; init; } = 10_000;

    /// <summary>Added to a back-off before we graft again ourselves: one heartbeat of clock difference.</summary>
    public long BackoffSlackMs { get; init; } = 1000;

    /// <summary>A GRAFT this soon after a PRUNE counts twice. Origin: go-libp2p-pubsub.</summary>
    public long GraftFloodMs { get; init; } = 10_000;

    /// <summary>How long after an IWANT the message must have come. Origin: go-libp2p-pubsub.</summary>
    public long PromiseMs { get; init; } = 3000;

    /// <summary>Heartbeats between looks for better mesh peers.</summary>
    public int OpportunisticGraftHeartbeats { get; init; } = 60;

    /// <summary>Peers then grafted.</summary>
    public int OpportunisticGraftPeers { get; init; } = 2;

    /// <summary>Data from this size on is announced by IDONTWANT. Origin: js-libp2p and go-libp2p use 512 and 1,024.
    /// </summary>
    public int DontWantBytesMin { get; init; } = 512;

    /// <summary>Heartbeats an IDONTWANT holds. Origin: go-libp2p-pubsub.</summary>
    public int DontWantHeartbeats { get; init; } = 3;

    /// <summary>Offers a heartbeat of what did not fit a peer's queue. Origin: guess, below the ten IHAVE lists that
    /// peers heed.</summary>
    public int SkippedOffersMax { get; init; } = 5;

    /// <summary>How long publishing waits for one peer that does not read; it is passed over afterwards. Origin: guess.
    /// </summary>
    public long PatienceMs { get; init; } = 3000;
}
