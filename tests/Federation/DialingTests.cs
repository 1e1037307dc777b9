using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Tests;

/// <summary>Several addresses of a peer, and peers that cannot be reached.</summary>
public sealed class DialingTests
{
    private readonly MeshLoop _loop;
    private readonly LoopNode _alice;
    private readonly LoopNode _bob;

    public DialingTests()
    {
        (_loop, _alice, _bob) = Pair.Joined();
        _loop.Stop(_bob);
        _loop.Advance(TimeSpan.FromMinutes(3));
    }

    [Fact]
    public void AddressesAreTriedBesideEachOtherAQuarterOfASecondApartFamiliesInTurn()
    {
        // Nothing answers them, and nothing refuses: dials that stay open.
        _alice.SwallowsDials = true;
        var before = _alice.Effects.Count;
        Learn("/ip4/10.0.1.1/tcp/1", "/ip4/10.0.1.2/tcp/1", "/ip6/fd00::1/tcp/1", "/dns6/b.example/tcp/1");
        _loop.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(
            ["/ip4/10.0.1.1/tcp/1", "/ip6/fd00::1/tcp/1", "/ip4/10.0.1.2/tcp/1", "/dns6/b.example/tcp/1"],
            Dials(before).Take(4).Select(d => d.Dial.Address));
        var times = Dials(before).Select(d => d.AtMs).ToList();
        Assert.All(times.Skip(1).Zip(times), pair => Assert.Equal(250, pair.First - pair.Second));
        var view = _alice.Core.Peers[0].Dialing;
        Assert.NotNull(view);
        Assert.Null(view.NextIn);
        Assert.Equal(5, view.Open.Count); // the fifth is the one that worked before
    }

    [Fact]
    public void OneThatFailsMakesRoomForTheNextAtOnce()
    {
        _alice.SwallowsDials = true;
        var before = _alice.Effects.Count;
        Learn("/ip4/10.0.1.1/tcp/1", "/ip4/10.0.1.2/tcp/1");
        _loop.Advance(TimeSpan.FromMilliseconds(700));
        var first = Dials(before)[0].Dial;
        _loop.Give(_alice, new NetworkInput.DialFailed(first.Id, "refused"));
        Assert.Contains(_alice.Core.Peers[0].Dialing?.Failures ?? [],
            f => f == new DialFailure(first.Address, "refused"));
    }

    [Fact]
    public void FirstLinkWinsTheOthersAreGivenUpAndALateOneIsDropped()
    {
        _alice.SwallowsDials = true;
        var before = _alice.Effects.Count;
        Learn("/ip4/10.0.1.1/tcp/1", "/ip6/fd00::1/tcp/1");
        _loop.Advance(TimeSpan.FromSeconds(2));
        var dials = Dials(before).Select(d => d.Dial.Id).ToList();
        _loop.Give(_alice, new NetworkInput.LinkUp(new LinkId(900), _bob.Peer, "/ip6/fd00::1/tcp/1", true, dials[1]));
        var given = _alice.Effects[before..].OfType<NetworkEffect.CancelDial>().Select(c => c.Id).ToList();
        Assert.Equal(dials.Where(d => d != dials[1]), given);
        Assert.Null(_alice.Core.Peers[0].Dialing);
        // Its handshake was over before the cancellation reached it.
        _loop.Give(_alice, new NetworkInput.LinkUp(new LinkId(901), _bob.Peer, "/ip4/10.0.1.1/tcp/1", true, dials[0]));
        Assert.Contains(_alice.Effects, e => e is NetworkEffect.DropLink { Link.Value: 901 });
        Assert.Equal("/ip6/fd00::1/tcp/1", _alice.Core.Peers[0].Addresses[0]); // what worked goes first
    }

    [Fact]
    public void PeerThatCannotBeReachedSaysWhyAndWhenItIsTriedAgain()
    {
        var view = _alice.Core.Peers[0].Dialing;
        Assert.NotNull(view);
        Assert.Equal(new DialFailure(_bob.Address, "unreachable"), Assert.Single(view.Failures));
        Assert.InRange(view.Rounds, 4, 20);
        Assert.InRange(view.NextIn ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(90));
        Assert.Empty(view.Open);
    }

    [Fact]
    public void PeerThatTakesConnectionsAndDropsThemIsLeftAloneLongerAndLonger()
    {
        _loop.Start(_bob);
        _loop.Advance(TimeSpan.FromMinutes(2));
        Assert.True(_alice.Core.Peers[0].IsConnected);
        _bob.DialsNobody = true;
        var before = _alice.Effects.Count;
        for (var seconds = 0; seconds < 600; seconds++)
        {
            _loop.Disconnect(_bob);
            _loop.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(Dials(before).Count, 8, 25);
        _loop.Advance(TimeSpan.FromMinutes(3));
        Assert.True(_alice.Core.Peers[0].IsConnected);
        before = _alice.Effects.Count;
        _loop.Disconnect(_bob); // it had settled: back at once
        _loop.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(Dials(before));
    }

    [Fact]
    public void LinksOfOnePeerAreBounded()
    {
        for (var i = 0; i < 20; i++)
            _loop.Give(_alice, new NetworkInput.LinkUp(new LinkId(700 + i), _bob.Peer, null, false));
        Assert.Equal(
            20 - FederationLimits.Default.LinksPerPeer,
            _alice.Effects.OfType<NetworkEffect.DropLink>().Count(d => d.Reason == "too many links of one peer"));
    }

    [Fact]
    public void HearsayNeverTakesThePlaceOfWhatThePeerItselfSaid()
    {
        Learn([.. Enumerable.Range(0, 30).Select(i => $"/ip4/10.0.2.{i}/tcp/1")]);
        var before = _alice.Core.Peers[0].Addresses;
        Assert.Equal(16, before.Count);
        for (var i = 0; i < 100; i++)
        {
            var wrong = Enumerable.Range(0, 30).Select(k => $"/ip4/10.9.{i}.{k}/tcp/1").ToList();
            _loop.Give(_alice, new NetworkInput.AddressesLearned(_bob.Peer, wrong, IsHearsay: true));
            _loop.Advance(TimeSpan.FromSeconds(6));
        }

        var after = _alice.Core.Peers[0].Addresses;
        Assert.Equal(before.Take(8), after.Where(before.Contains));
        Assert.Equal(16, after.Count);
    }

    [Fact]
    public void HearsayMakesUsDialOnlySoOften()
    {
        var before = _alice.Effects.Count;
        for (var i = 0; i < 50; i++)
            _loop.Give(
                _alice, new NetworkInput.AddressesLearned(_bob.Peer, [$"/ip4/10.9.9.{i}/tcp/1"], IsHearsay: true));
        _loop.Advance(TimeSpan.FromSeconds(4));
        Assert.InRange(Dials(before).Count, 1, 4);
    }

    private void Learn(params string[] addresses) =>
        _loop.Give(_alice, new NetworkInput.AddressesLearned(_bob.Peer, addresses));

    private List<(NetworkEffect.Dial Dial, long AtMs)> Dials(int from) =>
        [.. _alice.Dials.Where(d => _alice.Effects.IndexOf(d.Dial) >= from)];
}
