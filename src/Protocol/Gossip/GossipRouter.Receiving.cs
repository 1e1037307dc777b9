using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>What peers send: subscriptions and messages.</summary>
public sealed partial class GossipRouter
{
    private void OnRpc(GossipInput.RpcArrived arrived)
    {
        if (!_peers.TryGetValue(arrived.Peer, out var peer)
            || _scores.Of(peer, _nowMs) < _options.Score.GraylistThreshold)
            return;
        if (!GossipRpc.TryDecode(arrived.Rpc, _options.Limits, out var rpc, out var error))
        {
            Blame(peer, error);
            return;
        }

        foreach (var (topic, subscribes) in rpc.Subscriptions)
            OnSubscription(peer, topic, subscribes);
        foreach (var message in rpc.Messages)
            OnMessage(peer, message.Span);
        OnControl(peer, rpc);
    }

    private void OnSubscription(GossipPeer peer, string name, bool subscribes)
    {
        if (subscribes)
        {
            if (peer.Topics.Count < _options.Limits.TopicsPerPeerMax)
                peer.Topics.Add(name);
            return;
        }

        peer.Topics.Remove(name);
        if (_topics.TryGetValue(name, out var topic) && topic.Mesh.Remove(peer.Id))
            peer.Score.OnPrune(name, _nowMs);
    }

    private void OnMessage(GossipPeer peer, ReadOnlySpan<byte> bytes)
    {
        if (!GossipMessage.TryDecode(bytes, _options.Limits, out var message, out var error))
        {
            if (error != GossipError.UnsupportedKeyKind)
                Blame(peer, error);
            return;
        }

        // Topics we are not in cost nothing; our own messages come back now and then.
        if (!_topics.TryGetValue(message.Topic, out var topic) || message.From == _self
            || !topic.Settings.Admits(peer.Id))
            return;
        var id = topic.Settings.IdOf(message);
        if (_seen.Find(id) is { } seen)
        {
            OnCopy(peer, id, message.Topic, seen);
            return;
        }

        error = message.VerifySignature();
        if (error != GossipError.None)
        {
            if (error == GossipError.BadSignature)
                Invalidate(peer, message.Topic, error);
            return;
        }

        if (topic.Settings.Validates && _validations >= _options.Limits.ValidationsMax)
            return;
        OnNewMessage(peer, topic, id, message);
    }

    private void OnNewMessage(GossipPeer peer, GossipTopic topic, MessageId id, GossipMessage message)
    {
        var seen = _seen.Add(id, _nowMs, peer.Id);
        _promises.Keep(id);
        if (message.Data.Length >= _options.DontWantBytesMin)
        {
            foreach (var other in topic.Mesh.Values)
            {
                if (other.SpeaksDontWant && other.Id != peer.Id && !other.HasMessages)
                    Tell(other).DontWant(id);
            }
        }

        seen.Pending = message;
        if (!topic.Settings.Validates)
        {
            Accept(id, seen, message);
            return;
        }

        _validations++;
        _effects.Add(new GossipEffect.Validate(id, message, peer.Id));
    }

    // A copy tells that its sender needs none of ours; near-first ones count for it (P3), invalid ones against it.
    private void OnCopy(GossipPeer peer, MessageId id, string topic, SeenMessage seen)
    {
        if (peer.HasMessages)
            peer.Knows(id, _options.DontWantHeartbeats);
        switch (seen.State)
        {
            case SeenState.Validating:
                if (peer.Id != seen.Source)
                    seen.AddCopy(peer.Id);
                break;
            case SeenState.Accepted:
                var window = _options.Score.Topics.TryGetValue(topic, out var own) ? own : _options.Score.Topic;
                if (peer.Id != seen.Source && _nowMs - seen.JudgedAtMs <= window.MeshDeliveriesWindowMs)
                    peer.Score.OnMeshDelivery(topic);
                break;
            case SeenState.Rejected:
                peer.Score.OnInvalid(topic);
                break;
            default:
                break;
        }
    }

    private void OnJudged(MessageId id, GossipVerdict verdict)
    {
        if (_seen.Find(id) is not { State: SeenState.Validating, Pending: { } message } seen)
            return;
        _validations--;
        switch (verdict)
        {
            case GossipVerdict.Accept:
                Accept(id, seen, message);
                break;
            case GossipVerdict.Ignore:
                Settle(seen, SeenState.Ignored);
                break;
            default:
                Settle(seen, SeenState.Rejected);
                IEnumerable<PeerId> senders = seen.Source is { } source ? [source, .. seen.Copies] : seen.Copies;
                foreach (var sender in senders)
                {
                    if (_peers.TryGetValue(sender, out var peer))
                        Invalidate(peer, message.Topic, GossipError.Rejected);
                }

                break;
        }
    }

    private void Accept(MessageId id, SeenMessage seen, GossipMessage message)
    {
        Settle(seen, SeenState.Accepted);
        if (!_topics.TryGetValue(message.Topic, out var topic))
            return; // left meanwhile
        if (seen.Source is { } source && _peers.TryGetValue(source, out var first))
            first.Score.OnFirstDelivery(topic.Name);
        foreach (var copy in seen.Copies)
        {
            if (_peers.TryGetValue(copy, out var near))
                near.Score.OnMeshDelivery(topic.Name);
        }

        _cache.Put(id, message);
        _effects.Add(new GossipEffect.Deliver(id, message));
        foreach (var peer in topic.Mesh.Values)
        {
            if (peer.Id != seen.Source && peer.Id != message.From && !seen.Copies.Contains(peer.Id))
                Enqueue(peer, id, message);
        }
    }

    private void Settle(SeenMessage seen, SeenState state) =>
        (seen.State, seen.JudgedAtMs, seen.Pending) = (state, _nowMs, null);

    private void Invalidate(GossipPeer peer, string topic, GossipError error)
    {
        peer.Score.OnInvalid(topic);
        _effects.Add(new GossipEffect.Fault(peer.Id, error));
    }
}
