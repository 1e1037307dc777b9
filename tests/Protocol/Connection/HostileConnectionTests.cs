using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Protocol.Noise;
using Omega.P2P.Protocol.Tests.Support;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Tests.Connection;

/// <summary>What a peer may do to a connection, and what it costs us.</summary>
public sealed class HostileConnectionTests
{
    [Fact]
    public void AnotherPeerThanExpectedIsRefusedByName()
    {
        var pair = new ConnectionPair(dialer: settings => settings with { ExpectedPeer = ConnectionPair.Peer(99) });
        pair.Settle();
        Assert.Equal(new ConnectionEvent.Closed(CloseReason.NoiseRefused, "WrongPeer"), pair.Dialer.Closed);
        Assert.Empty(pair.Listener.Told<ConnectionEvent.HandshakeCompleted>());
    }

    [Fact]
    public void DiallingOurselvesIsRefusedByName()
    {
        var pair = new ConnectionPair(
            dialer: settings => settings with { ExpectedPeer = null },
            listener: settings => settings with { Key = ConnectionPair.Key(2) }).Settle();
        Assert.Equal(new ConnectionEvent.Closed(CloseReason.NoiseRefused, "SelfDial"), pair.Dialer.Closed);
    }

    [Theory]
    [InlineData("http", "GET / HTTP/1.1\r\n\r\n", "MissingNewline")]
    [InlineData("tls only", "\u0013/multistream/1.0.0\n\u000b/tls/1.0.0\n", "")]
    [InlineData("other version", "\u0013/multistream/9.0.0\n", "WrongVersion")]
    public void StrangersAtTheListenerEndInTheirName(string label, string text, string detail)
    {
        Assert.NotEmpty(label);
        var side = Listener();
        side.Connection.Receive(System.Text.Encoding.Latin1.GetBytes(text + new string('x', 100)), default);
        side.TakeEvents();
        if (detail.Length > 0)
        {
            Assert.Equal(new ConnectionEvent.Closed(CloseReason.SecurityNegotiationFailed, detail), side.Closed);
        }
        else
        {
            Assert.Contains("na\n", System.Text.Encoding.Latin1.GetString(ConnectionPair.TakeOutput(side)),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void SilentPeerIsGivenUpAtTheHandshakeDeadline()
    {
        var side = Listener();
        var deadline = side.Connection.NextDeadlineMs;
        Assert.Equal(Limits.Default.HandshakeTimeoutMs, deadline);
        side.Connection.Tick(new(0, deadline!.Value - 1)); // asserted above
        side.TakeEvents();
        Assert.Null(side.Closed);
        side.Connection.Tick(new(0, deadline.Value));
        side.TakeEvents();
        Assert.Equal(CloseReason.HandshakeTimeout, side.Closed?.Reason);
        Assert.Null(side.Connection.NextDeadlineMs);
    }

    [Fact]
    public void FlippedBitAfterTheHandshakeClosesTheConnection()
    {
        var pair = new ConnectionPair().Settle();
        pair.Dialer.Connection.Ping(pair.Now);
        var bytes = ConnectionPair.TakeOutput(pair.Dialer);
        bytes[7] ^= 1;
        pair.Listener.Connection.Receive(bytes, pair.Now);
        pair.Listener.TakeEvents();
        Assert.Equal(new ConnectionEvent.Closed(CloseReason.NoiseRefused, "DecryptFailed"), pair.Listener.Closed);
    }

    [Fact]
    public void YamuxViolationInsideTheChannelIsNamed()
    {
        var rogue = new RogueDialer(Listener());
        rogue.Send(Convert.FromHexString("010000010000000100000000"));
        Assert.Equal(
            new ConnectionEvent.Closed(CloseReason.YamuxViolation, "UnsupportedVersion"), rogue.Victim.Closed);
    }

    [Fact]
    public void PingFloodOfAPeerThatDoesNotReadEndsInOverflow()
    {
        // So many pings are a flood in any case; here it is what they make us say that counts.
        var limits = Limits.Default with { IdleFramesPerSecond = 1_000_000, FramesPerSecond = 10_000_000 };
        var settings = ConnectionPair.Settings(ConnectionRole.Listener, 3) with { Limits = limits };
        var rogue = new RogueDialer(new ConnectionSide(settings, default));
        var pings = Enumerable.Repeat(Convert.FromHexString("000200010000000000000001"), 5000).SelectMany(p => p);
        for (var i = 0; i < 1000 && rogue.Victim.Closed is null; i++)
        {
            rogue.Send(pings.ToArray());
        }

        Assert.Equal(CloseReason.OutputOverflow, rogue.Victim.Closed?.Reason);
        Assert.InRange(rogue.Victim.Connection.PendingOutputBytes, 0, Limits.Default.OutputBytesHard + 200_000);
    }

    [Fact]
    public void FramesOfTheChannelWithNextToNothingInThemAreRationed()
    {
        var limits = Limits.Default with { FramesPerSecond = 2_000 };
        var settings = ConnectionPair.Settings(ConnectionRole.Listener, 3) with { Limits = limits };
        var rogue = new RogueDialer(new ConnectionSide(settings, default));
        rogue.Send(Frame(YamuxFlags.Syn, 1));
        // One byte of a sound data frame in each.
        var frame = Convert.FromHexString("00000000000000010000000100");
        var sent = 0;
        for (; rogue.Victim.Closed is null; sent++) rogue.Send(frame.AsSpan(sent % frame.Length, 1));
        Assert.Equal(CloseReason.FrameFlood, rogue.Victim.Closed?.Reason);
        Assert.InRange(sent, 2_000, 4_000);
    }

    [Fact]
    public void BytesThatDribbleDoNotStretchTheHandshake()
    {
        var side = Listener();
        var hello = "\u0013/multistream/1.0.0\n\u0007/noise\n"u8;
        for (var i = 0; i < hello.Length - 1; i++)
        {
            side.Connection.Receive(hello.Slice(i, 1), new(0, i * 400));
            side.Connection.Tick(new(0, i * 400));
        }

        side.TakeEvents();
        Assert.Equal(new ConnectionEvent.Closed(CloseReason.HandshakeTimeout, "Security"), side.Closed);
    }

    [Fact]
    public void StreamsThatNeverNegotiateAreResetAtTheirDeadline()
    {
        var rogue = new RogueDialer(Listener());
        for (uint id = 1; id < 100; id += 2)
        {
            rogue.Send(Frame(YamuxFlags.Syn, id));
        }

        Assert.InRange(rogue.Victim.Connection.StreamCount, 50, 51);
        rogue.Victim.Connection.Tick(new(0, Limits.Default.StreamNegotiationTimeoutMs));
        Assert.InRange(rogue.Victim.Connection.StreamCount, 0, 1);
        Assert.Null(rogue.Victim.Closed);
    }

    [Fact]
    public void OpeningAndResettingWithoutEndLeavesNothingBehind()
    {
        var rogue = new RogueDialer(Listener());
        for (uint i = 0; i < 200; i++)
        {
            var burst = Enumerable.Range(0, 50)
                .SelectMany(k => (byte[])[
                    .. Frame(YamuxFlags.Syn, (uint)(1 + (2 * ((i * 50) + k)))),
                    .. Frame(YamuxFlags.Rst, (uint)(1 + (2 * ((i * 50) + k))))]);
            rogue.Send(burst.ToArray());
            ConnectionPair.TakeOutput(rogue.Victim);
        }

        Assert.Null(rogue.Victim.Closed);
        Assert.InRange(rogue.Victim.Connection.StreamCount, 0, 1);
        Assert.InRange(rogue.Victim.Connection.WatchedDeadlines, 0, 2 * (256 + 512) + 2);
    }

    [Fact]
    public void IdentifyPushedWithoutEndIsReadOnlySoOften()
    {
        var pair = new ConnectionPair().Settle();
        Push(100);
        Assert.InRange(pair.Listener.Told<ConnectionEvent.Identified>().Count(), 20, 22); // one was asked for
        pair.NowMs += 5_000;
        Push(100);
        Assert.InRange(pair.Listener.Told<ConnectionEvent.Identified>().Count(), 30, 33);
        Assert.Null(pair.Listener.Closed);

        void Push(int times)
        {
            for (; times > 0; times--)
            {
                pair.Dialer.Connection.PushIdentity([], pair.Now);
                pair.Settle();
            }
        }
    }

    [Fact]
    public void PingStreamsOverTheLimitAreNotServed()
    {
        var pair = new ConnectionPair().Settle();
        for (var i = 0; i < 4; i++)
        {
            pair.Open(pair.Dialer, "/ipfs/ping/1.0.0");
        }

        pair.Settle();
        Assert.Equal(2, pair.Dialer.Told<ConnectionEvent.OutboundStreamFailed>().Count());
    }

    [Fact]
    public void SilenceClosesAndKeepAliveAsksBefore()
    {
        var pair = new ConnectionPair().Settle();
        pair.NowMs = pair.Dialer.Connection.NextDeadlineMs ?? 0;
        Assert.Equal(1_000 + Limits.Default.KeepAliveIntervalMs, pair.NowMs);
        pair.Dialer.Connection.Tick(pair.Now);
        Assert.NotEqual(0, pair.Dialer.Connection.PendingOutputBytes);
        pair.NowMs = 1_000 + Limits.Default.SilenceTimeoutMs;
        pair.Dialer.Connection.Tick(pair.Now);
        pair.Dialer.TakeEvents();
        Assert.Equal(CloseReason.Silence, pair.Dialer.Closed?.Reason);
    }

    [Fact]
    public void MutatedTrafficNeverThrows()
    {
        var closed = 0;
        for (ulong seed = 0; seed < 150; seed++)
        {
            var chance = new Chance(seed);
            var pair = new ConnectionPair(seed, chunkMax: 300);
            for (var i = 0; i < 12; i++)
            {
                var bytes = ConnectionPair.TakeOutput(i % 2 == 0 ? pair.Dialer : pair.Listener);
                if (bytes.Length > 0 && chance.Below(4) == 0)
                {
                    bytes[chance.Below(bytes.Length)] ^= (byte)(1 + chance.Below(255));
                }

                (i % 2 == 0 ? pair.Listener : pair.Dialer).Connection.Receive(bytes, pair.Now);
            }

            pair.Settle();
            closed += pair.Dialer.Closed is not null || pair.Listener.Closed is not null ? 1 : 0;
        }

        Assert.InRange(closed, 30, 150);
    }

    [Fact]
    public void MutatedPlaintextInsideTheChannelNeverThrows()
    {
        for (ulong seed = 0; seed < 150; seed++)
        {
            var chance = new Chance(seed);
            var rogue = new RogueDialer(Listener());
            for (uint i = 0; i < 40 && rogue.Victim.Closed is null; i++)
            {
                var name = chance.Below(2) == 0 ? "\u0013/multistream/1.0.0\n\u0010/ipfs/id/1.0.0\n" : "\u0013/multi";
                byte[] text = [.. System.Text.Encoding.Latin1.GetBytes(name), .. chance.Bytes(chance.Below(30))];
                text[chance.Below(text.Length)] ^= (byte)(chance.Below(3) == 0 ? 1 << chance.Below(8) : 0);
                var header = new byte[YamuxHeader.Bytes];
                var flags = (YamuxFlags)(chance.Below(4) == 0 ? chance.Below(16) : 1);
                new YamuxHeader(YamuxFrameKind.Data, flags, 1 + (2 * i), (uint)text.Length).Write(header);
                rogue.Send([.. header, .. text]);
                ConnectionPair.TakeOutput(rogue.Victim);
            }

            Assert.InRange(rogue.Victim.Connection.StreamCount, 0, 60);
        }
    }

    private static ConnectionSide Listener() => new(ConnectionPair.Settings(ConnectionRole.Listener, 3), default);

    private static byte[] Frame(YamuxFlags flags, uint id)
    {
        var frame = new byte[YamuxHeader.Bytes];
        new YamuxHeader(YamuxFrameKind.WindowUpdate, flags, id, 0).Write(frame);
        return frame;
    }

    /// <summary>Does the handshake as it should, then sends any plaintext it likes.</summary>
    private sealed class RogueDialer
    {
        private readonly OutputQueue _output = new();

        public RogueDialer(ConnectionSide victim)
        {
            Victim = victim;
            using var noise = new NoiseHandshake(
                true, ConnectionPair.Key(8), null, ["/yamux/1.0.0"], new SeededRandom(9), Limits.Default);
            victim.Connection.Receive("\u0013/multistream/1.0.0\n\u0007/noise\n"u8, default);
            Assert.Equal(28, ConnectionPair.TakeOutput(victim).Length);
            noise.Start(_output);
            Flush();
            ReadOnlySpan<byte> answer = ConnectionPair.TakeOutput(victim);
            Assert.Equal(NoiseStatus.Done, noise.Receive(ref answer, _output));
            Flush();
            _output.SealWith(noise.CreateTransport());
            ConnectionPair.TakeOutput(victim);
            Assert.Single(victim.Told<ConnectionEvent.HandshakeCompleted>());
        }

        public ConnectionSide Victim { get; }

        public void Send(ReadOnlySpan<byte> plaintext)
        {
            plaintext.CopyTo(_output.GetSpan(plaintext.Length));
            _output.Advance(plaintext.Length);
            Flush();
        }

        private void Flush()
        {
            while (_output.Peek() is { Length: > 0 } piece)
            {
                Victim.Connection.Receive(piece.Span, default);
                _output.Consume(piece.Length);
            }

            Victim.TakeEvents();
        }
    }
}
