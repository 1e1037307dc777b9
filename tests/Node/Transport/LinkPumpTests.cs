using System.Net;
using System.Net.Sockets;
using Omega.P2P.Engine.Links;
using Omega.P2P.Federation;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Time;
using Omega.P2P.Node.Transport;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Connection;
using StreamId = Omega.P2P.Federation.StreamId;

namespace Omega.P2P.Node.Tests.Transport;

/// <summary>One link over a real socket, whose other end the test plays.</summary>
public sealed class LinkPumpTests : IDisposable
{
    private const string Protocol = "/omega/catalog/1";

    private readonly Socket _ours;
    private readonly Socket _theirs;
    private readonly Libp2pConnection _peer;
    private readonly LinkPump _pump;
    private readonly List<ConnectionEvent> _heard = [];
    private readonly TaskCompletionSource<LinkId> _up = new();
    private readonly TaskCompletionSource<StreamId> _stream = new();
    private readonly TaskCompletionSource<object> _finished = new();
    private readonly TaskCompletionSource _down = new();

    public LinkPumpTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _ours = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _ours.Connect(listener.LocalEndPoint!); // bound
        _theirs = listener.Accept();
        var (our, their) = (Key(), Key());
        _peer = new Libp2pConnection(
            new ConnectionSettings
            {
                Role = ConnectionRole.Listener,
                Key = their,
                Random = SystemRandom.Instance,
                Protocols = [Protocol],
            },
            SystemClock.Now());
        var settings = new ConnectionSettings
        {
            Role = ConnectionRole.Dialer,
            Key = our,
            Random = SystemRandom.Instance,
            ExpectedPeer = their.PublicKey.ToPeerId(),
        };
        _pump = new LinkPump(
            _ours,
            waits => new LinkSession(new LinkId(1), settings, null, new DialId(1), SystemClock.Now(), waits),
            Hear,
            UploadBudgets.None);
    }

    [Fact]
    public async Task LinkThatIsClosedTellsThePeerAndEndsTheSocket()
    {
        var running = _pump.RunAsync();
        Speak(() => _up.Task.IsCompleted);
        _pump.Close("enough");
        Assert.True(Speak(() => false)); // to the end of the bytes
        Assert.Single(_heard.OfType<ConnectionEvent.GoAwayReceived>());
        _theirs.Dispose();
        await running.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task ClosedLinkWhosePeerReadsNothingAndSaysNothingIsOverAllTheSame()
    {
        // So that what is sent stays ours; a connection with such buffers may rest for seconds at a time.
        (_ours.SendBufferSize, _theirs.ReceiveBufferSize) = (4096, 4096);
        var running = _pump.RunAsync();
        Speak(() => _up.Task.IsCompleted);
        _pump.Apply(new NetworkEffect.OpenStream(new RequestId(1), await _up.Task, Protocol));
        Speak(() => _stream.Task.IsCompleted);
        _pump.Apply(new NetworkEffect.SendFrame(await _stream.Task, new byte[200_000]));
        _pump.Close("it reads nothing");
        await running.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task SinkThatThrowsEndsItsBulkAndItsLinkEndsAsItShould()
    {
        var running = _pump.RunAsync();
        Speak(() => _up.Task.IsCompleted);
        _pump.Apply(new NetworkEffect.OpenStream(new RequestId(1), await _up.Task, Protocol));
        Speak(() => _stream.Task.IsCompleted);
        var stream = await _stream.Task;
        _pump.Apply(new NetworkEffect.SendFrame(stream, new byte[10]));
        _pump.Apply(new NetworkEffect.ReceiveBulk(stream, new Defect()));
        Speak(() => _heard.OfType<ConnectionEvent.StreamOpened>().Any());
        var theirs = _heard.OfType<ConnectionEvent.StreamOpened>().Single().Stream;
        Assert.Equal(1000, _peer.Write(theirs, new byte[1000]));
        Speak(() => _finished.Task.IsCompleted);
        Assert.Equal("ended", await _finished.Task);
        Speak(() => _heard.OfType<ConnectionEvent.StreamReset>().Any());
        Assert.Single(_heard.OfType<ConnectionEvent.StreamReset>());
        _pump.Close("enough");
        _theirs.Dispose();
        await running.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(_down.Task.IsCompleted); // it does not wait for a pump that is gone
    }

    public void Dispose()
    {
        _pump.Dispose();
        _peer.Dispose();
        _theirs.Dispose();
        _ours.Dispose();
    }

    private static Ed25519PrivateKey Key() => Ed25519PrivateKey.Generate(SystemRandom.Instance);

    private void Hear(NetworkInput input)
    {
        if (input is NetworkInput.LinkUp up) _up.TrySetResult(up.Link);
        if (input is NetworkInput.StreamReady ready) _stream.TrySetResult(ready.Stream);
        if (input is NetworkInput.BulkFinished finished) _finished.TrySetResult(finished.Outcome);
        if (input is NetworkInput.LinkDown) _down.TrySetResult();
    }

    /// <summary>Plays the peer; true at the end of what the link says.</summary>
    private bool Speak(Func<bool> isEnough)
    {
        var buffer = new byte[4096];
        _theirs.ReceiveTimeout = 50;
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 10 && !isEnough();)
        {
            for (var left = _peer.PeekOutput(); !left.IsEmpty; left = _peer.PeekOutput())
                _peer.ConsumeOutput(_theirs.Send(left.Span));
            while (_peer.TryTakeEvent(out var told)) _heard.Add(told!); // true says it is there
            try
            {
                var count = _theirs.Receive(buffer);
                if (count == 0) return true;
                _peer.Receive(buffer.AsSpan(0, count), SystemClock.Now());
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                continue;
            }
        }

        return false;
    }

    /// <summary>What no sink should do.</summary>
    private sealed class Defect : IBulkSink
    {
        public object Outcome { get; private set; } = "under way";

        public BulkStep Push(ReadOnlySpan<byte> bytes) => throw new ArithmeticException("a defect");

        public void End(bool reset) => Outcome = "ended";
    }
}
