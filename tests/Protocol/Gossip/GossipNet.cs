using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Gossip;

/// <summary>Routers on virtual time: RPCs take their link's latency, arrive in order, or are lost with the link.
/// </summary>
internal sealed class GossipNet
{
    public const string Topic = "bench";
    private readonly PriorityQueue<Action, (long AtMs, long Order)> _events = new();
    private readonly Chance _chance;
    private readonly HashSet<(int, int)> _links = [];
    private long _order;

    public GossipNet(int count, ulong seed = 1, Func<GossipOptions, GossipOptions>? change = null,
        TopicSettings? settings = null)
    {
        _chance = new Chance(seed);
        Settings = settings ?? new TopicSettings();
        for (var i = 0; i < count; i++)
            Nodes.Add(new GossipNode(this, i, seed + (ulong)i * 7919, change ?? (options => options)));
    }

    public List<GossipNode> Nodes { get; } = [];

    public TopicSettings Settings { get; }

    public long NowMs { get; private set; } = 1000;

    /// <summary>RPCs sent so far, by anybody.</summary>
    public long Rpcs { get; set; }

    /// <summary>Share of RPCs that are lost whole, as when a link breaks and comes back.</summary>
    public double Loss { get; set; }

    public long LatencyMs { get; set; } = 5;

    public Instant Now => new(1_800_000_000_000 + NowMs, NowMs);

    public bool IsLinked(int a, int b) => _links.Contains((a, b));

    public void Link(int a, int b)
    {
        if (a == b || !_links.Add((a, b)))
            return;
        _links.Add((b, a));
        Nodes[a].Up(Nodes[b], outbound: true);
        Nodes[b].Up(Nodes[a], outbound: false);
    }

    public void Unlink(int a, int b)
    {
        if (!_links.Remove((a, b)))
            return;
        _links.Remove((b, a));
        Nodes[a].Handle(new GossipInput.PeerDown(Nodes[b].Id));
        Nodes[b].Handle(new GossipInput.PeerDown(Nodes[a].Id));
    }

    /// <summary>The shape of the benchmark: each node dials three others, six neighbours each.</summary>
    public void LinkRing(params int[] steps)
    {
        foreach (var step in steps)
        {
            for (var i = 0; i < Nodes.Count; i++)
                Link(i, (i + step) % Nodes.Count);
        }
    }

    public void After(long delayMs, Action action) => _events.Enqueue(action, (NowMs + delayMs, _order++));

    public bool Lose() => Loss > 0 && _chance.Next() % 1000 < Loss * 1000;

    public int Below(int bound) => _chance.Below(bound);

    public void RunFor(long ms)
    {
        var until = NowMs + ms;
        while (true)
        {
            var tick = Nodes.Where(n => n.Router.NextDeadlineMs is not null)
                .MinBy(n => n.Router.NextDeadlineMs);
            var tickAt = tick?.Router.NextDeadlineMs ?? long.MaxValue;
            var eventAt = _events.TryPeek(out _, out var next) ? next.AtMs : long.MaxValue;
            if (Math.Min(tickAt, eventAt) > until)
                break;
            NowMs = Math.Max(NowMs, Math.Min(tickAt, eventAt));
            if (eventAt <= tickAt)
                _events.Dequeue()();
            else
                tick!.Handle(new GossipInput.Tick()); // there is one, or the time would be past
        }

        NowMs = until;
    }
}

/// <summary>One router, its peers, and what it told its application.</summary>
internal sealed class GossipNode
{
    private readonly GossipNet _net;
    private readonly Dictionary<PeerId, int> _numbers = [];
    private readonly Dictionary<PeerId, long> _arrivesAtMs = [];

    public GossipNode(GossipNet net, int number, ulong seed, Func<GossipOptions, GossipOptions> change)
    {
        _net = net;
        Number = number;
        Key = Ed25519PrivateKey.Generate(new SeededRandom(seed));
        Id = Key.PublicKey.ToPeerId();
        Router = new GossipRouter(change(
            new GossipOptions { Signer = Key, Random = new SeededRandom(seed + 1) }));
        Handle(new GossipInput.Join(GossipNet.Topic, net.Settings));
    }

    public int Number { get; }

    public Ed25519PrivateKey Key { get; }

    public PeerId Id { get; }

    public GossipRouter Router { get; }

    /// <summary>First bytes of messages delivered, in order; repetitions would show.</summary>
    public List<string> Delivered { get; } = [];

    public List<GossipEffect.Fault> Faults { get; } = [];

    public Func<GossipMessage, GossipVerdict> Judge { get; set; } = _ => GossipVerdict.Accept;

    /// <summary>How long its stream takes to give bytes back: a slow reader at the other end.</summary>
    public long DrainMs { get; set; }

    public bool IsWritable { get; set; } = true;

    public void Up(GossipNode peer, bool outbound)
    {
        _numbers[peer.Id] = peer.Number;
        Handle(new GossipInput.PeerUp(peer.Id, GossipProtocol.Version12, outbound, null));
    }

    public PublishStatus Publish(string text)
    {
        var effects = new List<GossipEffect>();
        var status = Router.Publish(GossipNet.Topic, System.Text.Encoding.UTF8.GetBytes(text), _net.Now, effects);
        if (status == PublishStatus.Busy)
            IsWritable = false;
        Perform(effects);
        return status;
    }

    public void Handle(GossipInput input)
    {
        var effects = new List<GossipEffect>();
        Router.Handle(input, _net.Now, effects);
        Perform(effects);
    }

    private void Perform(List<GossipEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case GossipEffect.Send send:
                    Send(send);
                    break;
                case GossipEffect.Deliver deliver:
                    Delivered.Add(System.Text.Encoding.UTF8.GetString(deliver.Message.Data.Span));
                    break;
                case GossipEffect.Validate validate:
                    Handle(new GossipInput.Judged(validate.Id, Judge(validate.Message)));
                    break;
                case GossipEffect.Fault fault:
                    Faults.Add(fault);
                    break;
                case GossipEffect.Writable:
                    IsWritable = true;
                    break;
                default:
                    throw new InvalidOperationException($"{effect}");
            }
        }
    }

    private void Send(GossipEffect.Send send)
    {
        _net.Rpcs++;
        var to = _net.Nodes[_numbers[send.Peer]];
        _net.After(DrainMs, () => Handle(new GossipInput.Sent(send.Peer, send.Rpc.Length)));
        if (_net.Lose())
            return;
        var at = Math.Max(_net.NowMs + _net.LatencyMs + DrainMs, _arrivesAtMs.GetValueOrDefault(send.Peer));
        _arrivesAtMs[send.Peer] = at;
        _net.After(at - _net.NowMs, () =>
        {
            if (_net.IsLinked(Number, to.Number))
                to.Handle(new GossipInput.RpcArrived(Id, send.Rpc));
        });
    }
}
