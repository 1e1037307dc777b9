using System.Diagnostics;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>
/// gossipsub v1.1 with v1.2's IDONTWANT as one state machine: inputs in, effects out, equal inputs and an equal random
/// source give equal effects. Peer exchange is off; what is published here floods to every peer of the topic; all
/// messages are signed. A router with nothing left to do wants no tick (<see cref="NextDeadlineMs"/>), and one without
/// messages sends nothing. Not thread-safe.
/// </summary>
/// <remarks>
/// A message is checked in this order, and goes on only after the last: known already, signature, the application's
/// verdict. Only then is it delivered and forwarded to the topic's mesh; others hear its id by IHAVE. A peer that
/// reads slowly holds up nobody: what does not fit its queue is offered to it once it reads again.
/// </remarks>
public sealed partial class GossipRouter
{
    private readonly GossipOptions _options;
    private readonly PeerId _self;
    private readonly SortedDictionary<PeerId, GossipPeer> _peers = [];
    private readonly SortedDictionary<string, GossipTopic> _topics = new(StringComparer.Ordinal);
    private readonly ScoreBook _scores;
    private readonly SeenCache _seen;
    private readonly MessageCache _cache;
    private readonly PromiseBook _promises = new();
    private readonly BackoffBook _backoffs;
    private readonly SortedSet<PeerId> _dirty = [];
    private ICollection<GossipEffect> _effects = [];
    private long _nowMs;
    private long? _heartbeatAtMs;
    private ulong _lastSequence;
    private int _validations;
    private bool _publisherWaits;

    /// <summary>A router without peers and topics.</summary>
    public GossipRouter(GossipOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _self = options.Signer.PublicKey.ToPeerId();
        _scores = new ScoreBook(options);
        _seen = new SeenCache(options);
        _cache = new MessageCache(options);
        _backoffs = new BackoffBook(options.Limits.BackoffsMax);
    }

    /// <summary>When to hand in <see cref="GossipInput.Tick"/>, in running milliseconds; null while nothing would
    /// change.</summary>
    public long? NextDeadlineMs => _heartbeatAtMs;

    /// <summary>Connected peers, ordered by id.</summary>
    public IReadOnlyCollection<PeerId> Peers => _peers.Keys;

    /// <summary>The mesh of a topic, ordered by id; empty when we are not in it.</summary>
    public IReadOnlyCollection<PeerId> MeshOf(string topic) =>
        _topics.TryGetValue(topic, out var found) ? found.Mesh.Keys : [];

    /// <summary>Connected peers that are in a topic.</summary>
    public IReadOnlyList<PeerId> PeersOf(string topic) =>
        [.. _peers.Values.Where(p => p.Topics.Contains(topic)).Select(p => p.Id)];

    /// <summary>The score of a connected peer; 0 for others.</summary>
    public double ScoreOf(PeerId peer) => _peers.TryGetValue(peer, out var found) ? _scores.Of(found, _nowMs) : 0;

    /// <summary>The one entry: takes an input and appends, in order, what has to happen.</summary>
    public void Handle(GossipInput input, Instant now, ICollection<GossipEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(effects);
        (_nowMs, _effects) = (now.RunningMs, effects);
        switch (input)
        {
            case GossipInput.PeerUp up:
                OnPeerUp(up);
                break;
            case GossipInput.PeerDown down:
                OnPeerDown(down.Peer);
                break;
            case GossipInput.RpcArrived rpc:
                OnRpc(rpc);
                break;
            case GossipInput.Sent sent:
                OnSent(sent);
                break;
            case GossipInput.Join join:
                OnJoin(join);
                break;
            case GossipInput.Leave leave:
                OnLeave(leave.Topic);
                break;
            case GossipInput.Judged judged:
                OnJudged(judged.Id, judged.Verdict);
                break;
            case GossipInput.Esteem esteem:
                if (_peers.TryGetValue(esteem.Peer, out var peer))
                    peer.Score.Esteem = esteem.Score;
                break;
            case GossipInput.Tick:
                OnTick();
                Flush();
                return;
            default:
                throw new UnreachableException();
        }

        Flush();
        if (input is not GossipInput.Sent)
            _heartbeatAtMs ??= _nowMs + _options.HeartbeatSoonMs;
    }

    /// <summary>Publishes under our signature.</summary>
    /// <param name="topic">Where; we need not be in it.</param>
    /// <param name="data">What; copied.</param>
    /// <param name="now">The present.</param>
    /// <param name="effects">Gets what has to happen.</param>
    /// <returns>Only <see cref="PublishStatus.Published"/> has sent anything.</returns>
    public PublishStatus Publish(
        string topic, ReadOnlySpan<byte> data, Instant now, ICollection<GossipEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(effects);
        (_nowMs, _effects) = (now.RunningMs, effects);
        if (data.Length > _options.Limits.DataBytesMax)
            return PublishStatus.TooLong;
        var targets = _peers.Values.Where(p => IsIn(p, topic)
            && (_scores.Of(p, _nowMs) >= _options.Score.PublishThreshold)).ToList();
        if (targets.Exists(HoldsUp))
        {
            _publisherWaits = true;
            _heartbeatAtMs ??= _nowMs + _options.HeartbeatSoonMs;
            return PublishStatus.Busy;
        }

        // Grows from the wall clock on, so that a restart does not repeat a number.
        _lastSequence = Math.Max(unchecked((ulong)now.UnixMs * 1_000_000), _lastSequence + 1);
        var message = GossipMessage.Create(topic, data, _lastSequence, _options.Signer);
        var id = IdOf(message);
        if (_seen.Find(id) is not null)
            return PublishStatus.Known;
        var seen = _seen.Add(id, _nowMs, null);
        (seen.State, seen.JudgedAtMs) = (SeenState.Accepted, _nowMs);
        _cache.Put(id, message);
        foreach (var peer in targets)
            Enqueue(peer, id, message);
        Flush();
        _heartbeatAtMs ??= _nowMs + _options.HeartbeatSoonMs;
        return PublishStatus.Published;
    }

    private void OnPeerUp(GossipInput.PeerUp up)
    {
        if (up.Peer == _self || _peers.ContainsKey(up.Peer) || _peers.Count >= _options.Limits.PeersMax)
            return;
        var score = _scores.OnUp(up.Peer, up.Address);
        var peer = new GossipPeer(up.Peer, up.Protocol == GossipProtocol.Version12, up.Outbound, score);
        _peers.Add(up.Peer, peer);
        foreach (var topic in _topics.Values.Where(t => t.Settings.Admits(up.Peer)))
            Tell(peer).Subscription(topic.Name, subscribes: true);
    }

    private void OnPeerDown(PeerId id)
    {
        if (!_peers.Remove(id, out var peer))
            return;
        _dirty.Remove(id);
        foreach (var topic in _topics.Values)
        {
            if (topic.Mesh.Remove(id))
                peer.Score.OnPrune(topic.Name, _nowMs);
        }

        _scores.OnDown(peer, _nowMs);
        _promises.Forget(id);
        TellWritable();
    }

    private void OnJoin(GossipInput.Join join)
    {
        if (_topics.ContainsKey(join.Topic))
            return;
        var topic = new GossipTopic(join.Topic, join.Settings);
        _topics.Add(join.Topic, topic);
        foreach (var peer in _peers.Values.Where(p => join.Settings.Admits(p.Id)))
            Tell(peer).Subscription(join.Topic, subscribes: true);
        Fill(topic, _options.Degree - topic.Mesh.Count, _ => true);
    }

    private void OnLeave(string name)
    {
        if (!_topics.Remove(name, out var topic))
            return;
        foreach (var peer in _peers.Values.Where(p => topic.Settings.Admits(p.Id)))
            Tell(peer).Subscription(name, subscribes: false);
        foreach (var peer in topic.Mesh.Values)
        {
            peer.Score.OnPrune(name, _nowMs);
            Tell(peer).Prune(name, _options.UnsubscribeBackoffMs);
            _backoffs.Set(name, peer.Id, _nowMs, _options.UnsubscribeBackoffMs);
        }
    }

    private MessageId IdOf(GossipMessage message) =>
        _topics.TryGetValue(message.Topic, out var topic) ? topic.Settings.IdOf(message) : message.ByAuthor();

    private bool IsIn(GossipPeer peer, string topic) => peer.Topics.Contains(topic)
        && (!_topics.TryGetValue(topic, out var ours) || ours.Settings.Admits(peer.Id));

    /// <summary>Something for the peer; it leaves at the end of this call.</summary>
    private RpcBuilder Tell(GossipPeer peer)
    {
        _dirty.Add(peer.Id);
        return peer.Control;
    }

    private void Blame(GossipPeer peer, GossipError error, double count = 1)
    {
        peer.Score.OnMisbehaviour(count);
        _effects.Add(new GossipEffect.Fault(peer.Id, error));
    }
}
