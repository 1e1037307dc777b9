using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>Of each answered IHAVE one message, drawn by lot, that has to come in time (gossipsub v1.1, spam
/// protection).</summary>
internal sealed class PromiseBook
{
    private readonly Dictionary<MessageId, SortedDictionary<PeerId, long>> _promises = [];

    public bool IsEmpty => _promises.Count == 0;

    public void Add(PeerId peer, MessageId id, long dueMs)
    {
        if (!_promises.TryGetValue(id, out var due))
            _promises.Add(id, due = []);
        due.TryAdd(peer, dueMs);
    }

    public void Keep(MessageId id) => _promises.Remove(id);

    public void Forget(PeerId peer)
    {
        foreach (var (id, due) in _promises.ToList())
        {
            due.Remove(peer);
            if (due.Count == 0)
                _promises.Remove(id);
        }
    }

    /// <summary>How many promises each peer broke by now, ordered by peer; they are forgotten.</summary>
    public SortedDictionary<PeerId, int> TakeBroken(long nowMs)
    {
        var broken = new SortedDictionary<PeerId, int>();
        foreach (var (id, due) in _promises.ToList())
        {
            foreach (var peer in due.Where(d => d.Value <= nowMs).Select(d => d.Key).ToList())
            {
                broken[peer] = broken.GetValueOrDefault(peer) + 1;
                due.Remove(peer);
            }

            if (due.Count == 0)
                _promises.Remove(id);
        }

        return broken;
    }
}
