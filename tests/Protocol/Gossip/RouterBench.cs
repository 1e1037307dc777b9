using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Gossip;

/// <summary>One router, whose peers are the test: they speak by bytes, and hear what is sent to them.</summary>
internal sealed class RouterBench
{
    public const string Topic = "t";
    private readonly Dictionary<PeerId, List<GossipRpc>> _heard = [];
    private int _nextPeer;

    public RouterBench(Func<GossipOptions, GossipOptions>? change = null, TopicSettings? settings = null)
    {
        var key = Ed25519PrivateKey.Generate(new SeededRandom(1));
        var options = new GossipOptions { Signer = key, Random = new SeededRandom(2) };
        Router = new GossipRouter(change is null ? options : change(options));
        Handle(new GossipInput.Join(Topic, settings ?? new TopicSettings()));
    }

    public GossipRouter Router { get; }

    public long NowMs { get; private set; } = 10_000;

    public List<GossipEffect> Effects { get; } = [];

    /// <summary>Whether what is sent leaves at once.</summary>
    public bool Drains { get; set; } = true;

    public IEnumerable<GossipError> FaultsOf(BenchPeer peer) =>
        Effects.OfType<GossipEffect.Fault>().Where(f => f.Peer == peer.Id).Select(f => f.Error);

    public IEnumerable<string> Delivered =>
        Effects.OfType<GossipEffect.Deliver>().Select(d => System.Text.Encoding.UTF8.GetString(d.Message.Data.Span));

    /// <summary>Connects a new peer that is in the topic.</summary>
    public BenchPeer Connect(bool outbound = false, string protocol = GossipProtocol.Version12, bool subscribes = true)
    {
        var key = Ed25519PrivateKey.Generate(new SeededRandom(1000 + (ulong)_nextPeer++));
        var peer = new BenchPeer(this, key);
        _heard[peer.Id] = [];
        Handle(new GossipInput.PeerUp(peer.Id, protocol, outbound, "10.0.0.1"));
        if (subscribes)
            peer.Says(rpc => rpc.Subscription(Topic, subscribes: true));
        return peer;
    }

    public List<GossipRpc> HeardBy(BenchPeer peer)
    {
        var heard = _heard[peer.Id].ToList();
        _heard[peer.Id].Clear();
        return heard;
    }

    /// <summary>Lets time pass, with every tick that is wanted.</summary>
    public void RunFor(long ms)
    {
        var until = NowMs + ms;
        while (Router.NextDeadlineMs is { } due && due <= until)
        {
            NowMs = Math.Max(NowMs, due);
            Handle(new GossipInput.Tick());
        }

        NowMs = until;
    }

    public PublishStatus Publish(string text)
    {
        var effects = new List<GossipEffect>();
        var status = Router.Publish(Topic, System.Text.Encoding.UTF8.GetBytes(text), Now, effects);
        Take(effects);
        return status;
    }

    public void Handle(GossipInput input)
    {
        var effects = new List<GossipEffect>();
        Router.Handle(input, Now, effects);
        Take(effects);
    }

    private Instant Now => new(1_800_000_000_000 + NowMs, NowMs);

    private void Take(List<GossipEffect> effects)
    {
        foreach (var effect in effects)
        {
            Effects.Add(effect);
            if (effect is not GossipEffect.Send send)
                continue;
            Assert.True(GossipRpc.TryDecode(send.Rpc, GossipLimits.Default, out var rpc, out _));
            _heard[send.Peer].Add(rpc);
            if (Drains)
                Handle(new GossipInput.Sent(send.Peer, send.Rpc.Length));
        }
    }
}

/// <summary>A peer played by the test.</summary>
internal sealed class BenchPeer(RouterBench bench, Ed25519PrivateKey key)
{
    private ulong _sequence;

    public PeerId Id { get; } = key.PublicKey.ToPeerId();

    public double Score => bench.Router.ScoreOf(Id);

    public bool IsInMesh => bench.Router.MeshOf(RouterBench.Topic).Contains(Id);

    public void Says(Action<RpcBuilder> tell)
    {
        var builder = new RpcBuilder();
        tell(builder);
        var rpc = new ProtobufWriter();
        builder.WriteControl(rpc);
        SaysBytes(rpc.ToArray());
    }

    public void SaysBytes(byte[] rpc) => bench.Handle(new GossipInput.RpcArrived(Id, rpc));

    /// <summary>A message of its own.</summary>
    public GossipMessage Message(string text, string topic = RouterBench.Topic) =>
        GossipMessage.Create(topic, System.Text.Encoding.UTF8.GetBytes(text), ++_sequence, key);

    public void Sends(params GossipMessage[] messages)
    {
        var rpc = new ProtobufWriter();
        foreach (var message in messages)
            rpc.Bytes(2, message.Encoded.Span);
        SaysBytes(rpc.ToArray());
    }

    public void Grafts() => Says(rpc => rpc.Graft(RouterBench.Topic));

    public List<GossipRpc> Hears() => bench.HeardBy(this);

    public IReadOnlyList<string> HearsMessages() =>
    [
        .. Hears().SelectMany(r => r.Messages).Select(m =>
        {
            Assert.True(GossipMessage.TryDecode(m.Span, GossipLimits.Default, out var message, out _));
            return System.Text.Encoding.UTF8.GetString(message.Data.Span);
        }),
    ];
}
