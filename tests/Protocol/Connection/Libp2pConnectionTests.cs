using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Connection;

public sealed class Libp2pConnectionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void BothSidesComeToKnowEachOther(int chunkMax)
    {
        var listens = Parse("/ip4/192.0.2.7/tcp/5311");
        var seen = Parse("/ip4/198.51.100.1/tcp/40000");
        var pair = new ConnectionPair(
            chunkMax: chunkMax,
            dialer: settings => settings with { ObservedAddress = seen },
            listener: settings => settings with { ListenAddresses = [listens] }).Settle();
        Assert.Equal(
            new ConnectionEvent.HandshakeCompleted(ConnectionPair.Peer(3)),
            pair.Dialer.Told<ConnectionEvent.HandshakeCompleted>().Single());
        Assert.Equal(ConnectionPair.Peer(2), pair.Listener.Connection.RemotePeer);
        var identity = pair.Dialer.Connection.RemoteIdentity;
        Assert.NotNull(identity);
        Assert.Equal("omega/0.1.0", identity.AgentVersion);
        Assert.Equal([listens], identity.ListenAddresses);
        Assert.Equal([ConnectionPair.Echo, "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0"],
            identity.Protocols);
        Assert.Equal(seen, pair.Listener.Connection.RemoteIdentity?.ObservedAddress);
        Assert.Equal(0, pair.Dialer.Connection.StreamCount);
        Assert.Equal(0, pair.Listener.Connection.StreamCount);
    }

    [Fact]
    public void PingMeasuresTheRoundTrip()
    {
        var pair = new ConnectionPair().Settle();
        Assert.True(pair.Dialer.Connection.Ping(pair.Now));
        Assert.False(pair.Dialer.Connection.Ping(pair.Now));
        pair.NowMs += 25;
        pair.Settle();
        Assert.Equal([new ConnectionEvent.PingCompleted(25)], pair.Dialer.Told<ConnectionEvent.PingCompleted>());
        Assert.Equal(0, pair.Dialer.Connection.StreamCount);
        Assert.True(pair.Listener.Connection.Ping(pair.Now));
        pair.Settle();
        Assert.Single(pair.Listener.Told<ConnectionEvent.PingCompleted>());
    }

    [Fact]
    public void StreamCarriesAnEchoAndEndsOnBothSides()
    {
        var pair = new ConnectionPair().Settle();
        var id = pair.Open(pair.Dialer);
        Assert.Equal(5, pair.Dialer.Connection.Write(id, "hello"u8));
        pair.Dialer.Connection.CloseWrite(id);
        pair.Settle();
        Assert.Contains(new ConnectionEvent.StreamOpened(id, ConnectionPair.Echo, Inbound: true), pair.Listener.Events);
        Assert.Contains(new ConnectionEvent.StreamData(id), pair.Listener.Events);
        Assert.Contains(new ConnectionEvent.StreamFinished(id), pair.Listener.Events);
        Assert.Equal("hello"u8.ToArray(), pair.Listener.ReadAll(id, pair.Now));
        Assert.Equal(6, pair.Listener.Connection.Write(id, "hello!"u8));
        pair.Listener.Connection.CloseWrite(id);
        pair.Settle();
        Assert.Equal("hello!"u8.ToArray(), pair.Dialer.ReadAll(id, pair.Now));
        Assert.Equal(0, pair.Dialer.Connection.StreamCount);
        Assert.Equal(0, pair.Listener.Connection.StreamCount);
    }

    [Fact]
    public void StreamBeforeIdentifyOpensAfterItsAnswer()
    {
        var pair = new ConnectionPair();
        while (pair.Dialer.Connection.OpenStream([ConnectionPair.Echo], pair.Now, out _) == OpenStreamStatus.NotReady)
        {
            Assert.True(pair.Move(pair.Dialer, pair.Listener) | pair.Move(pair.Listener, pair.Dialer));
        }

        Assert.Empty(pair.Dialer.Told<ConnectionEvent.StreamOpened>());
        pair.Settle();
        Assert.Single(pair.Dialer.Told<ConnectionEvent.StreamOpened>());
        Assert.Single(pair.Listener.Told<ConnectionEvent.StreamOpened>());
    }

    [Fact]
    public void SecondChoiceIsTakenWhenTheFirstIsUnknown()
    {
        var pair = new ConnectionPair().Settle();
        pair.Dialer.Connection.OpenStream(["/test/unknown/1", ConnectionPair.Echo], pair.Now, out var id);
        pair.Settle();
        Assert.Contains(new ConnectionEvent.StreamOpened(id, ConnectionPair.Echo, Inbound: false), pair.Dialer.Events);
    }

    [Fact]
    public void UnknownProtocolFailsTheStreamOnly()
    {
        var pair = new ConnectionPair().Settle();
        var id = pair.Open(pair.Dialer, "/test/unknown/1");
        pair.Settle();
        Assert.Equal(
            [new ConnectionEvent.OutboundStreamFailed(id, OutboundFailure.ProtocolNotSupported)],
            pair.Dialer.Told<ConnectionEvent.OutboundStreamFailed>());
        Assert.Null(pair.Dialer.Closed);
        Assert.Equal(0, pair.Listener.Connection.StreamCount);
    }

    [Fact]
    public void ResetReachesTheOtherSideOnce()
    {
        var pair = new ConnectionPair().Settle();
        var id = pair.Open(pair.Dialer);
        pair.Dialer.Connection.Write(id, "x"u8);
        pair.Settle();
        pair.Listener.Connection.Reset(id);
        pair.Settle();
        Assert.Equal([new ConnectionEvent.StreamReset(id)], pair.Dialer.Told<ConnectionEvent.StreamReset>());
        Assert.Empty(pair.Listener.Told<ConnectionEvent.StreamReset>());
        Assert.Equal(0, pair.Dialer.Connection.Write(id, "y"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void HundredStreamsBothWaysArriveWholeUnderBackpressure(int seed)
    {
        var limits = Limits.Default with { OutputBytesSoft = 100_000, YamuxWindowBytesMax = 512 * 1024 };
        var pair = new ConnectionPair(
            (ulong)seed,
            dialer: settings => settings with { Limits = limits },
            listener: settings => settings with { Limits = limits }).Settle();
        var transfers = new List<Transfer>();
        var chance = new Chance((ulong)seed);
        for (var i = 0; i < 100; i++)
        {
            var (from, to) = i % 2 == 0 ? (pair.Dialer, pair.Listener) : (pair.Listener, pair.Dialer);
            var data = chance.Bytes(chance.Below(60_000) * (i % 20 == 0 ? 12 : 1));
            transfers.Add(new Transfer(from, to, pair.Open(from), data));
        }

        for (var round = 0; transfers.Exists(transfer => !transfer.Done); round++)
        {
            Assert.InRange(round, 0, 5000);
            pair.NowMs += 1;
            transfers.ForEach(transfer => transfer.Step(pair.Now, chance));
            pair.Move(pair.Dialer, pair.Listener);
            pair.Move(pair.Listener, pair.Dialer);
        }

        Assert.All(transfers, transfer => Assert.Equal(transfer.Data, transfer.Received.ToArray()));
        pair.Settle();
        Assert.Equal(0, pair.Dialer.Connection.StreamCount);
        Assert.Equal(0, pair.Listener.Connection.StreamCount);
    }

    [Fact]
    public void SameSeedGivesTheSameBytes()
    {
        static byte[] Play()
        {
            var pair = new ConnectionPair(seed: 5).Settle();
            var id = pair.Open(pair.Dialer);
            pair.Dialer.Connection.Write(id, "again"u8);
            pair.Dialer.Connection.Ping(pair.Now);
            return ConnectionPair.TakeOutput(pair.Dialer);
        }

        Assert.Equal(Play(), Play());
    }

    [Fact]
    public void GoAwayClosesBothSidesAfterTheLastStream()
    {
        var pair = new ConnectionPair().Settle();
        var id = pair.Open(pair.Dialer);
        pair.Settle();
        pair.Listener.Connection.GoAway();
        pair.Settle();
        Assert.Single(pair.Dialer.Told<ConnectionEvent.GoAwayReceived>());
        Assert.Equal(OpenStreamStatus.GoingAway, pair.Dialer.Connection.OpenStream(["/x"], pair.Now, out _));
        Assert.Null(pair.Listener.Closed);
        pair.Dialer.Connection.CloseWrite(id);
        pair.Listener.Connection.CloseWrite(id);
        pair.Settle();
        Assert.Equal(CloseReason.Local, pair.Listener.Closed?.Reason);
        Assert.Equal(CloseReason.Remote, pair.Dialer.Closed?.Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EndThatComesTogetherWithDataIsToldToo(bool reset)
    {
        var pair = new ConnectionPair().Settle();
        var id = pair.Open(pair.Dialer);
        pair.Settle();
        var theirs = Assert.Single(pair.Listener.Told<ConnectionEvent.StreamOpened>()).Stream;
        pair.Listener.Connection.CloseWrite(theirs);
        pair.Settle();
        pair.Dialer.Connection.Write(id, "last words"u8);
        if (reset) pair.Dialer.Connection.Reset(id);
        else pair.Dialer.Connection.CloseWrite(id);
        pair.Listener.Connection.Receive(ConnectionPair.TakeOutput(pair.Dialer), pair.Now);
        pair.Listener.TakeEvents();
        Assert.Equal(reset ? 1 : 0, pair.Listener.Told<ConnectionEvent.StreamReset>().Count());
        Assert.Equal(reset ? 0 : 1, pair.Listener.Told<ConnectionEvent.StreamFinished>().Count());
        if (!reset) Assert.Equal("last words"u8, pair.Listener.ReadAll(theirs, pair.Now));
    }

    [Fact]
    public void StreamThatIsNeverEndedDoesNotKeepAConnectionThatGoesAway()
    {
        var pair = new ConnectionPair().Settle();
        pair.Open(pair.Dialer);
        pair.Settle();
        pair.Listener.Connection.GoAway();
        pair.Settle();
        foreach (var side in new[] { pair.Listener, pair.Dialer })
        {
            var due = pair.Now.RunningMs + Limits.Default.GoAwayGraceMs;
            Assert.InRange(side.Connection.NextDeadlineMs ?? 0, 1, due);
            side.Connection.Tick(new Instant(0, due - 1));
            Assert.False(side.Connection.IsClosed);
            side.Connection.Tick(new Instant(0, due));
            Assert.True(side.Connection.IsClosed);
        }
    }

    [Fact]
    public void ContentProducedInPlaceArrives()
    {
        var pair = new ConnectionPair().Settle();
        var id = pair.Open(pair.Dialer);
        var room = pair.Dialer.Connection.ReserveWrite(id, 20_000);
        Assert.InRange(room.Length, 4096, 65_536);
        room[..4096].Fill(9);
        pair.Dialer.Connection.CommitWrite(id, 4096);
        pair.Settle();
        Assert.Equal(Enumerable.Repeat((byte)9, 4096).ToArray(), pair.Listener.ReadAll(id, pair.Now));
    }

    internal static Multiaddr Parse(string text)
    {
        Assert.True(Multiaddr.TryParse(text, out var address, out var error), error.ToString());
        return address;
    }

    private sealed class Transfer(ConnectionSide from, ConnectionSide to, StreamId id, byte[] data)
    {
        private int _sent;
        private bool _closed;

        public byte[] Data => data;

        public MemoryStream Received { get; } = new();

        public bool Done => _closed && Received.Length == data.Length;

        public void Step(Instant now, Chance chance)
        {
            var burst = Math.Min(data.Length - _sent, chance.Below(50_000));
            _sent += from.Connection.Write(id, data.AsSpan(_sent, burst));
            if (_sent == data.Length && !_closed && from.Told<ConnectionEvent.StreamOpened>().Any(e => e.Stream == id))
            {
                _closed = true;
                from.Connection.CloseWrite(id);
            }

            if (chance.Below(3) > 0)
            {
                Received.Write(to.ReadAll(id, now));
            }

            if (Done)
            {
                to.Connection.CloseWrite(id);
            }
        }
    }
}
