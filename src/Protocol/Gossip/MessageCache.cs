using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>Messages of the last heartbeats, to be offered by IHAVE and sent on IWANT.</summary>
internal sealed class MessageCache(GossipOptions options)
{
    private readonly LinkedList<Queue<(MessageId Id, string Topic)>> _windows = new([new()]);
    private readonly Dictionary<MessageId, Entry> _entries = [];
    private long _bytes;

    private sealed class Entry(GossipMessage message)
    {
        public GossipMessage Message { get; } = message;

        public Dictionary<PeerId, int> Sent { get; } = [];
    }

    public bool IsEmpty => _entries.Count == 0;

    public void Put(MessageId id, GossipMessage message)
    {
        if (!_entries.TryAdd(id, new Entry(message)))
            return;
        _windows.First!.Value.Enqueue((id, message.Topic)); // there is always one
        _bytes += message.Encoded.Length;
        while (_bytes > options.Limits.CacheBytesMax)
            DropOldest();
    }

    public GossipMessage? Find(MessageId id) => _entries.GetValueOrDefault(id)?.Message;

    /// <summary>The message for a peer that asks, unless it asked too often.</summary>
    public GossipMessage? Retransmit(MessageId id, PeerId peer)
    {
        if (!_entries.TryGetValue(id, out var entry))
            return null;
        var sent = entry.Sent.GetValueOrDefault(peer) + 1;
        entry.Sent[peer] = sent;
        return sent <= options.Limits.RetransmissionsMax ? entry.Message : null;
    }

    /// <summary>Ids to offer on a topic, oldest first.</summary>
    public List<MessageId> Offer(string topic)
    {
        var ids = new List<MessageId>();
        foreach (var window in _windows.Take(options.CacheGossipWindows).Reverse())
            ids.AddRange(window.Where(m => m.Topic == topic && _entries.ContainsKey(m.Id)).Select(m => m.Id));
        return ids;
    }

    public void Shift()
    {
        _windows.AddFirst(new Queue<(MessageId Id, string Topic)>());
        if (_windows.Count <= options.CacheWindows)
            return;
        foreach (var (id, _) in _windows.Last!.Value) // counted just above
            Remove(id);
        _windows.RemoveLast();
    }

    private void DropOldest()
    {
        var window = _windows.Last!; // there is always one
        while (window.Value.Count == 0)
            window = window.Previous!; // bytes are held, so some window is not empty
        Remove(window.Value.Dequeue().Id);
    }

    private void Remove(MessageId id)
    {
        if (_entries.Remove(id, out var entry))
            _bytes -= entry.Message.Encoded.Length;
    }
}
