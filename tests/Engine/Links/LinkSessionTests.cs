using Omega.P2P.Federation;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Omega;

namespace Omega.P2P.Engine.Tests.Links;

public sealed class LinkSessionTests
{
    [Fact]
    public void BothSidesHearOfTheLinkOnceThePeersAreProven()
    {
        using var pair = new LinkPair();
        var left = Assert.IsType<NetworkInput.LinkUp>(pair.LeftInputs[0]);
        var right = Assert.IsType<NetworkInput.LinkUp>(pair.RightInputs[0]);
        Assert.True(left.Outbound);
        Assert.False(right.Outbound);
        Assert.Equal(pair.Left.Peer, left.Peer);
        Assert.NotEqual(left.Peer, right.Peer);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(1000)]
    [InlineData(7)]
    public void FramesCrossWholeHoweverTheBytesAreCut(int piece)
    {
        using var pair = new LinkPair(piece);
        var (left, right) = pair.Open(OmegaProtocols.Catalog);
        var question = Bytes(piece < 100 ? 5_000 : 300_000);
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, question));
        var asked = Assert.IsType<NetworkInput.FrameArrived>(Assert.Single(pair.RightInputs));
        Assert.Equal(question, asked.Payload.ToArray());
        pair.ApplyRight(new NetworkEffect.SendFrame(right, Array.Empty<byte>()));
        var answered = Assert.IsType<NetworkInput.FrameArrived>(Assert.Single(pair.LeftInputs));
        Assert.Equal(0, answered.Payload.Length);
    }

    [Fact]
    public void ASecondRequestWaitsUntilTheFirstIsAnswered()
    {
        using var pair = new LinkPair();
        var (left, right) = pair.Open(OmegaProtocols.Catalog);
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, Bytes(10)));
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, Bytes(20)));
        Assert.Single(pair.RightInputs);
        pair.ApplyRight(new NetworkEffect.SendFrame(right, Bytes(1)));
        Assert.Equal([10, 20], pair.RightInputs.Cast<NetworkInput.FrameArrived>().Select(f => f.Payload.Length));
    }

    [Fact]
    public void WhoDoesNotReadItsAnswersIsNotServedOnAndWhatIsHeldForItIsCounted()
    {
        using var pair = new LinkPair();
        var (left, right) = pair.Open(OmegaProtocols.Catalog);
        for (var i = 0; i < 50; i++) pair.ApplyLeft(new NetworkEffect.SendFrame(left, Bytes(10)));
        // Answers of half a MiB, of which only the first window leaves: the left side hands on one answer a question.
        pair.Left.Apply(new NetworkEffect.ReadFrames(left, -49), pair.Now, pair.LeftInputs);
        var served = 0;
        for (var before = -1; before != served && served < 50;)
        {
            before = served;
            served = pair.RightInputs.OfType<NetworkInput.FrameArrived>().Count();
            if (served > before) pair.ApplyRight(new NetworkEffect.SendFrame(right, Bytes(500_000)));
        }

        Assert.InRange(served, 1, 4);
        Assert.InRange(pair.Right.HeldBytes, 1, 600_000);
    }

    [Fact]
    public void FrameThatIsNotEndedIsCountedAsHeld()
    {
        using var pair = new LinkPair();
        var (left, _) = pair.Open(OmegaProtocols.Catalog);
        Assert.InRange(pair.Right.HeldBytes, 0, 1000);
        pair.Left.Apply(
            new NetworkEffect.SendBulk(left, new ArraySource([0x80, 0x80, 0x40, .. Bytes(1_000_000)])), pair.Now,
            pair.LeftInputs);
        // Most of it arrives, and then nothing more.
        for (var left600 = 600_000; left600 > 0;)
        {
            var output = pair.Left.PeekOutput();
            var take = Math.Min(output.Length, left600);
            pair.Right.Receive(output.Span[..take], pair.Now, pair.RightInputs);
            pair.Left.ConsumeOutput(take, pair.Now, pair.LeftInputs);
            pair.Left.Receive(pair.Right.PeekOutput().Span, pair.Now, pair.LeftInputs);
            pair.Right.ConsumeOutput(pair.Right.PeekOutput().Length, pair.Now, pair.RightInputs);
            left600 -= take;
        }

        Assert.InRange(pair.Right.HeldBytes, 500_000, 1_300_000);
    }

    [Fact]
    public void AnAnswerNobodyAskedForIsNotHandedOn()
    {
        using var pair = new LinkPair();
        var (_, right) = pair.Open(OmegaProtocols.Catalog);
        pair.ApplyRight(new NetworkEffect.SendFrame(right, Bytes(10)));
        Assert.Empty(pair.LeftInputs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(3_000_000)]
    public void BulkReachesTheSinkWholeAndInOrder(int length)
    {
        using var pair = new LinkPair();
        var (left, right) = pair.Open(OmegaProtocols.Blocks);
        var sink = new CollectingSink(length);
        pair.ApplyLeft(new NetworkEffect.ReceiveBulk(left, sink));
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, Bytes(3)));
        var source = new ArraySource(Bytes(length));
        pair.ApplyRight(new NetworkEffect.SendBulk(right, source));
        var finished = Assert.Single(pair.LeftInputs.OfType<NetworkInput.BulkFinished>());
        Assert.Equal(Bytes(length), Assert.IsType<byte[]>(finished.Outcome));
        Assert.True(source.IsDisposed);
    }

    [Fact]
    public void AFailedSinkCutsTheStreamAndStopsTheSender()
    {
        using var pair = new LinkPair();
        var (left, right) = pair.Open(OmegaProtocols.Blocks);
        pair.ApplyLeft(new NetworkEffect.ReceiveBulk(left, new FailingSink()));
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, Bytes(3)));
        var source = new ArraySource(Bytes(50_000_000));
        pair.ApplyRight(new NetworkEffect.SendBulk(right, source));
        Assert.Single(pair.LeftInputs.OfType<NetworkInput.BulkFinished>());
        Assert.True(source.IsDisposed);
        Assert.True(source.Taken < 50_000_000);
        Assert.Contains(pair.RightInputs, input => input is NetworkInput.StreamEnded { Reset: true });
    }

    [Fact]
    public void AMediumThatFailsUnderASourceCutsTheStream()
    {
        using var pair = new LinkPair();
        var (left, right) = pair.Open(OmegaProtocols.Blocks);
        var sink = new CollectingSink(10);
        pair.ApplyLeft(new NetworkEffect.ReceiveBulk(left, sink));
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, Bytes(3)));
        pair.ApplyRight(new NetworkEffect.SendBulk(right, new BrokenSource()));
        Assert.Single(pair.LeftInputs.OfType<NetworkInput.BulkFinished>());
        Assert.True(sink.WasReset);
    }

    [Fact]
    public void ALengthOverTheBoundCutsTheStreamBeforeAnythingIsHeld()
    {
        using var pair = new LinkPair();
        var (left, right) = pair.Open(OmegaProtocols.Catalog);
        // A source sends raw bytes where the other side expects frames: 2^21 as a varint.
        pair.ApplyLeft(new NetworkEffect.SendBulk(left, new ArraySource([0x80, 0x80, 0x80, 0x01])));
        Assert.Equal([new NetworkInput.StreamEnded(right, true)], pair.RightInputs);
    }

    [Fact]
    public void HalfCloseIsToldOnceAndTheOtherDirectionGoesOn()
    {
        using var pair = new LinkPair();
        var (left, right) = pair.Open(OmegaProtocols.Catalog);
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, Bytes(9)));
        pair.ApplyLeft(new NetworkEffect.CloseStream(left));
        Assert.Equal(new NetworkInput.StreamEnded(right, false), pair.RightInputs[^1]);
        pair.ApplyRight(new NetworkEffect.SendFrame(right, Bytes(4)));
        pair.ApplyRight(new NetworkEffect.CloseStream(right));
        Assert.Equal(4, Assert.IsType<NetworkInput.FrameArrived>(pair.LeftInputs[0]).Payload.Length);
        Assert.Equal(new NetworkInput.StreamEnded(left, false), pair.LeftInputs[1]);
    }

    [Fact]
    public void AnUnknownProtocolFailsTheRequestByName()
    {
        using var pair = new LinkPair();
        pair.LeftInputs.Clear();
        pair.ApplyLeft(new NetworkEffect.OpenStream(new RequestId(3), pair.Left.Id, "/nobody/speaks/this"));
        var failed = Assert.IsType<NetworkInput.StreamFailed>(Assert.Single(pair.LeftInputs));
        Assert.Equal("ProtocolNotSupported", failed.Reason);
    }

    [Fact]
    public void ADroppedLinkFinishesItsSinksBeforeItIsToldDown()
    {
        using var pair = new LinkPair();
        var (left, _) = pair.Open(OmegaProtocols.Blocks);
        pair.ApplyLeft(new NetworkEffect.ReceiveBulk(left, new CollectingSink(10)));
        pair.LeftInputs.Clear();
        pair.ApplyLeft(new NetworkEffect.DropLink(pair.Left.Id, "enough"));
        Assert.IsType<NetworkInput.BulkFinished>(pair.LeftInputs[0]);
        Assert.Equal(new NetworkInput.LinkDown(pair.Left.Id, "enough"), pair.LeftInputs[^1]);
        Assert.True(pair.Left.IsClosed);
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)(i * 7 + i / 251);
        return bytes;
    }

    private sealed class ArraySource(byte[] bytes) : IBulkSource
    {
        public bool IsDisposed { get; private set; }

        public int Taken { get; private set; }

        public int Read(Span<byte> buffer)
        {
            var take = Math.Min(buffer.Length, bytes.Length - Taken);
            bytes.AsSpan(Taken, take).CopyTo(buffer);
            Taken += take;
            return take;
        }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class BrokenSource : IBulkSource
    {
        public int Read(Span<byte> buffer) => throw new IOException("the disk is gone");

        public void Dispose()
        {
            // nothing is held
        }
    }

    private sealed class CollectingSink(int wanted) : IBulkSink
    {
        private readonly List<byte> _bytes = [];

        public bool WasReset { get; private set; }

        public object Outcome => _bytes.ToArray();

        public BulkStep Push(ReadOnlySpan<byte> bytes)
        {
            _bytes.AddRange(bytes);
            return _bytes.Count == wanted ? BulkStep.Done : BulkStep.Continue;
        }

        public void End(bool reset) => WasReset = reset;
    }

    private sealed class FailingSink : IBulkSink
    {
        public object Outcome => "refused";

        public BulkStep Push(ReadOnlySpan<byte> bytes) => BulkStep.Failed;

        public void End(bool reset)
        {
            // the outcome is the same either way
        }
    }
}
