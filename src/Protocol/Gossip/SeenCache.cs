using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>How far a message has come.</summary>
internal enum SeenState
{
    Validating,
    Accepted,
    Ignored,
    Rejected,
}

/// <summary>One message that was seen.</summary>
internal sealed class SeenMessage(long atMs, PeerId? source)
{
    private readonly List<PeerId> _copies = [];

    public long AtMs { get; } = atMs;

    /// <summary>Who brought it first; null for an own one.</summary>
    public PeerId? Source { get; } = source;

    public SeenState State { get; set; } = SeenState.Validating;

    public long JudgedAtMs { get; set; }

    /// <summary>The message, while its verdict is awaited.</summary>
    public GossipMessage? Pending { get; set; }

    /// <summary>Who else sent it while its verdict was awaited.</summary>
    public IReadOnlyList<PeerId> Copies => _copies;

    public void AddCopy(PeerId peer)
    {
        if (!_copies.Contains(peer))
            _copies.Add(peer);
    }
}

/// <summary>Messages seen lately, for so long and so many.</summary>
internal sealed class SeenCache(GossipOptions options)
{
    private readonly Dictionary<MessageId, SeenMessage> _seen = [];
    private readonly Queue<(MessageId Id, long AtMs)> _order = new();

    public bool IsEmpty => _seen.Count == 0;

    public SeenMessage? Find(MessageId id) => _seen.GetValueOrDefault(id);

    public SeenMessage Add(MessageId id, long nowMs, PeerId? source)
    {
        while (_order.Count >= options.Limits.SeenMax)
            RemoveOldest();
        var seen = new SeenMessage(nowMs, source);
        _seen.Add(id, seen);
        _order.Enqueue((id, nowMs));
        return seen;
    }

    public void Expire(long nowMs)
    {
        while (_order.TryPeek(out var oldest) && oldest.AtMs + options.SeenMs <= nowMs)
            RemoveOldest();
    }

    private void RemoveOldest() => _seen.Remove(_order.Dequeue().Id);
}
