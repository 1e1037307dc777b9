namespace Omega.P2P.Protocol.Gossip;

/// <summary>What one peer has done, as the score function of gossipsub v1.1 counts it.</summary>
internal sealed class PeerScore(ScoreOptions options)
{
    private readonly SortedDictionary<string, Counters> _topics = new(StringComparer.Ordinal);
    private double _behaviour;

    private sealed class Counters
    {
        public long? GraftedAtMs { get; set; }

        public double First { get; set; }

        public double Mesh { get; set; }

        public double Failure { get; set; }

        public double Invalid { get; set; }
    }

    /// <summary>P5.</summary>
    public double Esteem { get; set; }

    /// <summary>The host address it comes from; null when unknown.</summary>
    public string? Address { get; set; }

    /// <summary>When a peer that left is forgotten; null while it is here.</summary>
    public long? ForgetAtMs { get; set; }

    /// <summary>Nothing is left that a decay would change.</summary>
    public bool IsSettled => _behaviour == 0
        && _topics.Values.All(c => c.First == 0 && c.Mesh == 0 && c.Failure == 0 && c.Invalid == 0);

    public double Value(long nowMs, int neighbours)
    {
        var topics = 0.0;
        foreach (var (topic, counters) in _topics)
            topics += OptionsOf(topic).Weight * OfTopic(OptionsOf(topic), counters, nowMs);
        if (options.TopicCap > 0)
            topics = Math.Min(topics, options.TopicCap);
        var crowd = Math.Max(0, neighbours - options.ColocationThreshold);
        return topics + options.ApplicationWeight * Esteem + options.ColocationWeight * crowd * crowd
            + options.BehaviourWeight * _behaviour * _behaviour;
    }

    public void OnGraft(string topic, long nowMs) => Of(topic).GraftedAtMs = nowMs;

    public void OnPrune(string topic, long nowMs)
    {
        var counters = Of(topic);
        var deficit = Deficit(OptionsOf(topic), counters, nowMs);
        counters.Failure += deficit * deficit;
        counters.GraftedAtMs = null;
    }

    public void OnFirstDelivery(string topic)
    {
        var (counters, of) = (Of(topic), OptionsOf(topic));
        counters.First = Math.Min(of.FirstDeliveriesCap, counters.First + 1);
        OnMeshDelivery(topic);
    }

    public void OnMeshDelivery(string topic)
    {
        var (counters, of) = (Of(topic), OptionsOf(topic));
        if (counters.GraftedAtMs is not null && of.MeshDeliveriesWeight != 0)
            counters.Mesh = Math.Min(of.MeshDeliveriesCap, counters.Mesh + 1);
    }

    public void OnInvalid(string topic) => Of(topic).Invalid++;

    public void OnMisbehaviour(double count) => _behaviour += count;

    /// <summary>Lets <paramref name="intervals"/> decay intervals pass.</summary>
    public void Decay(long intervals)
    {
        _behaviour = Decayed(_behaviour, options.BehaviourDecay, intervals);
        foreach (var (topic, counters) in _topics)
        {
            var of = OptionsOf(topic);
            counters.First = Decayed(counters.First, of.FirstDeliveriesDecay, intervals);
            counters.Mesh = Decayed(counters.Mesh, of.MeshDeliveriesDecay, intervals);
            counters.Failure = Decayed(counters.Failure, of.MeshFailureDecay, intervals);
            counters.Invalid = Decayed(counters.Invalid, of.InvalidDecay, intervals);
        }
    }

    /// <summary>The peer left: it is in no mesh any more.</summary>
    public void OnGone()
    {
        foreach (var counters in _topics.Values)
            counters.GraftedAtMs = null;
    }

    private static double OfTopic(TopicScore of, Counters counters, long nowMs)
    {
        var inMesh = counters.GraftedAtMs is { } since
            ? Math.Min(of.TimeInMeshCap, (nowMs - since) / of.TimeInMeshQuantumMs)
            : 0;
        var deficit = Deficit(of, counters, nowMs);
        return of.TimeInMeshWeight * inMesh + of.FirstDeliveriesWeight * counters.First
            + of.MeshDeliveriesWeight * deficit * deficit + of.MeshFailureWeight * counters.Failure
            + of.InvalidWeight * counters.Invalid * counters.Invalid;
    }

    private static double Deficit(TopicScore of, Counters counters, long nowMs) =>
        of.MeshDeliveriesWeight != 0 && counters.GraftedAtMs is { } since
            && nowMs - since >= of.MeshDeliveriesActivationMs
            ? Math.Max(0, of.MeshDeliveriesThreshold - counters.Mesh)
            : 0;

    private double Decayed(double value, double decay, long intervals)
    {
        if (value == 0)
            return 0;
        var left = value * Math.Pow(decay, intervals);
        return left < options.DecayToZero ? 0 : left;
    }

    private TopicScore OptionsOf(string topic) => options.Topics.TryGetValue(topic, out var own) ? own : options.Topic;

    private Counters Of(string topic)
    {
        if (!_topics.TryGetValue(topic, out var counters))
            _topics.Add(topic, counters = new Counters());
        return counters;
    }
}
