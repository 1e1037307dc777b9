using Omega.P2P.Federation.Exchange;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Federation.Gossiping;

/// <summary>
/// Joins a gossip router to links: to each peer one stream of ours that only writes, and one of the peer's that only
/// speaks. A peer has several links now and then; its oldest carries our stream. What a peer says before our stream to
/// it is open waits in its own window.
/// </summary>
internal sealed class GossipStreams(
    Outbox outbox, StreamTable streams, GossipRouter router, Action<GossipEffect> tell)
{
    /// <summary>Frames a peer may have under way towards us: a guess that fills a round trip.</summary>
    private const int FramesAhead = 16;

    /// <summary>Openings tried on one link: a peer may not speak gossip at all.</summary>
    private const int TriesPerLink = 3;

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(2);

    private readonly SortedDictionary<PeerId, Neighbour> _neighbours = [];
    private TimerId? _timer;
    private long _timerAtMs;

    private sealed record LinkOf(LinkId Id, bool Outbound, string? Address)
    {
        public int Tries { get; set; }
    }

    private sealed class Neighbour(PeerId id)
    {
        public PeerId Id { get; } = id;

        public List<LinkOf> Links { get; } = [];

        public RequestId? Wish { get; set; }

        public StreamId? Speaking { get; set; }

        public StreamId? Hearing { get; set; }

        public Queue<ReadOnlyMemory<byte>> Early { get; } = new();
    }

    public void OnLinkUp(LinkId link, PeerId peer, bool outbound, string? address)
    {
        if (!_neighbours.TryGetValue(peer, out var neighbour))
            _neighbours.Add(peer, neighbour = new Neighbour(peer));
        if (neighbour.Links.Exists(l => l.Id == link))
            return;
        var host = Multiaddr.TryParse(address ?? "", out var parsed, out _) && parsed.TryGetTcp(out var name, out _)
            ? name
            : null;
        neighbour.Links.Add(new LinkOf(link, outbound, host));
        Open(neighbour);
    }

    /// <summary>To be told before the streams of the link end.</summary>
    public void OnLinkDown(LinkId link, PeerId peer)
    {
        if (!_neighbours.TryGetValue(peer, out var neighbour))
            return;
        neighbour.Links.RemoveAll(l => l.Id == link);
        if (neighbour.Links.Count == 0 && neighbour.Speaking is null && neighbour.Wish is null)
            _neighbours.Remove(peer);
    }

    /// <summary>A stream that a peer opened; a newer one takes the place of an older.</summary>
    public void OnOpened(StreamId stream, LinkId link, PeerId peer)
    {
        if (!_neighbours.TryGetValue(peer, out var neighbour))
            _neighbours.Add(peer, neighbour = new Neighbour(peer));
        if (neighbour.Hearing is { } older && streams.Remove(older))
            outbox.Reset(older);
        neighbour.Hearing = stream;
        neighbour.Early.Clear();
        streams.Add(stream, link, new Hearer(this, neighbour));
        if (neighbour.Speaking is not null)
            outbox.Add(new NetworkEffect.ReadFrames(stream, FramesAhead - 1));
    }

    public void Handle(GossipInput input)
    {
        var effects = new List<GossipEffect>();
        router.Handle(input, outbox.Now, effects);
        Carry(effects);
    }

    public PublishStatus Publish(string topic, ReadOnlySpan<byte> data)
    {
        var effects = new List<GossipEffect>();
        var status = router.Publish(topic, data, outbox.Now, effects);
        Carry(effects);
        return status;
    }

    private void Carry(List<GossipEffect> effects)
    {
        foreach (var effect in effects)
        {
            if (effect is not GossipEffect.Send send)
                tell(effect);
            else if (_neighbours.TryGetValue(send.Peer, out var neighbour) && neighbour.Speaking is { } stream)
                outbox.Send(stream, send.Rpc);
        }

        Arm();
    }

    private void Arm()
    {
        if (router.NextDeadlineMs is not { } due || (_timer is not null && _timerAtMs <= due))
            return;
        if (_timer is { } later)
            outbox.Forget(later);
        _timerAtMs = due;
        _timer = outbox.After(TimeSpan.FromMilliseconds(Math.Max(0, due - outbox.Now.RunningMs)), () =>
        {
            _timer = null;
            Handle(new GossipInput.Tick());
        });
    }

    private void Open(Neighbour neighbour)
    {
        if (neighbour.Speaking is not null || neighbour.Wish is not null
            || neighbour.Links.Find(l => l.Tries < TriesPerLink) is not { } link)
            return;
        link.Tries++;
        neighbour.Wish = outbox.OpenStream(
            link.Id,
            GossipProtocol.Version12,
            (stream, protocol) => OnReady(neighbour, link, stream, protocol),
            _ => OnFailed(neighbour));
    }

    private void OnReady(Neighbour neighbour, LinkOf link, StreamId stream, string protocol)
    {
        neighbour.Wish = null;
        neighbour.Speaking = stream;
        streams.Add(stream, link.Id, new Speaker(this, neighbour));
        Handle(new GossipInput.PeerUp(neighbour.Id, protocol, link.Outbound, link.Address));
        while (neighbour.Early.TryDequeue(out var rpc))
            Handle(new GossipInput.RpcArrived(neighbour.Id, rpc));
        if (neighbour.Hearing is { } hearing)
            outbox.Add(new NetworkEffect.ReadFrames(hearing, FramesAhead));
    }

    private void OnFailed(Neighbour neighbour)
    {
        neighbour.Wish = null;
        TryAgain(neighbour);
    }

    private void OnSpeakingEnded(Neighbour neighbour)
    {
        neighbour.Speaking = null;
        Handle(new GossipInput.PeerDown(neighbour.Id));
        TryAgain(neighbour);
    }

    private void TryAgain(Neighbour neighbour)
    {
        if (neighbour.Links.Exists(l => l.Tries == 0))
            Open(neighbour);
        else if (neighbour.Links.Count > 0)
            outbox.After(TryAgainAfter, () => Open(neighbour));
        else if (neighbour.Hearing is null)
            _neighbours.Remove(neighbour.Id);
    }

    private void OnRpc(Neighbour neighbour, StreamId stream, ReadOnlyMemory<byte> rpc)
    {
        if (neighbour.Speaking is null)
        {
            neighbour.Early.Enqueue(rpc); // one at most: the peer is read on only once our stream is open
            return;
        }

        Handle(new GossipInput.RpcArrived(neighbour.Id, rpc));
        outbox.Add(new NetworkEffect.ReadFrames(stream, 1));
    }

    private void OnHearingEnded(Neighbour neighbour, StreamId stream)
    {
        streams.Remove(stream);
        outbox.Close(stream);
        if (neighbour.Hearing == stream)
            neighbour.Hearing = null;
        if (neighbour.Links.Count == 0 && neighbour.Speaking is null)
            _neighbours.Remove(neighbour.Id);
    }

    private sealed class Speaker(GossipStreams owner, Neighbour neighbour) : IStreamOwner
    {
        // Nobody speaks on our stream; what comes is not read on.
        public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload) => owner.Drop(stream, neighbour);

        public void OnSent(StreamId stream, long bytes) =>
            owner.Handle(new GossipInput.Sent(neighbour.Id, bytes));

        // Ending its half is a peer's right, as it never uses it.
        public void OnEnded(StreamId stream, bool reset)
        {
            if (reset)
                owner.Drop(stream, neighbour);
        }

        public void OnBulk(StreamId stream, object outcome) => owner.Drop(stream, neighbour);
    }

    private void Drop(StreamId stream, Neighbour neighbour)
    {
        if (streams.Remove(stream))
            outbox.Reset(stream);
        OnSpeakingEnded(neighbour);
    }

    private sealed class Hearer(GossipStreams owner, Neighbour neighbour) : IStreamOwner
    {
        public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload) =>
            owner.OnRpc(neighbour, stream, payload);

        public void OnEnded(StreamId stream, bool reset) => owner.OnHearingEnded(neighbour, stream);

        public void OnBulk(StreamId stream, object outcome) => owner.OnHearingEnded(neighbour, stream);
    }
}
