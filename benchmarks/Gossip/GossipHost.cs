using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Threading.Channels;
using Omega.P2P.Federation;
using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Gossiping;
using Omega.P2P.Node.Keys;
using Omega.P2P.Node.Time;
using Omega.P2P.Node.Transport;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Gossip;

namespace Omega.P2P.Benchmarks.Gossip;

/// <summary>
/// A node that only gossips, on any topic: the shipped router, streams, links and TCP transport, driven by one loop as
/// the shipped node is. Topics of a whole node belong to its mesh, so comparisons with other people's programs use
/// this.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class GossipHost : IDisposable
{
    private readonly Channel<Action> _inputs = Channel.CreateUnbounded<Action>(
        new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<TimerId, Timer> _timers = new();
    private readonly List<TaskCompletionSource> _waitingToPublish = [];
    private readonly Dictionary<LinkId, PeerId> _links = [];
    private readonly List<MeshEffect> _effects = [];
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Generate(SystemRandom.Instance);
    private readonly Outbox _outbox = new(SystemRandom.Instance);
    private readonly StreamTable _streams = new();
    private readonly GossipStreams _gossip;
    private readonly TcpTransport _transport;
    private readonly Task _running;

    public GossipHost(Func<GossipOptions, GossipOptions>? change = null)
    {
        var options = new GossipOptions { Signer = _key, Random = SystemRandom.Instance };
        Router = new GossipRouter(change?.Invoke(options) ?? options);
        _gossip = new GossipStreams(_outbox, _streams, Router, OnGossip);
        _transport = new TcpTransport(_key, SystemRandom.Instance, input => Post(() => On(input)));
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(64);
        _transport.Listen([socket]);
        _running = Task.Run(RunAsync);
    }

    public GossipRouter Router { get; }

    public PeerId Peer => _key.PublicKey.ToPeerId();

    /// <summary>Without /p2p/.</summary>
    public string Address => _transport.Addresses[0].ToString();

    /// <summary>Called on the loop for each delivered message.</summary>
    public Action<GossipMessage> OnDelivered { get; set; } = _ => { };

    public ConcurrentQueue<GossipEffect.Fault> Faults { get; } = new();

    public void Dial(string address, PeerId peer) => Post(() => _outbox.Dial(address, peer));

    public void Join(string topic) => Post(() => _gossip.Handle(new GossipInput.Join(topic, new TopicSettings())));

    /// <summary>Publishes; waits while peers have not read what went before.</summary>
    public async Task PublishAsync(string topic, byte[] data)
    {
        while (true)
        {
            var status = PublishStatus.Published;
            TaskCompletionSource? writable = null;
            await CallAsync(() =>
            {
                status = _gossip.Publish(topic, data);
                if (status != PublishStatus.Busy) return;
                writable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _waitingToPublish.Add(writable);
            }).ConfigureAwait(false);
            if (writable is null)
            {
                if (status == PublishStatus.Published) return;
                throw new InvalidOperationException($"publishing: {status}");
            }

            await writable.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Asks the router something, on the loop.</summary>
    public async Task<T> AskAsync<T>(Func<GossipRouter, T> question)
    {
        var answer = default(T)!; // set before the task ends
        await CallAsync(() => answer = question(Router)).ConfigureAwait(false);
        return answer;
    }

    public void Dispose()
    {
        _inputs.Writer.TryComplete();
        _running.Wait();
        _transport.Dispose();
        foreach (var timer in _timers.Values) timer.Dispose();
        _key.Dispose();
    }

    private Task CallAsync(Action call)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            call();
            done.SetResult();
        });
        return done.Task;
    }

    private void Post(Action input) => _inputs.Writer.TryWrite(input);

    private async Task RunAsync()
    {
        await foreach (var input in _inputs.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            _outbox.Begin(SystemClock.Now(), _effects);
            input();
            foreach (var effect in _effects) Carry((NetworkEffect)effect);
            _effects.Clear();
        }
    }

    private void Carry(NetworkEffect effect)
    {
        if (effect is NetworkEffect.CancelTimer cancelled)
        {
            if (_timers.TryRemove(cancelled.Timer, out var unwanted)) unwanted.Dispose();
            return;
        }

        if (effect is not NetworkEffect.ArmTimer arm)
        {
            _transport.Carry(effect);
            return;
        }

        var timer = new Timer(_ => Post(() => Fire(arm.Timer)));
        _timers[arm.Timer] = timer;
        timer.Change(arm.After, Timeout.InfiniteTimeSpan);
    }

    private void Fire(TimerId id)
    {
        if (_timers.TryRemove(id, out var timer)) timer.Dispose();
        _outbox.OnTimer(id);
    }

    private void On(NetworkInput input)
    {
        switch (input)
        {
            case NetworkInput.LinkUp up:
                _links[up.Link] = up.Peer;
                _gossip.OnLinkUp(up.Link, up.Peer, up.Outbound, up.Remote);
                break;
            case NetworkInput.LinkDown down when _links.Remove(down.Link, out var peer):
                _gossip.OnLinkDown(down.Link, peer);
                _outbox.OnLinkDown(down.Link, down.Reason);
                _streams.OnLinkDown(down.Link);
                break;
            case NetworkInput.StreamOpened opened when GossipProtocol.IsGossip(opened.Protocol)
                && _links.TryGetValue(opened.Link, out var peer):
                _gossip.OnOpened(opened.Stream, opened.Link, peer);
                break;
            case NetworkInput.StreamOpened opened:
                _outbox.Reset(opened.Stream);
                break;
            case NetworkInput.StreamReady ready:
                _outbox.OnStreamReady(ready.Request, ready.Stream, ready.Protocol);
                break;
            case NetworkInput.StreamFailed failed:
                _outbox.OnStreamFailed(failed.Request, failed.Reason);
                break;
            case NetworkInput.FrameArrived frame:
                _streams.OnFrame(frame.Stream, frame.Payload);
                break;
            case NetworkInput.FramesSent sent:
                _streams.OnSent(sent.Stream, sent.Bytes);
                break;
            case NetworkInput.StreamEnded ended:
                _streams.OnEnded(ended.Stream, ended.Reset);
                break;
            default:
                break; // addresses and failed dials: whoever measures sees that a link is missing
        }
    }

    private void OnGossip(GossipEffect effect)
    {
        switch (effect)
        {
            case GossipEffect.Deliver deliver:
                OnDelivered(deliver.Message);
                break;
            case GossipEffect.Fault fault:
                Faults.Enqueue(fault);
                break;
            case GossipEffect.Writable:
                foreach (var waiting in _waitingToPublish) waiting.SetResult();
                _waitingToPublish.Clear();
                break;
            default:
                break;
        }
    }
}
