namespace Omega.P2P.Protocol.Gossip;

/// <summary>What time does: meshes are kept at their degree, ids are offered, old things go.</summary>
public sealed partial class GossipRouter
{
    private long _heartbeats;

    // Nothing decays, expires or is offered: the next input wakes the router again.
    private bool IsQuiet => _cache.IsEmpty && _seen.IsEmpty && _backoffs.IsEmpty && _promises.IsEmpty
        && _scores.IsSettled && !_publisherWaits;

    private void OnTick()
    {
        if (_heartbeatAtMs is not { } due || _nowMs < due)
            return;
        Heartbeat();
        _heartbeatAtMs = IsQuiet ? null : _nowMs + _options.HeartbeatMs;
        TellWritable();
    }

    private void Heartbeat()
    {
        _heartbeats++;
        foreach (var (id, count) in _promises.TakeBroken(_nowMs))
        {
            if (_peers.TryGetValue(id, out var peer))
                Blame(peer, GossipError.BrokenPromise, count);
        }

        _scores.Decay(_nowMs);
        _backoffs.Expire(_nowMs, _options.BackoffSlackMs);
        foreach (var topic in _topics.Values)
        {
            Maintain(topic);
            Offer(topic);
        }

        foreach (var peer in _peers.Values)
        {
            peer.OnHeartbeat();
            if (peer.HasSkipped)
                _dirty.Add(peer.Id);
        }

        _cache.Shift();
        _seen.Expire(_nowMs);
    }

    private void Maintain(GossipTopic topic)
    {
        foreach (var peer in topic.Mesh.Values.Where(p => _scores.Of(p, _nowMs) < 0).ToList())
            Prune(topic, peer);
        if (topic.Mesh.Count < _options.DegreeLow)
            Fill(topic, _options.Degree - topic.Mesh.Count, _ => true);
        if (topic.Mesh.Count > _options.DegreeHigh)
            Cut(topic);
        var outbound = topic.Mesh.Values.Count(p => p.Outbound);
        if (topic.Mesh.Count >= _options.DegreeLow && outbound < _options.DegreeOut)
            Fill(topic, _options.DegreeOut - outbound, p => p.Outbound);
        if (_heartbeats % _options.OpportunisticGraftHeartbeats == 0 && topic.Mesh.Count > 1)
            Improve(topic);
    }

    /// <summary>Grafts up to <paramref name="count"/> peers, drawn by lot among those fit for it.</summary>
    private void Fill(GossipTopic topic, int count, Func<GossipPeer, bool> isWanted)
    {
        if (count <= 0)
            return;
        var fit = _peers.Values
            .Where(p => IsIn(p, topic.Name) && !topic.Mesh.ContainsKey(p.Id) && isWanted(p)
                && _backoffs.UntilMs(topic.Name, p.Id) is null && _scores.Of(p, _nowMs) >= 0)
            .ToList();
        Shuffle(fit);
        foreach (var peer in fit.Take(count))
            Graft(topic, peer);
    }

    // The best stay, then chance decides, but enough of those we dialled are among them.
    private void Cut(GossipTopic topic)
    {
        var byScore = topic.Mesh.Values.ToList();
        Shuffle(byScore);
        byScore = [.. byScore.OrderByDescending(p => _scores.Of(p, _nowMs))];
        var rest = byScore[_options.DegreeScore..];
        Shuffle(rest);
        List<GossipPeer> order = [.. byScore[.._options.DegreeScore], .. rest];
        var kept = order[.._options.Degree];
        var lacking = _options.DegreeOut - kept.Count(p => p.Outbound);
        foreach (var peer in order[_options.Degree..].Where(p => p.Outbound).Take(Math.Max(0, lacking)).ToList())
        {
            kept.RemoveAt(kept.FindLastIndex(p => !p.Outbound));
            kept.Add(peer);
        }

        foreach (var peer in order.Except(kept).ToList())
            Prune(topic, peer);
    }

    private void Improve(GossipTopic topic)
    {
        var scores = topic.Mesh.Values.Select(p => _scores.Of(p, _nowMs)).Order().ToList();
        var median = scores[scores.Count / 2];
        if (median < _options.Score.OpportunisticGraftThreshold)
            Fill(topic, _options.OpportunisticGraftPeers, p => _scores.Of(p, _nowMs) > median);
    }

    private void Offer(GossipTopic topic)
    {
        var ids = _cache.Offer(topic.Name);
        if (ids.Count == 0)
            return;
        var others = _peers.Values
            .Where(p => IsIn(p, topic.Name) && !topic.Mesh.ContainsKey(p.Id) && !p.HasMessages
                && _scores.Of(p, _nowMs) >= _options.Score.GossipThreshold)
            .ToList();
        Shuffle(others);
        var count = Math.Max(_options.DegreeLazy, (int)(_options.GossipFactor * others.Count));
        foreach (var peer in others.Take(count))
        {
            List<MessageId> offered = [.. ids];
            if (offered.Count > _options.Limits.RpcEntriesMax)
            {
                Shuffle(offered);
                offered.RemoveRange(_options.Limits.RpcEntriesMax, offered.Count - _options.Limits.RpcEntriesMax);
            }

            Tell(peer).Have(topic.Name, offered);
        }
    }

    private void Shuffle<T>(List<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var other = Below(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    private int Below(int exclusive)
    {
        Span<byte> bytes = stackalloc byte[8];
        _options.Random.Fill(bytes);
        return (int)(BitConverter.ToUInt64(bytes) % (ulong)exclusive);
    }
}
