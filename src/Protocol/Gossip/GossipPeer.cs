using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>One connected peer as the router sees it, with all that waits to be sent to it.</summary>
internal sealed class GossipPeer(PeerId id, bool speaksDontWant, bool outbound, PeerScore score)
{
    private readonly Dictionary<MessageId, int> _dontWant = [];
    private readonly Queue<(MessageId Id, GossipMessage Message)> _waiting = new();
    private readonly List<(string Topic, MessageId Id)> _skipped = [];

    public PeerId Id { get; } = id;

    public bool SpeaksDontWant { get; } = speaksDontWant;

    public bool Outbound { get; } = outbound;

    public PeerScore Score { get; } = score;

    public SortedSet<string> Topics { get; } = new(StringComparer.Ordinal);

    public RpcBuilder Control { get; } = new();

    /// <summary>Messages that wait, in bytes.</summary>
    public long QueuedBytes { get; private set; }

    /// <summary>Handed to the stream and not gone yet, in bytes.</summary>
    public long InFlightBytes { get; set; }

    /// <summary>Since when messages wait and none left; null when none wait.</summary>
    public long? StalledSinceMs { get; private set; }

    public int IHaveLists { get; set; }

    public int IdsAsked { get; set; }

    /// <summary>Times we offered what did not fit, this heartbeat.</summary>
    public int SkippedOffers { get; set; }

    public int DontWantIds { get; private set; }

    public bool HasMessages => _waiting.Count > 0;

    public bool HasSkipped => _skipped.Count > 0;

    public void Enqueue(MessageId id, GossipMessage message, GossipLimits limits, long nowMs)
    {
        if (QueuedBytes + message.Encoded.Length > limits.QueueBytesMax)
        {
            if (_skipped.Count < limits.SkippedMax)
                _skipped.Add((message.Topic, id));
            return;
        }

        _waiting.Enqueue((id, message));
        QueuedBytes += message.Encoded.Length;
        StalledSinceMs ??= nowMs;
    }

    /// <summary>The next message that the peer still lacks.</summary>
    public bool TryPeek(long nowMs, out GossipMessage? message)
    {
        while (_waiting.TryPeek(out var next))
        {
            message = next.Message;
            if (!_dontWant.ContainsKey(next.Id))
                return true;
            Dequeue(nowMs);
        }

        message = null;
        return false;
    }

    public void Dequeue(long nowMs)
    {
        QueuedBytes -= _waiting.Dequeue().Message.Encoded.Length;
        StalledSinceMs = _waiting.Count == 0 ? null : nowMs;
    }

    /// <summary>Ids of messages that did not fit, by topic; forgotten here.</summary>
    public IReadOnlyList<(string Topic, List<MessageId> Ids)> TakeSkipped()
    {
        var byTopic = new SortedDictionary<string, List<MessageId>>(StringComparer.Ordinal);
        foreach (var (topic, id) in _skipped)
        {
            if (!byTopic.TryGetValue(topic, out var ids))
                byTopic.Add(topic, ids = []);
            ids.Add(id);
        }

        _skipped.Clear();
        return [.. byTopic.Select(t => (t.Key, t.Value))];
    }

    /// <summary>The peer has it: by its own word, or because it sent it to us.</summary>
    public void Knows(MessageId id, int heartbeats) => _dontWant[id] = heartbeats;

    public bool IsKnown(MessageId id) => _dontWant.ContainsKey(id);

    public void DoesNotWant(MessageId id, int heartbeats, GossipLimits limits)
    {
        if (DontWantIds < limits.DontWantIdsMax)
        {
            DontWantIds++;
            _dontWant[id] = heartbeats;
        }
    }

    public void OnHeartbeat()
    {
        (IHaveLists, IdsAsked, DontWantIds, SkippedOffers) = (0, 0, 0, 0);
        foreach (var (id, heartbeats) in _dontWant.ToList())
        {
            if (heartbeats <= 1)
                _dontWant.Remove(id);
            else
                _dontWant[id] = heartbeats - 1;
        }
    }
}

/// <summary>One topic we are in.</summary>
internal sealed class GossipTopic(string name, TopicSettings settings)
{
    public string Name { get; } = name;

    public TopicSettings Settings { get; } = settings;

    /// <summary>Peers that get every message at once, ordered by id.</summary>
    public SortedDictionary<PeerId, GossipPeer> Mesh { get; } = [];
}
