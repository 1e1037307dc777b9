using Omega.P2P.Federation;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Ipfs;

namespace Omega.P2P.Engine.Tests.Links;

/// <summary>Protocols that answer on streams of their own, as bitswap does: frames one way, read one by one.</summary>
public sealed class AnswersOnOwnStreamsTests
{
    [Fact]
    public void FramesOfBitswapStayUnreadUntilTheNodeReadsOn()
    {
        using var pair = new LinkPair();
        var (left, right) = pair.Open(BitswapMessage.ProtocolName);
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, new byte[10]));
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, new byte[20]));
        pair.ApplyLeft(new NetworkEffect.CloseStream(left));
        Assert.Equal(10, Assert.IsType<NetworkInput.FrameArrived>(Assert.Single(pair.RightInputs)).Payload.Length);
        pair.ApplyRight(new NetworkEffect.ReadFrames(right, 1));
        Assert.Equal(20, Assert.IsType<NetworkInput.FrameArrived>(pair.RightInputs[1]).Payload.Length);
        Assert.Equal([new NetworkInput.StreamEnded(right, false)], pair.RightInputs[2..]);
        pair.ApplyRight(new NetworkEffect.ReadFrames(right, 1)); // of no use any more, and no harm
        Assert.Equal(3, pair.RightInputs.Count);
    }

    [Fact]
    public void FrameOfBitswapMayBeLargerThanOneOfOurs()
    {
        using var pair = new LinkPair();
        var (left, _) = pair.Open(BitswapMessage.ProtocolName);
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, new byte[IpfsLimits.MessageBytes]));
        var frame = Assert.IsType<NetworkInput.FrameArrived>(Assert.Single(pair.RightInputs));
        Assert.Equal(IpfsLimits.MessageBytes, frame.Payload.Length);
    }

    [Fact]
    public void ManySourcesAtOnceAreAllSentThoughTheirReadersClosedTheirHalf()
    {
        using var pair = new LinkPair();
        var streams = Enumerable.Range(0, 4).Select(_ => pair.Open(BitswapMessage.ProtocolName)).ToList();
        var sinks = streams.Select(_ => new CountingSink()).ToList();
        for (var i = 0; i < streams.Count; i++)
        {
            pair.ApplyRight(new NetworkEffect.ReceiveBulk(streams[i].Right, sinks[i]));
            pair.ApplyRight(new NetworkEffect.CloseStream(streams[i].Right));
        }

        foreach (var (left, _) in streams)
        {
            pair.Left.Apply(
                new NetworkEffect.SendBulk(left, new BytesSource(new byte[3 << 20])), default, pair.LeftInputs);
        }

        pair.Run();
        Assert.All(sinks, sink => Assert.Equal((3 << 20, false), (sink.Count, sink.WasReset)));
        Assert.Equal(
            streams.Select(s => s.Left),
            pair.LeftInputs.OfType<NetworkInput.BulkSent>().Select(sent => sent.Stream).Order(ByNumber));
    }

    [Fact]
    public void SourceOfAStreamThatThePeerCutsIsGivenBackAndToldOnce()
    {
        using var pair = new LinkPair();
        var (left, right) = pair.Open(BitswapMessage.ProtocolName);
        pair.ApplyRight(new NetworkEffect.CloseStream(right));
        pair.ApplyLeft(new NetworkEffect.SendBulk(left, new BytesSource(new byte[3 << 20])));
        Assert.Equal([new NetworkInput.StreamEnded(left, false)], pair.LeftInputs);
        pair.ApplyRight(new NetworkEffect.ResetStream(right));
        Assert.Equal([new NetworkInput.BulkSent(left)], pair.LeftInputs[1..]);
    }

    private static Comparer<StreamId> ByNumber => Comparer<StreamId>.Create((a, b) => a.Value.CompareTo(b.Value));

    private sealed class CountingSink : IBulkSink
    {
        public int Count { get; private set; }

        public bool WasReset { get; private set; }

        public object Outcome => Count;

        public BulkStep Push(ReadOnlySpan<byte> bytes)
        {
            Count += bytes.Length;
            return BulkStep.Continue;
        }

        public void End(bool reset) => WasReset = reset;
    }
}
