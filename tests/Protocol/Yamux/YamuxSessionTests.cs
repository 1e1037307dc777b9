using Omega.P2P.Protocol.Tests.Support;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Tests.Yamux;

public sealed class YamuxSessionTests
{
    private readonly YamuxPair _pair = new();

    [Fact]
    public void DialerOpensOddAndListenerEvenStreams()
    {
        Assert.Equal(YamuxOpenStatus.Opened, _pair.Dialer.Session.TryOpen(out var first));
        Assert.Equal(YamuxOpenStatus.Opened, _pair.Dialer.Session.TryOpen(out var second));
        Assert.Equal(YamuxOpenStatus.Opened, _pair.Listener.Session.TryOpen(out var theirs));
        Assert.Equal([1u, 3u, 2u], new[] { first, second, theirs });
    }

    [Fact]
    public void DataCarriesSynThenAnswerCarriesAck()
    {
        var id = Open();
        _pair.Dialer.Session.Write(id, "ab"u8);
        Assert.Equal("00000001" + "00000001" + "00000002" + "6162", Convert.ToHexString(_pair.Dialer.TakeOutput()));

        _pair.Listener.Session.Receive(Convert.FromHexString("00000001000000010000000161"), 0);
        _pair.Listener.Session.Write(1, "x"u8);
        Assert.Equal("00000002" + "00000001" + "00000001" + "78", Convert.ToHexString(_pair.Listener.TakeOutput()));
    }

    [Fact]
    public void StreamEndsWhenBothSidesFinishedAndAllIsRead()
    {
        var id = Open();
        _pair.Dialer.Session.Write(id, "question"u8);
        _pair.Dialer.Session.CloseWrite(id);
        _pair.Settle();
        Assert.Equal(
            [
                new YamuxEvent(YamuxEventKind.Opened, 1), new YamuxEvent(YamuxEventKind.Readable, 1),
                new YamuxEvent(YamuxEventKind.Finished, 1),
            ],
            _pair.Listener.Events);

        _pair.Listener.Session.Write(id, "answer"u8);
        _pair.Listener.Session.CloseWrite(id);
        _pair.Settle();
        Assert.True(_pair.Listener.Session.IsOpen(id));
        Assert.Equal("question"u8.ToArray(), _pair.Listener.ReadAll(id));
        Assert.False(_pair.Listener.Session.IsOpen(id));
        Assert.Equal("answer"u8.ToArray(), _pair.Dialer.ReadAll(id));
        Assert.False(_pair.Dialer.Session.IsOpen(id));
        Assert.Equal(0, _pair.Dialer.Session.StreamCount);
    }

    [Fact]
    public void WriteAfterCloseTakesNothing()
    {
        var id = Open();
        _pair.Dialer.Session.CloseWrite(id);
        Assert.Equal(0, _pair.Dialer.Session.Write(id, "late"u8));
    }

    [Fact]
    public void ResetDropsTheStreamOnBothSides()
    {
        var id = Open();
        _pair.Dialer.Session.Write(id, new byte[1000]);
        _pair.Settle();
        _pair.Listener.Session.Reset(id);
        _pair.Settle();
        Assert.Contains(new YamuxEvent(YamuxEventKind.Reset, id), _pair.Dialer.Events);
        Assert.False(_pair.Dialer.Session.IsOpen(id));
        Assert.False(_pair.Listener.Session.IsOpen(id));
    }

    [Fact]
    public void FramesThatCrossedAResetAreSkipped()
    {
        var id = Open();
        _pair.Dialer.Session.Write(id, "a"u8);
        _pair.Settle();
        _pair.Dialer.Session.Write(id, new byte[5000]);
        _pair.Listener.Session.Reset(id);
        _pair.Move(_pair.Dialer, _pair.Listener);
        Assert.Equal(YamuxError.None, _pair.Listener.Session.Error);

        var next = Open();
        _pair.Settle();
        _pair.Dialer.Session.Write(next, "b"u8);
        _pair.Settle();
        Assert.Equal("b"u8.ToArray(), _pair.Listener.ReadAll(next));
    }

    [Fact]
    public void ResetInMidPayloadSkipsItsRest()
    {
        var id = Open();
        _pair.Dialer.Session.Write(id, new byte[100]);
        var bytes = _pair.Dialer.TakeOutput();
        _pair.Listener.Session.Receive(bytes.AsSpan(0, 50), 0);
        _pair.Listener.Session.Reset(id);
        Assert.True(_pair.Listener.Session.Receive(bytes.AsSpan(50), 0));
        _pair.Dialer.Session.Ping(0);
        Assert.True(_pair.Listener.Session.Receive(_pair.Dialer.TakeOutput(), 0));
    }

    [Fact]
    public void WriterStopsAtTheWindowAndGoesOnWhenTheReaderReads()
    {
        var id = Open();
        var data = new Chance(7).Bytes(600_000);
        var sent = _pair.Dialer.Session.Write(id, data);
        Assert.Equal(Limits.Default.YamuxWindowBytesInitial, sent);
        _pair.Settle();
        Assert.DoesNotContain(_pair.Dialer.Events, e => e.Kind == YamuxEventKind.Writable);

        using var received = new MemoryStream();
        while (received.Length < data.Length)
        {
            received.Write(_pair.Listener.ReadAll(id));
            _pair.Settle();
            sent += _pair.Dialer.Session.Write(id, data.AsSpan(sent));
            _pair.Settle();
        }

        Assert.Equal(data, received.ToArray());
        Assert.Contains(new YamuxEvent(YamuxEventKind.Writable, id), _pair.Dialer.Events);
    }

    [Fact]
    public void FullOutputStopsWritersUntilItDrains()
    {
        var limits = Limits.Default with { OutputBytesSoft = 100_000 };
        var pair = new YamuxPair(limits);
        pair.Dialer.Session.TryOpen(out var id);
        var sent = pair.Dialer.Session.Write(id, new byte[250_000]);
        Assert.InRange(sent, 100_000, 100_000 + 65_536);
        pair.Dialer.TakeOutput();
        pair.Dialer.TakeEvents();
        Assert.Equal([new YamuxEvent(YamuxEventKind.Writable, id)], pair.Dialer.Events);
    }

    [Fact]
    public void HalfCloseOfThePeerDoesNotMakeAWriterWithoutWindowForgotten()
    {
        var pair = new YamuxPair(Limits.Default with { OutputBytesSoft = 100_000 });
        var dialer = pair.Dialer.Session;
        dialer.TryOpen(out var first);
        dialer.TryOpen(out var second);
        for (var sent = 1; sent > 0; pair.Dialer.TakeOutput())
            sent = dialer.Write(first, new byte[100_000]);
        dialer.Receive(Convert.FromHexString("0001000400000001" + "00000000"), 0);
        Assert.True(dialer.Write(second, new byte[200_000]) >= 100_000);
        dialer.Receive(Convert.FromHexString("0001000000000001" + "00000064"), 0);
        pair.Dialer.TakeEvents();
        pair.Dialer.Events.Clear();
        pair.Dialer.TakeOutput();
        pair.Dialer.TakeEvents();
        Assert.Contains(new YamuxEvent(YamuxEventKind.Writable, first), pair.Dialer.Events);
    }

    [Fact]
    public void WindowDoublesUpToItsLimitWhenReadWithinARoundTrip()
    {
        var limits = Limits.Default with { YamuxWindowBytesMax = 1024 * 1024 };
        var pair = new YamuxPair(limits);
        pair.Dialer.Session.TryOpen(out var id);
        pair.Listener.Session.Ping(0);
        pair.NowMs = 50;
        pair.Settle();
        Assert.Equal(50, pair.Listener.Session.RoundTripMs);
        Assert.InRange(LargestBurst(pair, id, stepMs: 40), 768 * 1024, 1024 * 1024);
    }

    [Fact]
    public void WindowStaysWhenTheReaderIsTheSlowOne()
    {
        var pair = new YamuxPair();
        pair.Dialer.Session.TryOpen(out var id);
        pair.Listener.Session.Ping(0);
        pair.NowMs = 1;
        pair.Settle();
        Assert.Equal(Limits.Default.YamuxWindowBytesInitial, LargestBurst(pair, id, stepMs: 500));
    }

    [Fact]
    public void WindowsOfAConnectionGrowOnlyWithinTheirCommonBudget()
    {
        var limits = Limits.Default with { YamuxWindowGrowthBytesMax = 300_000 };
        var pair = new YamuxPair(limits);
        pair.Dialer.Session.TryOpen(out var id);
        pair.Listener.Session.Ping(0);
        pair.Settle();
        var windowMax = limits.YamuxWindowBytesInitial + 300_000;
        Assert.InRange(LargestBurst(pair, id, stepMs: 0), windowMax * 3 / 4, windowMax);
    }

    [Fact]
    public void StreamOverTheLimitIsResetAndTheOthersGoOn()
    {
        var pair = new YamuxPair(Limits.Default with { StreamsInboundMax = 2 });
        for (var i = 0; i < 3; i++)
        {
            pair.Dialer.Session.TryOpen(out var id);
            pair.Dialer.Session.Write(id, "data"u8);
        }

        pair.Settle();
        Assert.Equal([new YamuxEvent(YamuxEventKind.Reset, 5)], pair.Dialer.Events);
        Assert.Equal("data"u8.ToArray(), pair.Listener.ReadAll(3));
        Assert.Equal(2, pair.Listener.Session.StreamCount);
    }

    [Fact]
    public void OpeningStopsAtTheUnacknowledgedBacklog()
    {
        var pair = new YamuxPair(Limits.Default with { StreamsUnacknowledgedMax = 2 });
        Assert.Equal(YamuxOpenStatus.Opened, pair.Dialer.Session.TryOpen(out var first));
        Assert.Equal(YamuxOpenStatus.Opened, pair.Dialer.Session.TryOpen(out _));
        Assert.Equal(YamuxOpenStatus.TooManyUnacknowledged, pair.Dialer.Session.TryOpen(out _));
        pair.Dialer.Session.Write(first, "x"u8);
        pair.Settle();
        pair.Listener.Session.Write(first, "y"u8);
        pair.Settle();
        Assert.Equal(YamuxOpenStatus.Opened, pair.Dialer.Session.TryOpen(out _));
    }

    [Fact]
    public void OpeningStopsAtTheOutboundLimit()
    {
        var pair = new YamuxPair(Limits.Default with { StreamsOutboundMax = 1 });
        pair.Dialer.Session.TryOpen(out var id);
        Assert.Equal(YamuxOpenStatus.TooManyStreams, pair.Dialer.Session.TryOpen(out _));
        pair.Dialer.Session.Reset(id);
        Assert.Equal(YamuxOpenStatus.Opened, pair.Dialer.Session.TryOpen(out _));
    }

    [Fact]
    public void GoAwayLetsOpenStreamsFinishAndRefusesNewOnes()
    {
        var id = Open();
        _pair.Dialer.Session.Write(id, "x"u8);
        _pair.Settle();
        _pair.Listener.Session.GoAway(0);
        Assert.Equal(YamuxOpenStatus.GoingAway, _pair.Listener.Session.TryOpen(out _));
        _pair.Settle();
        Assert.Contains(new YamuxEvent(YamuxEventKind.GoAway, 0), _pair.Dialer.Events);
        Assert.Equal(YamuxOpenStatus.GoingAway, _pair.Dialer.Session.TryOpen(out _));
        _pair.Listener.Session.Write(id, "still"u8);
        _pair.Settle();
        Assert.Equal("still"u8.ToArray(), _pair.Dialer.ReadAll(id));
    }

    [Fact]
    public void PingComesBackWithItsRoundTrip()
    {
        _pair.Dialer.Session.Ping(0);
        _pair.NowMs = 30;
        _pair.Settle();
        Assert.Equal([new YamuxEvent(YamuxEventKind.Pong, 0, 30)], _pair.Dialer.Events);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ManyStreamsBothWaysArriveWhole(int seed)
    {
        var pair = new YamuxPair(seed: (ulong)seed);
        var chance = new Chance((ulong)seed + 100);
        var wanted = new Dictionary<(YamuxSide, uint), byte[]>();
        for (var i = 0; i < 100; i++)
        {
            var (from, to) = i % 2 == 0 ? (pair.Dialer, pair.Listener) : (pair.Listener, pair.Dialer);
            from.Session.TryOpen(out var id);
            var data = chance.Bytes(chance.Below(20_000));
            Assert.Equal(data.Length, from.Session.Write(id, data));
            from.Session.CloseWrite(id);
            wanted[(to, id)] = data;
        }

        pair.Settle();
        foreach (var ((side, id), data) in wanted)
        {
            Assert.Equal(data, side.ReadAll(id));
        }
    }

    private static int LargestBurst(YamuxPair pair, uint id, long stepMs)
    {
        var largest = 0;
        for (var round = 0; round < 12; round++)
        {
            var burst = 0;
            while (pair.Dialer.Session.Write(id, new byte[100_000]) is var taken and > 0)
            {
                burst += taken;
                pair.Settle();
            }

            largest = Math.Max(largest, burst);
            pair.NowMs += stepMs;
            pair.Listener.ReadAll(id, pair.NowMs);
            pair.Settle();
        }

        return largest;
    }

    private uint Open()
    {
        Assert.Equal(YamuxOpenStatus.Opened, _pair.Dialer.Session.TryOpen(out var id));
        return id;
    }
}
