namespace Omega.P2P.Protocol.Gossip;

/// <summary>Control messages: IHAVE, IWANT, GRAFT, PRUNE, IDONTWANT.</summary>
public sealed partial class GossipRouter
{
    private void OnControl(GossipPeer peer, GossipRpc rpc)
    {
        if (rpc.Have.Count > 0)
            OnHave(peer, rpc);
        if (rpc.Want.Count > 0)
            OnWant(peer, rpc.Want);
        foreach (var topic in rpc.Grafts)
            OnGraft(peer, topic);
        foreach (var (topic, backoff) in rpc.Prunes)
            OnPrune(peer, topic, backoff);
        foreach (var id in rpc.DontWant)
            peer.DoesNotWant(id, _options.DontWantHeartbeats, _options.Limits);
    }

    private void OnHave(GossipPeer peer, GossipRpc rpc)
    {
        if (_scores.Of(peer, _nowMs) < _options.Score.GossipThreshold)
            return;
        if (++peer.IHaveLists > _options.Limits.IHaveListsMax)
        {
            if (peer.IHaveLists == _options.Limits.IHaveListsMax + 1)
                Blame(peer, GossipError.ControlFlood);
            return;
        }

        var wanted = new List<MessageId>();
        var unique = new HashSet<MessageId>();
        foreach (var (name, ids) in rpc.Have)
        {
            if (_topics.TryGetValue(name, out var topic) && topic.Settings.Admits(peer.Id))
                wanted.AddRange(ids.Where(id => _seen.Find(id) is null && unique.Add(id)));
        }

        var room = _options.Limits.IWantIdsMax - peer.IdsAsked;
        if (wanted.Count == 0 || room <= 0)
            return;
        Shuffle(wanted);
        if (wanted.Count > room)
            wanted.RemoveRange(room, wanted.Count - room);
        peer.IdsAsked += wanted.Count;
        Tell(peer).Want(wanted);
        _promises.Add(peer.Id, wanted[Below(wanted.Count)], _nowMs + _options.PromiseMs);
    }

    private void OnWant(GossipPeer peer, IReadOnlyList<MessageId> ids)
    {
        if (_scores.Of(peer, _nowMs) < _options.Score.GossipThreshold)
            return;
        foreach (var id in ids)
        {
            if (_cache.Find(id) is { } known && IsIn(peer, known.Topic)
                && _cache.Retransmit(id, peer.Id) is { } message && !peer.IsKnown(id))
                Enqueue(peer, id, message);
        }
    }

    private void OnGraft(GossipPeer peer, string name)
    {
        // An unknown topic is not answered: that would be an amplifier (gossipsub v1.1, spam protection).
        if (!_topics.TryGetValue(name, out var topic) || !topic.Settings.Admits(peer.Id)
            || topic.Mesh.ContainsKey(peer.Id))
            return;
        if (_backoffs.UntilMs(name, peer.Id) is { } untilMs && _nowMs < untilMs)
        {
            var isFlood = _nowMs < untilMs - _options.PruneBackoffMs + _options.GraftFloodMs;
            Blame(peer, GossipError.GraftDuringBackoff, isFlood ? 2 : 1);
            Refuse(peer, name);
        }
        else if (_scores.Of(peer, _nowMs) < 0)
        {
            Refuse(peer, name);
        }
        else if (topic.Mesh.Count >= _options.DegreeHigh && !peer.Outbound)
        {
            Refuse(peer, name);
        }
        else
        {
            peer.Topics.Add(name); // whoever grafts is in the topic, whatever came first
            topic.Mesh.Add(peer.Id, peer);
            peer.Score.OnGraft(name, _nowMs);
        }
    }

    private void OnPrune(GossipPeer peer, string name, ulong backoffSeconds)
    {
        if (!_topics.TryGetValue(name, out var topic))
            return;
        if (topic.Mesh.Remove(peer.Id))
            peer.Score.OnPrune(name, _nowMs);
        var asked = backoffSeconds == 0
            ? _options.PruneBackoffMs
            : (long)Math.Min(backoffSeconds, (ulong)_options.Limits.BackoffMsMax / 1000) * 1000;
        _backoffs.Set(name, peer.Id, _nowMs, asked);
    }

    private void Graft(GossipTopic topic, GossipPeer peer)
    {
        topic.Mesh.Add(peer.Id, peer);
        peer.Score.OnGraft(topic.Name, _nowMs);
        Tell(peer).Graft(topic.Name);
    }

    private void Prune(GossipTopic topic, GossipPeer peer)
    {
        topic.Mesh.Remove(peer.Id);
        peer.Score.OnPrune(topic.Name, _nowMs);
        Refuse(peer, topic.Name);
    }

    private void Refuse(GossipPeer peer, string topic)
    {
        _backoffs.Set(topic, peer.Id, _nowMs, _options.PruneBackoffMs);
        Tell(peer).Prune(topic, _options.PruneBackoffMs);
    }
}
