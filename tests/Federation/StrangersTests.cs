using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Federation.Tests;

/// <summary>Peers that nobody trusts: however many there are and whatever they hold, a guest gets in and friends are
/// served.</summary>
public sealed class StrangersTests
{
    private static readonly FederationLimits Few = FederationLimits.Default with
    {
        StrangerLinks = 3,
        StrangerStreams = 10,
    };

    private readonly MeshLoop _loop;
    private readonly LoopNode _alice;
    private readonly LoopNode _bob;
    private readonly List<MeshEffect> _effects = [];
    private Instant _now;
    private long _lastStream = 5000;

    public StrangersTests()
    {
        (_loop, _alice, _bob) = Pair.Joined(Few);
        _now = _loop.Now;
    }

    [Fact]
    public void OneStrangerTooManyTakesThePlaceOfTheOneThatWasStillLongest()
    {
        for (var i = 0; i < 3; i++) Up(i);
        OpenAndLeave(0); // it came first, but did something last
        Up(3);
        Assert.Equal([Link(1)], Dropped());
        Down(1);
        Up(4);
        Assert.Equal([Link(1), Link(2)], Dropped());
    }

    [Fact]
    public void StrangerThatIsBeingServedKeepsItsPlaceBeforeThoseThatSit()
    {
        Up(0);
        Open(0, BitswapMessage.ProtocolName);
        Up(1);
        Up(2);
        Up(3);
        Assert.Equal([Link(1)], Dropped());
    }

    [Fact]
    public void StrangersThatHoldStreamsWithoutAWordDoNotKeepAGuestOut()
    {
        for (var i = 0; i < 3; i++)
        {
            Up(i);
            Open(i, OmegaProtocols.Join);
        }

        Up(3);
        Assert.Equal([Link(0)], Dropped());
        Open(3, OmegaProtocols.Join);
        Assert.Empty(_effects.OfType<NetworkEffect.ResetStream>());
    }

    [Fact]
    public void NewcomersBeforeTheDroppedOneIsGoneDropAnotherEach()
    {
        for (var i = 0; i < 3; i++) Up(i);
        Up(3);
        Up(4);
        Assert.Equal([Link(0), Link(1)], Dropped());
    }

    [Fact]
    public void PeerThatWeDialAndFriendsDoNotCompeteWithStrangers()
    {
        for (var i = 0; i < 3; i++) Up(i);
        Tell(new NetworkInput.LinkUp(new LinkId(4000), Stranger(50), "/ip4/10.0.0.50/tcp/1", true));
        Tell(new NetworkInput.LinkUp(new LinkId(4001), _bob.Peer, null, false));
        Assert.Empty(Dropped());
    }

    [Fact]
    public void StreamsOfStrangersLeaveRoomForThoseOfFriends()
    {
        Tell(new NetworkInput.LinkUp(new LinkId(4001), _bob.Peer, null, false));
        Up(0);
        Up(1);
        for (var i = 0; i < 16; i++) Open(i % 2, OmegaProtocols.Join);
        Assert.InRange(_effects.OfType<NetworkEffect.ResetStream>().Count(), 6, 15);
        _effects.Clear();
        Tell(new NetworkInput.StreamOpened(new StreamId(++_lastStream), new LinkId(4001), OmegaProtocols.Catalog));
        Assert.Empty(_effects.OfType<NetworkEffect.ResetStream>());
        // Streams that end make room.
        Down(0);
        Down(1);
        Up(2);
        Open(2, OmegaProtocols.Join);
        Assert.Empty(_effects.OfType<NetworkEffect.ResetStream>());
    }

    private static PeerId Stranger(int i) =>
        Ed25519PrivateKey.FromSeed(Pair.Content(32, 100 + i)).PublicKey.ToPeerId();

    private static LinkId Link(int i) => new(3000 + i);

    private List<LinkId> Dropped() => [.. _effects.OfType<NetworkEffect.DropLink>().Select(drop => drop.Link)];

    private void Up(int i)
    {
        _now = _now with { RunningMs = _now.RunningMs + 10 };
        Tell(new NetworkInput.LinkUp(Link(i), Stranger(i), null, false));
    }

    private void Down(int i) => Tell(new NetworkInput.LinkDown(Link(i), "gone"));

    private StreamId Open(int i, string protocol)
    {
        _now = _now with { RunningMs = _now.RunningMs + 10 };
        var stream = new StreamId(++_lastStream);
        Tell(new NetworkInput.StreamOpened(stream, Link(i), protocol));
        return stream;
    }

    private void OpenAndLeave(int i) => Tell(new NetworkInput.StreamEnded(Open(i, OmegaProtocols.Join), true));

    private void Tell(MeshInput input)
    {
        var effects = new List<MeshEffect>();
        _alice.Core.Handle(input, _now, effects);
        _effects.AddRange(effects);
    }
}
