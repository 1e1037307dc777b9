using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Tests.Support;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Tests.Yamux;

/// <summary>What a hostile peer may send to a listener, frame by frame.</summary>
public sealed class YamuxViolationTests
{
    [Theory]
    [InlineData("version 1", "010000010000000100000000", YamuxError.UnsupportedVersion)]
    [InlineData("kind 4", "000400010000000100000000", YamuxError.UnknownKind)]
    [InlineData("flag 16", "000000110000000100000000", YamuxError.UnknownFlags)]
    [InlineData("data on the session", "000000010000000000000000", YamuxError.SessionIdOnStreamFrame)]
    [InlineData("window on the session", "000100000000000000000001", YamuxError.SessionIdOnStreamFrame)]
    [InlineData("ping on a stream", "000200010000000100000000", YamuxError.StreamIdOnSessionFrame)]
    [InlineData("go-away on a stream", "000300000000000100000000", YamuxError.StreamIdOnSessionFrame)]
    [InlineData("even id from the dialer", "000000010000000200000000", YamuxError.WrongParity)]
    [InlineData("SYN twice", "000000010000000100000000000000010000000100000000", YamuxError.StreamAlreadyOpen)]
    [InlineData("no SYN", "000000000000000100000000", YamuxError.UnknownStream)]
    [InlineData("reset of nothing", "000000080000000900000000", YamuxError.UnknownStream)]
    [InlineData("answer to nothing", "000000020000000200000000", YamuxError.UnknownStream)]
    [InlineData("one byte over the window", "000000010000000100040001", YamuxError.WindowExceeded)]
    [InlineData("window past 2^32", "0001000100000001FFFFFFFF", YamuxError.WindowOverflow)]
    [InlineData("data after FIN", "000000050000000100000000" + "000000000000000100000001",
        YamuxError.DataAfterFinish)]
    [InlineData("endless frame to a reset stream", "000000090000000100000000" + "0000000000000001FFFFFFFF",
        YamuxError.FrameTooLong)]
    public void ViolationIsNamedAndEndsTheSession(string label, string hex, YamuxError expected)
    {
        Assert.NotEmpty(label);
        var bytes = Convert.FromHexString(hex);
        for (var split = 0; split <= bytes.Length; split++)
        {
            var side = new YamuxSide(dialer: false, Limits.Default);
            side.Session.Receive(bytes.AsSpan(0, split), 0);
            Assert.False(side.Session.Receive(bytes.AsSpan(split), 0));
            Assert.Equal(expected, side.Session.Error);
            var said = Convert.ToHexString(side.TakeOutput());
            Assert.EndsWith("000300000000000000000001", said, StringComparison.Ordinal);
            Assert.False(side.Session.Receive("anything"u8, 0));
        }
    }

    [Fact]
    public void SecondWindowOfDataWithoutCreditIsRefused()
    {
        var side = new YamuxSide(dialer: false, Limits.Default);
        var frame = new byte[12 + 262_144];
        Convert.FromHexString("000000010000000100040000").CopyTo(frame, 0);
        Assert.True(side.Session.Receive(frame, 0));
        Assert.False(side.Session.Receive(Convert.FromHexString("000000000000000100000001"), 0));
        Assert.Equal(YamuxError.WindowExceeded, side.Session.Error);
    }

    [Fact]
    public void EverySplitOfASessionTellsTheSame()
    {
        var source = new YamuxSide(dialer: true, Limits.Default);
        source.Session.TryOpen(out var id);
        source.Session.Write(id, "hello"u8);
        source.Session.Ping(0);
        source.Session.TryOpen(out var other);
        source.Session.CloseWrite(other);
        source.Session.Write(id, "world"u8);
        source.Session.CloseWrite(id);
        source.Session.GoAway(0);
        var bytes = source.TakeOutput();
        var whole = Play(bytes, bytes.Length);
        Assert.Equal(6, whole.Events.Count);
        for (var split = 1; split < bytes.Length; split++)
        {
            var side = Play(bytes, split);
            Assert.Equal(whole.Events, side.Events);
            Assert.Equal("helloworld"u8.ToArray(), side.ReadAll(id));
        }
    }

    [Fact]
    public void MutatedInputNeverThrowsAndHoldsAtMostItsWindows()
    {
        var limits = Limits.Default with { StreamsInboundMax = 8, YamuxWindowBytesInitial = 4096 };
        for (ulong seed = 0; seed < 300; seed++)
        {
            var chance = new Chance(seed);
            var side = new YamuxSide(dialer: false, limits);
            for (var i = 0; i < 200 && side.Session.Error == YamuxError.None; i++)
            {
                side.Session.Receive(Frame(chance), i);
                side.TakeEvents();
                Disturb(side, chance, i);
                Assert.InRange(side.Session.StreamCount, 0, 8 + 4);
            }

            var held = Enumerable.Range(0, 64).Sum(id => side.Session.Readable((uint)id));
            Assert.InRange(held, 0, 12 * (long)limits.YamuxWindowBytesMax);
        }
    }

    private static YamuxSide Play(byte[] bytes, int split)
    {
        var side = new YamuxSide(dialer: false, Limits.Default);
        Assert.True(side.Session.Receive(bytes.AsSpan(0, split), 0));
        Assert.True(side.Session.Receive(bytes.AsSpan(split), 0));
        side.TakeEvents();
        return side;
    }

    private static byte[] Frame(Chance chance)
    {
        var length = chance.Below(3) == 0 ? chance.Below(6000) : chance.Below(20);
        var frame = new byte[12 + (chance.Below(5) == 0 ? chance.Below(6000) : length)];
        chance.Bytes(frame.Length).CopyTo(frame, 0);
        var flags = (YamuxFlags)(chance.Below(3) == 0 ? chance.Below(16) : chance.Below(2));
        var kind = chance.Below(6) == 0 ? (YamuxFrameKind)chance.Below(4) : YamuxFrameKind.Data;
        new YamuxHeader(kind, flags, (uint)chance.Below(20), (uint)length).Write(frame);
        frame[0] = (byte)(chance.Below(200) == 0 ? 1 : 0);
        return frame[..(kind == YamuxFrameKind.Data ? frame.Length : 12)];
    }

    private static void Disturb(YamuxSide side, Chance chance, long nowMs)
    {
        var id = (uint)chance.Below(20);
        switch (chance.Below(6))
        {
            case 0:
                side.ReadAll(id, nowMs);
                break;
            case 1:
                side.Session.Reset(id);
                break;
            case 2:
                side.Session.CloseWrite(id);
                break;
            case 3:
                side.Session.Write(id, new byte[chance.Below(9000)]);
                break;
            case 4 when side.Session.StreamCount < 12:
                side.Session.TryOpen(out _);
                break;
            default:
                side.TakeOutput();
                break;
        }
    }
}
