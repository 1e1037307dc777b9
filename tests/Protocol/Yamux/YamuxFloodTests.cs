using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Tests.Yamux;

/// <summary>Frames that are each allowed, and without end are not: named, and bounded in what they cost.</summary>
public sealed class YamuxFloodTests
{
    private static readonly Limits Limits = Limits.Default;
    private readonly YamuxSide _side = new(dialer: false, Limits.Default);
    private long _nowMs = 1000;

    [Theory]
    [InlineData("pings", YamuxFrameKind.Ping, 1, 0u, 7u)]
    [InlineData("answers to no ping", YamuxFrameKind.Ping, 2, 0u, 7u)]
    [InlineData("go-aways", YamuxFrameKind.GoAway, 0, 0u, 0u)]
    [InlineData("credits of nothing", YamuxFrameKind.WindowUpdate, 0, 1u, 0u)]
    [InlineData("credits of a byte", YamuxFrameKind.WindowUpdate, 0, 1u, 1u)]
    [InlineData("data of no length", YamuxFrameKind.Data, 0, 1u, 0u)]
    [InlineData("the same end again", YamuxFrameKind.Data, 4, 1u, 0u)]
    [InlineData("the same answer again", YamuxFrameKind.WindowUpdate, 2, 1u, 0u)]
    public void FramesThatCarryNothingAreRationed(string label, object kind, int flags, uint stream, uint length)
    {
        Assert.NotEmpty(label);
        Assert.True(Send(YamuxFrameKind.Data, YamuxFlags.Syn, 1, 0));
        var frame = new YamuxHeader((YamuxFrameKind)kind, (YamuxFlags)flags, stream, length);
        var most = 10 * Limits.IdleFramesPerSecond;
        Assert.InRange(Flood(frame, 10 * most), most, most + 1);
        Assert.Equal(YamuxError.IdleFlood, _side.Session.Error);
    }

    [Fact]
    public void AtTheirRateTheyGoOnForEver()
    {
        for (var second = 0; second < 100; second++)
        {
            _nowMs += 1000;
            for (var i = 0; i < Limits.IdleFramesPerSecond; i++)
                Assert.True(Send(YamuxFrameKind.Ping, YamuxFlags.Ack, 0, 3));
        }
    }

    [Fact]
    public void StreamsOpenedAndResetAreRationedAndLeaveNothingBehind()
    {
        uint id = 1;
        var frames = 0;
        while (Send(YamuxFrameKind.Data, YamuxFlags.Syn, id, 0) && Send(YamuxFrameKind.Data, YamuxFlags.Rst, id, 0))
        {
            (id, frames) = (id + 2, frames + 2);
            while (_side.Session.TryTakeEvent(out _)) Assert.InRange(_side.Session.StreamCount, 0, 1);
        }

        Assert.Equal(YamuxError.StreamFlood, _side.Session.Error);
        Assert.Equal(2 * Limits.StreamFramesPerSecond, frames);
        Assert.Equal(0, _side.Session.StreamCount);
    }

    [Fact]
    public void EndsOfStreamsThatAreGoneAreRationedToo()
    {
        Assert.True(Send(YamuxFrameKind.Data, YamuxFlags.Syn, 1, 0));
        Assert.True(Send(YamuxFrameKind.Data, YamuxFlags.Rst, 1, 0));
        var frame = new YamuxHeader(YamuxFrameKind.Data, YamuxFlags.Fin, 1, 0);
        Assert.InRange(Flood(frame, 10 * Limits.StreamFramesPerSecond), 1, 2 * Limits.StreamFramesPerSecond);
        Assert.Equal(YamuxError.StreamFlood, _side.Session.Error);
    }

    [Fact]
    public void FramesOfOneByteAreRationed()
    {
        Assert.True(Send(YamuxFrameKind.Data, YamuxFlags.Syn, 1, 0));
        var header = new byte[YamuxHeader.Bytes + 1];
        new YamuxHeader(YamuxFrameKind.Data, YamuxFlags.None, 1, 1).Write(header);
        var sent = 0;
        for (; _side.Session.Receive(header, _nowMs); sent++) _side.ReadAll(1, _nowMs);
        Assert.Equal(YamuxError.FrameFlood, _side.Session.Error);
        Assert.InRange(sent, 2 * Limits.FramesPerSecond - 2, 2 * Limits.FramesPerSecond);
    }

    [Fact]
    public void UnreadBytesOfThePeersStreamsAreCounted()
    {
        for (uint id = 1; id < 21; id += 2)
        {
            var frame = new byte[YamuxHeader.Bytes + 1000];
            new YamuxHeader(YamuxFrameKind.Data, YamuxFlags.Syn, id, 1000).Write(frame);
            Assert.True(_side.Session.Receive(frame, _nowMs));
        }

        Assert.Equal(10_000, _side.Session.UnreadInboundBytes);
        _side.ReadAll(3);
        Assert.Equal(9_000, _side.Session.UnreadInboundBytes);
    }

    private bool Send(YamuxFrameKind kind, YamuxFlags flags, uint id, uint length)
    {
        var frame = new byte[YamuxHeader.Bytes];
        new YamuxHeader(kind, flags, id, length).Write(frame);
        var isTaken = _side.Session.Receive(frame, _nowMs);
        _side.TakeOutput();
        return isTaken;
    }

    private int Flood(YamuxHeader frame, int times)
    {
        var sent = 0;
        while (sent < times && Send(frame.Kind, frame.Flags, frame.StreamId, frame.Length)) sent++;
        return sent;
    }
}
