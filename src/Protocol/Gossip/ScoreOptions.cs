namespace Omega.P2P.Protocol.Gossip;

/// <summary>The score function of gossipsub v1.1. Weights and thresholds are guesses for small meshes of invited
/// peers: honest behaviour earns little, a handful of invalid messages or broken rules costs the place in the mesh,
/// two handfuls the ear.</summary>
public sealed record ScoreOptions
{
    /// <summary>Below: no IHAVE to the peer, its IHAVE and IWANT are ignored.</summary>
    public double GossipThreshold { get; init; } = -10;

    /// <summary>Below: what we publish is not sent to the peer.</summary>
    public double PublishThreshold { get; init; } = -50;

    /// <summary>Below: RPCs of the peer are ignored.</summary>
    public double GraylistThreshold { get; init; } = -80;

    /// <summary>A mesh whose median is below takes better peers in.</summary>
    public double OpportunisticGraftThreshold { get; init; } = 1;

    /// <summary>Between two decays, in milliseconds.</summary>
    public long DecayMs { get; init; } = 1000;

    /// <summary>Counters below are zero.</summary>
    public double DecayToZero { get; init; } = 0.01;

    /// <summary>How long the score of a peer that left is kept, in milliseconds.</summary>
    public long RetainMs { get; init; } = 3_600_000;

    /// <summary>Largest contribution of all topics together; 0 for none.</summary>
    public double TopicCap { get; init; } = 100;

    /// <summary>P5: weight of what the application says of the peer.</summary>
    public double ApplicationWeight { get; init; } = 1;

    /// <summary>P6: weight of the square of peers over the threshold that share an address; 0 is off. Off by default:
    /// the nodes of one household share one.</summary>
    public double ColocationWeight { get; init; }

    /// <summary>P6: peers that may share an address.</summary>
    public int ColocationThreshold { get; init; } = 8;

    /// <summary>P7: weight of the square of broken rules.</summary>
    public double BehaviourWeight { get; init; } = -1;

    /// <summary>P7: what is left after one decay.</summary>
    public double BehaviourDecay { get; init; } = 0.98;

    /// <summary>Of every topic that has no own ones in <see cref="Topics"/>.</summary>
    public TopicScore Topic { get; init; } = new();

    /// <summary>By topic.</summary>
    public IReadOnlyDictionary<string, TopicScore> Topics { get; init; } = new Dictionary<string, TopicScore>();
}

/// <summary>What behaviour in one topic counts (gossipsub v1.1, P1 to P4). Decays are the share left after one decay
/// interval, times are milliseconds.</summary>
public sealed record TopicScore
{
    /// <summary>Weight of the topic in the whole.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>P1: weight of a quantum in the mesh.</summary>
    public double TimeInMeshWeight { get; init; } = 0.01;

    /// <summary>P1: the quantum.</summary>
    public long TimeInMeshQuantumMs { get; init; } = 1000;

    /// <summary>P1: largest count.</summary>
    public double TimeInMeshCap { get; init; } = 300;

    /// <summary>P2: weight of a message that the peer brought first.</summary>
    public double FirstDeliveriesWeight { get; init; } = 0.5;

    /// <summary>P2: decay.</summary>
    public double FirstDeliveriesDecay { get; init; } = 0.98;

    /// <summary>P2: largest count.</summary>
    public double FirstDeliveriesCap { get; init; } = 20;

    /// <summary>P3: weight of the squared deficit below the threshold; 0 is off, as heads come seldom.</summary>
    public double MeshDeliveriesWeight { get; init; }

    /// <summary>P3: decay.</summary>
    public double MeshDeliveriesDecay { get; init; } = 0.98;

    /// <summary>P3: messages expected.</summary>
    public double MeshDeliveriesThreshold { get; init; } = 4;

    /// <summary>P3: largest count.</summary>
    public double MeshDeliveriesCap { get; init; } = 20;

    /// <summary>P3: time in the mesh before it counts.</summary>
    public long MeshDeliveriesActivationMs { get; init; } = 30_000;

    /// <summary>P3: how long after validation a copy still counts as near-first.</summary>
    public long MeshDeliveriesWindowMs { get; init; } = 10;

    /// <summary>P3b: weight of the deficit a peer was pruned with.</summary>
    public double MeshFailureWeight { get; init; }

    /// <summary>P3b: decay.</summary>
    public double MeshFailureDecay { get; init; } = 0.98;

    /// <summary>P4: weight of the square of invalid messages.</summary>
    public double InvalidWeight { get; init; } = -10;

    /// <summary>P4: decay.</summary>
    public double InvalidDecay { get; init; } = 0.99;
}
