using System.Buffers;
using Omega.P2P.Federation;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Omega;
using Omega.P2P.Protocol.Yamux;
using StreamId = Omega.P2P.Federation.StreamId;

namespace Omega.P2P.Engine.Tests.Links;

/// <summary>Bulk taken by pumps beside the link, which come when they come.</summary>
public sealed class LinkSessionBulkTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_536)]
    [InlineData(3_000_000)]
    public void BulkTakenByAPumpReachesTheSinkWholeAndInOrder(int length)
    {
        using var pair = new LinkPair(isPumped: true);
        var sink = new CountingSink(length);
        Begin(pair, sink, Bytes(length));
        while (pair.BulkWaits.Count + pair.SourceWaits.Count > 0)
        {
            if (pair.SourceWaits.Count > 0) Turn(pair);
            else Pump(pair, sink);
        }

        Assert.Single(pair.RightInputs.OfType<NetworkInput.BulkSent>());
        var finished = Assert.Single(pair.LeftInputs.OfType<NetworkInput.BulkFinished>());
        Assert.Equal(Bytes(length), Assert.IsType<byte[]>(finished.Outcome));
        Assert.Equal(1, sink.Ends);
    }

    [Fact]
    public void WhatNoPumpTakesHoldsThePeerBack()
    {
        using var pair = new LinkPair(isPumped: true);
        var source = new EndlessSource();
        var left = Begin(pair, new CountingSink(int.MaxValue), source);
        while (pair.SourceWaits.Count > 0) Turn(pair);
        var taken = source.Taken;
        Assert.InRange(taken, 1, 4 << 20);
        var chunks = new List<ArraySegment<byte>>();
        Assert.NotNull(pair.Left.TakeBulk(left, pair.Now, chunks, pair.LeftInputs));
        Return(chunks);
        pair.Run();
        while (pair.SourceWaits.Count > 0) Turn(pair);
        Assert.True(source.Taken > taken);
    }

    [Fact]
    public void ALinkThatEndsWaitsForThePumpBeforeItIsToldDown()
    {
        using var pair = new LinkPair(isPumped: true);
        var sink = new CountingSink(int.MaxValue);
        var left = Begin(pair, sink, Bytes(100_000));
        Turn(pair);
        var chunks = new List<ArraySegment<byte>>();
        Assert.Same(sink, pair.Left.TakeBulk(left, pair.Now, chunks, pair.LeftInputs));
        pair.ApplyLeft(new NetworkEffect.DropLink(pair.Left.Id, "enough"));
        Assert.Equal(0, sink.Ends);
        Assert.DoesNotContain(pair.LeftInputs, input => input is NetworkInput.LinkDown);
        Return(chunks);
        Assert.Null(pair.Left.TakeBulk(left, pair.Now, chunks, pair.LeftInputs));
        Assert.Empty(chunks);
        Assert.Equal(1, sink.Ends);
        Assert.True(sink.WasReset);
        Assert.IsType<NetworkInput.BulkFinished>(pair.LeftInputs[^2]);
        Assert.IsType<NetworkInput.LinkDown>(pair.LeftInputs[^1]);
    }

    [Fact]
    public void AStreamCutWhileItsPumpIsAtWorkEndsItsSinkAfterwards()
    {
        using var pair = new LinkPair(isPumped: true);
        var sink = new CountingSink(int.MaxValue);
        var left = Begin(pair, sink, Bytes(100_000));
        Turn(pair);
        var chunks = new List<ArraySegment<byte>>();
        Assert.Same(sink, pair.Left.TakeBulk(left, pair.Now, chunks, pair.LeftInputs));
        pair.ApplyLeft(new NetworkEffect.ResetStream(left));
        Assert.Equal(0, sink.Ends);
        Return(chunks);
        pair.Left.EndBulk(left, BulkStep.Failed, pair.Now, pair.LeftInputs);
        Assert.Equal(1, sink.Ends);
        Assert.Single(pair.LeftInputs.OfType<NetworkInput.BulkFinished>());
    }

    [Fact]
    public void ASourceThatFailsCutsItsStreamAndIsGivenBackOnce()
    {
        using var pair = new LinkPair(isPumped: true);
        var sink = new CountingSink(int.MaxValue);
        var source = new EndlessSource { FailsAfter = 200_000 };
        Begin(pair, sink, source);
        Turn(pair);
        while (pair.BulkWaits.Count > 0) Pump(pair, sink);
        Assert.True(sink.WasReset);
        Assert.Equal(1, source.Disposals);
        Assert.Single(pair.RightInputs.OfType<NetworkInput.BulkSent>());
    }

    [Fact]
    public void AStreamCutWhileItsSourceIsReadGivesItBackAfterwards()
    {
        using var pair = new LinkPair(isPumped: true);
        var source = new EndlessSource();
        Begin(pair, new CountingSink(int.MaxValue), source);
        var right = TakeSource(pair);
        var frame = default(OutboundFrame);
        Assert.Same(source, pair.Right.TurnSource(right, ref frame, 0, pair.Now, pair.RightInputs));
        pair.ApplyRight(new NetworkEffect.ResetStream(right));
        Assert.Equal(0, source.Disposals);
        Assert.Null(pair.Right.TurnSource(right, ref frame, source.Read(frame.Room), pair.Now, pair.RightInputs));
        Assert.Equal(1, source.Disposals);
        Assert.False(frame.IsRented);
    }

    [Fact]
    public void ALinkThatEndsWhileASourceIsReadLeavesItToItsPump()
    {
        var pair = new LinkPair(isPumped: true);
        var source = new EndlessSource();
        Begin(pair, new CountingSink(int.MaxValue), source);
        var right = TakeSource(pair);
        var frame = default(OutboundFrame);
        Assert.Same(source, pair.Right.TurnSource(right, ref frame, 0, pair.Now, pair.RightInputs));
        pair.Dispose();
        Assert.Equal(0, source.Disposals);
        frame.Return();
    }

    [Fact]
    public void TwoSourcesOfOneLinkAreFilledBesideEachOther()
    {
        using var pair = new LinkPair(isPumped: true);
        var sinks = new[] { new CountingSink(150_000), new CountingSink(150_000) };
        var lefts = new List<StreamId>();
        var rights = new List<StreamId>();
        foreach (var sink in sinks)
        {
            lefts.Add(Begin(pair, sink, Bytes(150_000)));
            rights.Add(TakeSource(pair));
            pair.LeftInputs.Clear();
            pair.RightInputs.Clear();
        }

        pair.SourceWaits.AddRange(rights);
        while (pair.SourceWaits.Count > 0) Turn(pair);
        while (pair.BulkWaits.Count > 0) Pump(pair, sinks[lefts.IndexOf(pair.BulkWaits[0])]);
        Assert.All(sinks, sink => Assert.Equal(Bytes(150_000), sink.Outcome));
    }

    /// <summary>The right side's driver fills frames of the first source that waits until it may no more.</summary>
    private static void Turn(LinkPair pair)
    {
        var right = TakeSource(pair);
        var frame = default(OutboundFrame);
        var count = 0;
        while (pair.Right.TurnSource(right, ref frame, count, pair.Now, pair.RightInputs) is { } source)
        {
            try
            {
                count = source.Read(frame.Room);
            }
            catch (IOException)
            {
                count = -1;
            }
        }

        pair.Run();
    }

    private static StreamId TakeSource(LinkPair pair)
    {
        var right = pair.SourceWaits[0];
        pair.SourceWaits.RemoveAt(0);
        return right;
    }

    private static StreamId Begin(LinkPair pair, IBulkSink sink, byte[] bytes) =>
        Begin(pair, sink, new BytesSource(bytes));

    private static StreamId Begin(LinkPair pair, IBulkSink sink, IBulkSource source)
    {
        var (left, right) = pair.Open(OmegaProtocols.Blocks);
        pair.ApplyLeft(new NetworkEffect.ReceiveBulk(left, sink));
        pair.ApplyLeft(new NetworkEffect.SendFrame(left, Bytes(3)));
        pair.ApplyRight(new NetworkEffect.SendBulk(right, source));
        Assert.Single(pair.SourceWaits);
        return left;
    }

    private static void Pump(LinkPair pair, IBulkSink sink)
    {
        var stream = pair.BulkWaits[0];
        pair.BulkWaits.RemoveAt(0);
        var chunks = new List<ArraySegment<byte>>();
        while (pair.Left.TakeBulk(stream, pair.Now, chunks, pair.LeftInputs) is { } taken)
        {
            Assert.Same(sink, taken);
            pair.Run();
            var step = BulkStep.Continue;
            foreach (var chunk in chunks) step = taken.Push(chunk);
            Return(chunks);
            if (step == BulkStep.Continue) continue;
            pair.Left.EndBulk(stream, step, pair.Now, pair.LeftInputs);
            return;
        }
    }

    private static void Return(List<ArraySegment<byte>> chunks)
    {
        foreach (var chunk in chunks) ArrayPool<byte>.Shared.Return(chunk.Array!); // rented by the session
        chunks.Clear();
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)(i * 7 + i / 251);
        return bytes;
    }

    private sealed class EndlessSource : IBulkSource
    {
        public long Taken { get; private set; }

        public long FailsAfter { get; init; } = long.MaxValue;

        public int Disposals { get; private set; }

        public int Read(Span<byte> buffer)
        {
            if (Taken > FailsAfter) throw new IOException("the medium");
            buffer.Clear();
            Taken += buffer.Length;
            return buffer.Length;
        }

        public void Dispose() => Disposals++;
    }

    private sealed class CountingSink(int wanted) : IBulkSink
    {
        private readonly List<byte> _bytes = [];

        public int Ends { get; private set; }

        public bool WasReset { get; private set; }

        public object Outcome => _bytes.ToArray();

        public BulkStep Push(ReadOnlySpan<byte> bytes)
        {
            _bytes.AddRange(bytes);
            return _bytes.Count == wanted ? BulkStep.Done : BulkStep.Continue;
        }

        public void End(bool reset)
        {
            Ends++;
            WasReset = reset;
        }
    }
}
