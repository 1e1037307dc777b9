using Omega.P2P.Federation.Tests.Support;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Ipfs;

namespace Omega.P2P.Federation.Tests;

public sealed class BitswapServingTests
{
    private static readonly LinkId Link = new(77);
    private static readonly StreamId Incoming = new(1001);
    private readonly LoopNode _node;
    private readonly PeerId _stranger;
    private readonly List<MeshEffect> _effects = [];
    private Instant _now;
    private long _lastStream = 2000;

    public BitswapServingTests()
    {
        var loop = new MeshLoop();
        _node = loop.Add("alice.personal", 1);
        _stranger = loop.Add("mallory", 9).Peer;
        _now = loop.Now;
        Tell(new NetworkInput.LinkUp(Link, _stranger, null, false));
        Tell(new NetworkInput.StreamOpened(Incoming, Link, BitswapMessage.ProtocolName));
    }

    [Fact]
    public void StrangerGetsPublicBlocksAndTheSameNoForHiddenAndAbsentOnes()
    {
        var (shown, hidden, absent) = (Name("shown"), Name("hidden"), Name("absent"));
        _node.Store.PublicBlocks.Add(Hash256.From(shown.Digest));
        _node.Store.Contents.Add(Hash256.From(hidden.Digest), [1, 2, 3]);
        var answers = Ask(
            new BitswapWant(shown, SendDontHave: true), new BitswapWant(hidden, SendDontHave: true),
            new BitswapWant(absent, SendDontHave: true), new BitswapWant(shown, WantHave: true));
        Assert.Equal(
            [
                new BitswapAnswer(hidden, BitswapAnswerKind.DontHave),
                new BitswapAnswer(absent, BitswapAnswerKind.DontHave),
                new BitswapAnswer(shown, BitswapAnswerKind.Have),
            ],
            answers);
    }

    [Fact]
    public void BlocksOfOtherHashesAreNotAskedOfTheStore()
    {
        var sha = CidHash.Of(Cid.CodecRaw, Cid.HashSha256, "x"u8);
        var cut = Cid.Create(Cid.CodecRaw, Cid.HashBlake3, new byte[20]);
        var answers = Ask(new BitswapWant(sha, SendDontHave: true), new BitswapWant(cut, SendDontHave: true));
        Assert.All(answers, answer => Assert.Equal(BitswapAnswerKind.DontHave, answer.Kind));
        Assert.DoesNotContain(
            _effects, e => e is MeshEffect.AskStore { Question: StoreQuery.PublicBlocks { Hashes.Count: > 0 } });
    }

    [Fact]
    public void WantWithoutAnAnswerOpensNoStream()
    {
        Tell(new NetworkInput.FrameArrived(Incoming, new BitswapMessage { Wants = [new(Name("absent"))] }.Encode()));
        Assert.Empty(_effects.OfType<NetworkEffect.OpenStream>());
        Assert.Equal([new NetworkEffect.ReadFrames(Incoming, 1)], _effects.OfType<NetworkEffect.ReadFrames>());
    }

    [Fact]
    public void OnlySoManyAnswersAreUnderWayAndTheNextLeavesWhenOneIsSent()
    {
        var limits = FederationLimits.Default;
        var wants = Enumerable.Range(0, limits.BitswapBatch * (limits.BitswapAnswersPerLink + 2))
            .Select(i => new BitswapWant(Name($"{i}"), SendDontHave: true)).ToList();
        Tell(new NetworkInput.FrameArrived(Incoming, new BitswapMessage { Wants = wants }.Encode()));
        var opened = _effects.OfType<NetworkEffect.OpenStream>().ToList();
        Assert.Equal(limits.BitswapAnswersPerLink, opened.Count);
        Assert.Empty(_effects.OfType<NetworkEffect.ReadFrames>());
        foreach (var open in opened) Ready(open);
        Assert.Equal(limits.BitswapAnswersPerLink, _effects.OfType<NetworkEffect.OpenStream>().Count());
        Tell(new NetworkInput.BulkSent(new StreamId(2001)));
        Assert.Equal(limits.BitswapAnswersPerLink + 1, _effects.OfType<NetworkEffect.OpenStream>().Count());
        Tell(new NetworkInput.StreamEnded(new StreamId(2002), true)); // cut by the peer: as good as sent
        Assert.Equal(limits.BitswapAnswersPerLink + 2, _effects.OfType<NetworkEffect.OpenStream>().Count());
        Assert.Single(_effects.OfType<NetworkEffect.ReadFrames>()); // the queue is empty: the peer may go on
    }

    [Fact]
    public void CancelledWantIsNotAnswered()
    {
        var limits = FederationLimits.Default;
        var wants = Enumerable.Range(0, limits.BitswapBatch * (limits.BitswapAnswersPerLink + 1))
            .Select(i => new BitswapWant(Name($"{i}"), SendDontHave: true)).ToList();
        Tell(new NetworkInput.FrameArrived(Incoming, new BitswapMessage { Wants = wants }.Encode()));
        Tell(new NetworkInput.FrameArrived(Incoming, new BitswapMessage
        {
            Wants = [.. wants[^limits.BitswapBatch..].Select(want => want with { Cancel = true })],
        }.Encode()));
        foreach (var open in _effects.OfType<NetworkEffect.OpenStream>().ToList()) Ready(open);
        Tell(new NetworkInput.BulkSent(new StreamId(2001)));
        Assert.Equal(limits.BitswapAnswersPerLink, _effects.OfType<NetworkEffect.OpenStream>().Count());
    }

    [Fact]
    public void PeerThatAsksTooFastWaitsASecond()
    {
        var message = new BitswapMessage
        {
            Wants = [.. Enumerable.Range(0, IpfsLimits.Entries).Select(i => new BitswapWant(Name($"{i}")))],
        }.Encode();
        for (var i = 0; i <= FederationLimits.Default.BitswapWantsPerSecond / IpfsLimits.Entries; i++)
            Tell(new NetworkInput.FrameArrived(Incoming, message));
        var before = _effects.OfType<NetworkEffect.ReadFrames>().Count();
        Assert.Equal(FederationLimits.Default.BitswapWantsPerSecond / IpfsLimits.Entries, before);
        _now = _now with { RunningMs = _now.RunningMs + 1001 };
        Tell(new NetworkInput.TimerFired(_effects.OfType<NetworkEffect.ArmTimer>().Last().Timer));
        Assert.Equal(before + 1, _effects.OfType<NetworkEffect.ReadFrames>().Count());
    }

    [Fact]
    public void MessageThatIsNoneCutsTheLink()
    {
        Tell(new NetworkInput.FrameArrived(Incoming, new byte[] { 0x0a, 5 }));
        Assert.Contains(new NetworkEffect.DropLink(Link, "bitswap: NotProtobuf"), _effects);
    }

    [Fact]
    public void LinkThatGoesDownLeavesNothingBehind()
    {
        Ask(new BitswapWant(Name("a"), SendDontHave: true));
        var before = _effects.Count;
        Tell(new NetworkInput.LinkDown(Link, "gone"));
        Tell(new NetworkInput.BulkSent(new StreamId(2001)));
        Tell(new NetworkInput.FrameArrived(Incoming, new BitswapMessage { Wants = [new(Name("b"))] }.Encode()));
        Assert.DoesNotContain(_effects[before..], e => e is NetworkEffect);
    }

    [Fact]
    public void StreamsThatEndWhileTheyWaitToBeReadAreForgotten()
    {
        var limits = FederationLimits.Default;
        var wants = Enumerable.Range(0, limits.BitswapBatch * (limits.BitswapAnswersPerLink + 1))
            .Select(i => new BitswapWant(Name($"{i}"), SendDontHave: true)).ToList();
        Tell(new NetworkInput.FrameArrived(Incoming, new BitswapMessage { Wants = wants }.Encode()));
        for (var i = 0; i < 100; i++)
        {
            var stream = new StreamId(9000 + i);
            Tell(new NetworkInput.StreamOpened(stream, Link, BitswapMessage.ProtocolName));
            Tell(new NetworkInput.FrameArrived(stream, new BitswapMessage { Wants = wants[^1..] }.Encode()));
            Tell(new NetworkInput.StreamEnded(stream, i % 2 == 0));
        }

        foreach (var open in _effects.OfType<NetworkEffect.OpenStream>().ToList()) Ready(open);
        Tell(new NetworkInput.BulkSent(new StreamId(2001)));
        Assert.Equal([new NetworkEffect.ReadFrames(Incoming, 1)], _effects.OfType<NetworkEffect.ReadFrames>());
    }

    private static Cid Name(string text) =>
        CidHash.Of(Cid.CodecRaw, Cid.HashBlake3, System.Text.Encoding.ASCII.GetBytes(text));

    private IReadOnlyList<BitswapAnswer> Ask(params BitswapWant[] wants)
    {
        Tell(new NetworkInput.FrameArrived(Incoming, new BitswapMessage { Wants = wants }.Encode()));
        Ready(_effects.OfType<NetworkEffect.OpenStream>().Last());
        return _effects.OfType<MeshEffect.AskStore>().Select(ask => ask.Question)
            .OfType<StoreQuery.ServePublicBlocks>().Last().Answers;
    }

    private void Ready(NetworkEffect.OpenStream open)
    {
        Assert.Equal((Link, BitswapMessage.ProtocolName), (open.Link, open.Protocol));
        Tell(new NetworkInput.StreamReady(open.Request, new StreamId(++_lastStream), BitswapMessage.ProtocolName));
    }

    /// <summary>Hands an input in and lets the store answer.</summary>
    private void Tell(MeshInput input)
    {
        var effects = new List<MeshEffect>();
        _node.Core.Handle(input, _now, effects);
        _effects.AddRange(effects);
        foreach (var ask in effects.OfType<MeshEffect.AskStore>())
            Tell(new MeshInput.StoreAnswered(ask.Query, _node.Store.Answer(ask.Question)));
    }
}
