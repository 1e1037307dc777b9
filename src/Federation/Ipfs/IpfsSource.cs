using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Links;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Ipfs;

namespace Omega.P2P.Federation.Ipfs;

/// <summary>One peer that blocks are asked of; where it is not said who it has to be, whoever is at the
/// address.</summary>
internal sealed class IpfsSource(
    PeerId? peer, IReadOnlyList<string> addresses, Outbox outbox, StreamTable streams, FederationLimits dialling,
    Action onGone) : IStreamOwner
{
    private readonly HashSet<StreamId> _incoming = [];
    private AddressRace? _race;

    /// <summary>What it was asked for and has not answered.</summary>
    public HashSet<Cid> Asked { get; } = [];

    /// <summary>What it was asked for and came since the last message to it: taken back with the next, for it may
    /// have come from another.</summary>
    public List<Cid> Received { get; } = [];

    public LinkId? Link { get; private set; }

    /// <summary>Who it is; proven.</summary>
    public PeerId? Proven { get; private set; }

    /// <summary>Why it is not used any more; null while it may be.</summary>
    public string? Gone { get; private set; }

    /// <summary>Since when it has brought nothing of what it was asked for, running milliseconds.</summary>
    public long WaitingSinceMs { get; set; }

    /// <summary>It kept us waiting: used when nobody else is there.</summary>
    public bool IsSlow { get; set; }

    public int Tries { get; private set; }

    public long UnaskedBytes { get; set; }

    public int UselessMessages { get; set; }

    public long BlocksGiven { get; set; }

    public long BytesGiven { get; set; }

    /// <summary>Takes messages; set by the one who asks.</summary>
    public Action<IpfsSource, ReadOnlyMemory<byte>> OnMessage { get; init; } = (_, _) => { };

    public bool IsUp => Link is not null && Gone is null;

    public string Name => (Proven ?? peer)?.ToString() ?? addresses[0];

    public void Dial()
    {
        Tries++;
        var race = new AddressRace(outbox, dialling, peer, OnLost);
        _race = race;
        race.Start(addresses);
    }

    public bool OnDialFailed(DialId dial, string reason) => _race?.OnFailed(dial, reason) == true;

    /// <summary>False for a link of somebody else.</summary>
    public bool TryTake(NetworkInput.LinkUp up)
    {
        if (Gone is not null || Link is not null || up.Dial is not { } dial || _race?.Has(dial) != true)
            return false;
        _race.Stop(dial);
        (Link, Proven, IsSlow) = (up.Link, up.Peer, false);
        return true;
    }

    /// <summary>Its link is down; what it was asked for it will not bring.</summary>
    public void OnLinkDown()
    {
        Link = null;
        _incoming.Clear();
    }

    /// <summary>It opened a stream to answer on.</summary>
    public void Take(StreamId stream, int most)
    {
        if (_incoming.Count >= most)
        {
            outbox.Reset(stream);
            return;
        }
        _incoming.Add(stream);
        streams.Add(stream, Link ?? default, this);
    }

    /// <summary>Asks for blocks; it has brought or refused what it was asked for before.</summary>
    public void Ask(IReadOnlyList<BitswapWant> wants)
    {
        if (Link is not { } link)
            return;
        foreach (var want in wants)
            Asked.Add(want.Cid);
        var taken = Received.Where(cid => !Asked.Contains(cid)).Select(cid => new BitswapWant(cid, Cancel: true));
        var message = new BitswapMessage { Wants = [.. taken, .. wants] };
        Received.Clear();
        // A stream for each message, as Helia does: its listener cuts streams that are silent for some seconds.
        outbox.OpenStream(
            link, BitswapMessage.ProtocolName,
            stream =>
            {
                streams.Add(stream, link, this);
                outbox.Send(stream, message.Encode());
                outbox.Close(stream);
            },
            reason =>
            {
                if (Link == link)
                    Leave($"takes no bitswap 1.2: {reason}");
            });
    }

    /// <summary>It is used no more.</summary>
    public void Leave(string reason)
    {
        if (Gone is not null)
            return;
        Gone = reason;
        _race?.Stop(winner: null);
        if (Link is { } link)
            outbox.Add(new NetworkEffect.DropLink(link, reason));
        onGone();
    }

    public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload)
    {
        OnMessage(this, payload);
        if (IsUp)
            outbox.Add(new NetworkEffect.ReadFrames(stream, 1));
    }

    public void OnEnded(StreamId stream, bool reset)
    {
        streams.Remove(stream);
        if (_incoming.Remove(stream) && !reset)
            outbox.Close(stream);
    }

    public void OnBulk(StreamId stream, object outcome) => streams.Remove(stream);

    private void OnLost() => Leave(string.Join("; ", _race?.Failures.Select(
        f => addresses.Count > 1 || Name != f.Address ? $"{f.Address} {f.Reason}" : f.Reason) ?? []));
}
