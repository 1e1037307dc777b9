namespace Omega.P2P.Federation.Exchange;

/// <summary>Somebody in the core to whom one stream belongs.</summary>
internal interface IStreamOwner
{
    void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload);

    void OnEnded(StreamId stream, bool reset);

    /// <summary>Payload bytes of ours have left; told of gossip streams only.</summary>
    void OnSent(StreamId stream, long bytes)
    {
        // Most owners wait for an answer anyway.
    }

    void OnBulk(StreamId stream, object outcome);

    /// <summary>A source of ours on the stream was given back.</summary>
    void OnSent(StreamId stream)
    {
    }
}

/// <summary>Which stream belongs to whom, and on which link it lies.</summary>
internal sealed class StreamTable
{
    private readonly Dictionary<StreamId, (LinkId Link, IStreamOwner Owner)> _owners = [];

    public int Count => _owners.Count;

    public void Add(StreamId stream, LinkId link, IStreamOwner owner) => _owners[stream] = (link, owner);

    public bool Remove(StreamId stream) => _owners.Remove(stream);

    public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload)
    {
        if (_owners.TryGetValue(stream, out var found))
            found.Owner.OnFrame(stream, payload);
    }

    public void OnSent(StreamId stream, long bytes)
    {
        if (_owners.TryGetValue(stream, out var found))
            found.Owner.OnSent(stream, bytes);
    }

    public void OnEnded(StreamId stream, bool reset)
    {
        if (_owners.TryGetValue(stream, out var found))
            found.Owner.OnEnded(stream, reset);
    }

    public void OnBulk(StreamId stream, object outcome)
    {
        if (_owners.Remove(stream, out var found))
            found.Owner.OnBulk(stream, outcome);
    }

    public void OnSent(StreamId stream)
    {
        if (_owners.TryGetValue(stream, out var found))
            found.Owner.OnSent(stream);
    }

    /// <summary>Every stream of the link is as good as cut, in the order of their numbers.</summary>
    public void OnLinkDown(LinkId link)
    {
        var lost = _owners.Where(o => o.Value.Link == link).Select(o => o.Key).OrderBy(s => s.Value).ToList();
        foreach (var stream in lost)
        {
            if (_owners.Remove(stream, out var found))
                found.Owner.OnEnded(stream, reset: true);
        }
    }
}
