using System.Diagnostics;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Bulk;

namespace Omega.P2P.Federation.Tests.Support;

/// <summary>
/// Several cores with their stores on one queue and one virtual clock: links and streams are perfect, in order and
/// without delay, unless a test tampers with what goes over them.
/// </summary>
internal sealed class MeshLoop
{
    private readonly Queue<(LoopNode Node, MeshInput Input)> _queue = new();
    private readonly PriorityQueue<(LoopNode Node, int Life, TimerId Timer), (long At, long Order)> _timers = new();
    private readonly List<LoopNode> _nodes = [];
    private readonly Dictionary<(LoopNode, LinkId), (LoopNode Node, LinkId Link)> _links = [];
    private readonly Dictionary<(LoopNode, StreamId), StreamEnd> _streams = [];
    private long _last;
    private long _nowMs = 1_000_000;

    private sealed class StreamEnd(LoopNode node, StreamId id, LinkId link, bool isGossip)
    {
        public bool IsGossip { get; } = isGossip;

        public LoopNode Node { get; } = node;

        public StreamId Id { get; } = id;

        public LinkId Link { get; } = link;

        public StreamEnd Far { get; set; } = null!; // set by the one who makes the pair

        public IBulkSink? Sink { get; set; }
    }

    /// <summary>What a tampering test gives for a frame that shall not arrive.</summary>
    public static ReadOnlyMemory<byte>? Dropped => default;

    /// <summary>Frames on their way: sender, bytes; <see cref="Dropped"/> drops.</summary>
    public Func<LoopNode, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> TamperFrame { get; set; } = (_, frame) => frame;

    /// <summary>Gossip on its way: sender, bytes; <see cref="Dropped"/> drops.</summary>
    public Func<LoopNode, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> TamperGossip { get; set; } = (_, frame) => frame;

    /// <summary>Gossip frames sent so far.</summary>
    public int GossipFrames { get; private set; }

    /// <summary>Two nodes that do not reach each other.</summary>
    public HashSet<(LoopNode, LoopNode)> Apart { get; } = [];

    /// <summary>Bulk answers on their way: sender, bytes.</summary>
    public Func<LoopNode, byte[], byte[]> TamperBulk { get; set; } = (_, bytes) => bytes;

    /// <summary>Nodes that are up and say nothing.</summary>
    public HashSet<LoopNode> Mute { get; } = [];

    /// <summary>Bulk answers of these senders wait until <see cref="LetGo"/>.</summary>
    public HashSet<LoopNode> Held { get; } = [];

    private readonly List<(LoopNode Sender, StreamId Stream, byte[] Bytes)> _waiting = [];

    public Instant Now => new(1_700_000_000_000 + _nowMs, _nowMs);

    public List<string> Trace { get; } = [];

    public LoopNode Add(string name, byte seed, FakeStore? store = null, FederationLimits? limits = null)
    {
        var node = new LoopNode(name, $"/ip4/10.0.0.{seed}/tcp/5311", store ?? new FakeStore(name, seed), seed, limits);
        _nodes.Add(node);
        Start(node);
        return node;
    }

    /// <summary>A node comes back from its documents and store; its links are gone.</summary>
    public void Restart(LoopNode node)
    {
        Stop(node);
        Start(node);
        Run();
    }

    public void Stop(LoopNode node)
    {
        foreach (var (key, _) in _links.Where(l => l.Key.Item1 == node).ToList())
            Cut(node, key.Item2);
        node.IsUp = false;
        node.Life++;
        Run();
    }

    public void Start(LoopNode node)
    {
        node.IsUp = true;
        var effects = new List<MeshEffect>();
        node.Boot(Now, effects);
        CarryOut(node, effects);
        Run();
    }

    public void Give(LoopNode node, MeshInput input)
    {
        _queue.Enqueue((node, input));
        Run();
    }

    public T Command<T>(LoopNode node, MeshCommand command, TimeSpan? wait = null)
        where T : CommandResult
    {
        var id = new CommandId(++_last);
        Give(node, new MeshInput.CommandIssued(id, command));
        if (wait is { } span)
            Advance(span);
        return Assert.IsType<T>(node.Results[id]);
    }

    public void Run()
    {
        for (var steps = 0; _queue.TryDequeue(out var next); steps++)
        {
            Assert.True(steps < 100_000, "the mesh does not come to rest");
            if (!next.Node.IsUp)
                continue;
            Trace.Add($"{next.Node.Name}<{next.Input.GetType().Name}");
            var effects = new List<MeshEffect>();
            next.Node.Core.Handle(next.Input, Now, effects);
            CarryOut(next.Node, effects);
        }
    }

    public void Advance(TimeSpan span)
    {
        var until = _nowMs + (long)span.TotalMilliseconds;
        while (_timers.TryPeek(out var timer, out var due) && due.At <= until)
        {
            _timers.Dequeue();
            _nowMs = Math.Max(_nowMs, due.At);
            if (timer.Life == timer.Node.Life)
                Give(timer.Node, new NetworkInput.TimerFired(timer.Timer));
        }
        _nowMs = until;
    }

    /// <summary>Links two nodes as if the first had dialled.</summary>
    public void Connect(LoopNode from, LoopNode to)
    {
        Link(from, to);
        Run();
    }

    /// <summary>Cuts the links between two nodes and keeps them apart.</summary>
    public void Part(LoopNode one, LoopNode other)
    {
        Apart.Add((one, other));
        foreach (var (near, _) in _links.Where(l => l.Key.Item1 == one && l.Value.Item1 == other).ToList())
            Cut(one, near.Item2);
        Run();
    }

    public void Disconnect(LoopNode node)
    {
        foreach (var (key, _) in _links.Where(l => l.Key.Item1 == node).ToList())
            Cut(node, key.Item2);
        Run();
    }

    /// <summary>
    /// Opens a raw stream from a node that may say anything on it; gives the frames and bulk that come back.
    /// </summary>
    public RawStream OpenRaw(LoopNode from, LoopNode to, string protocol)
    {
        var link = _links.First(l => l.Key.Item1 == from && l.Value.Node == to).Key.Item2;
        var raw = new RawStream();
        var near = OpenPair(from, link, protocol);
        near.Sink = raw;
        raw.SendTo = payload => Give(to, new NetworkInput.FrameArrived(near.Far.Id, payload));
        from.Raw[near.Id] = raw;
        Run();
        return raw;
    }

    private void CarryOut(LoopNode node, List<MeshEffect> effects)
    {
        node.Effects.AddRange(effects);
        foreach (var effect in effects)
        {
            if (node.TryKeep(effect))
                continue;
            if (Mute.Contains(node)
                && effect is NetworkEffect.SendFrame or NetworkEffect.CloseStream or NetworkEffect.ResetStream)
                continue;
            switch (effect)
            {
                case MeshEffect.AskStore ask:
                    OnAskStore(node, ask);
                    break;
                case MeshEffect.AppendDam or MeshEffect.OpenEpoch:
                    _queue.Enqueue((node, new MeshInput.OwnHeadChanged()));
                    break;
                case NetworkEffect.Dial dial:
                    OnDial(node, dial);
                    break;
                case NetworkEffect.CancelDial:
                    break; // dials end at once
                case NetworkEffect.OpenStream open:
                    OnOpenStream(node, open);
                    break;
                case NetworkEffect.SendFrame send:
                    OnSendFrame(node, send);
                    break;
                case NetworkEffect.ReadFrames:
                    break; // here nothing is held back
                case NetworkEffect.SendBulk send:
                    OnSendBulk(node, send.Stream, send.Source);
                    break;
                case NetworkEffect.ReceiveBulk receive:
                    _streams[(node, receive.Stream)].Sink = receive.Sink;
                    break;
                case NetworkEffect.CloseStream close:
                    if (_streams.TryGetValue((node, close.Stream), out var closed) && closed.Far.Sink is null)
                        _queue.Enqueue((closed.Far.Node, new NetworkInput.StreamEnded(closed.Far.Id, false)));
                    break;
                case NetworkEffect.ResetStream reset:
                    Reset(node, reset.Stream);
                    break;
                case NetworkEffect.DropLink drop:
                    Cut(node, drop.Link);
                    break;
                case NetworkEffect.CancelTimer:
                    break; // one that fires all the same counts for nothing
                case NetworkEffect.ArmTimer arm:
                    _timers.Enqueue(
                        (node, node.Life, arm.Timer), (_nowMs + (long)arm.After.TotalMilliseconds, ++_last));
                    break;
                default:
                    throw new UnreachableException(effect.GetType().Name);
            }
        }
    }

    private void OnAskStore(LoopNode node, MeshEffect.AskStore ask)
    {
        var answer = node.Store.Answer(ask.Question);
        _queue.Enqueue((node, new MeshInput.StoreAnswered(ask.Query, node.TamperAnswer(ask.Question, answer))));
        if (ask.Question is StoreQuery.ServeContent serve)
            OnSendBulk(node, serve.Stream, node.Store.Serve(serve.What));
        if (ask.Question is StoreQuery.ServeMany many)
            OnSendBulk(node, many.Stream, node.Store.Serve(many.Items));
    }

    private void OnDial(LoopNode node, NetworkEffect.Dial dial)
    {
        node.Dials.Add((dial, _nowMs));
        if (node.SwallowsDials)
            return;
        var target = _nodes.Find(n => n.Address == dial.Address && n.IsUp && n.Peer == (dial.Peer ?? n.Peer));
        if (target is null || node.IsIsolated || target.IsIsolated || node.DialsNobody
            || Apart.Contains((node, target)) || Apart.Contains((target, node)))
            _queue.Enqueue((node, new NetworkInput.DialFailed(dial.Id, "unreachable")));
        else
            Link(node, target, dial.Id);
    }

    private void Link(LoopNode from, LoopNode to, DialId? dial = null)
    {
        var (near, far) = (new LinkId(++_last), new LinkId(++_last));
        _links[(from, near)] = (to, far);
        _links[(to, far)] = (from, near);
        _queue.Enqueue((from, new NetworkInput.LinkUp(near, to.Peer, to.Address, true, dial)));
        _queue.Enqueue((to, new NetworkInput.LinkUp(far, from.Peer, null, false)));
    }

    private StreamEnd OpenPair(LoopNode from, LinkId link, string protocol)
    {
        var (to, farLink) = _links[(from, link)];
        var isGossip = Protocol.Gossip.GossipProtocol.IsGossip(protocol);
        var near = new StreamEnd(from, new StreamId(++_last), link, isGossip);
        var far = new StreamEnd(to, new StreamId(++_last), farLink, isGossip) { Far = near };
        near.Far = far;
        _streams[(from, near.Id)] = near;
        _streams[(to, far.Id)] = far;
        _queue.Enqueue((to, new NetworkInput.StreamOpened(far.Id, farLink, protocol)));
        return near;
    }

    private void OnOpenStream(LoopNode node, NetworkEffect.OpenStream open)
    {
        if (!_links.ContainsKey((node, open.Link)))
        {
            _queue.Enqueue((node, new NetworkInput.StreamFailed(open.Request, "no link")));
            return;
        }
        if (open.Protocol == Protocol.Omega.OmegaProtocols.BlocksMany && _links[(node, open.Link)].Node.IsOld)
        {
            _queue.Enqueue((node, new NetworkInput.StreamFailed(open.Request, NetworkInput.StreamFailed.NotSpoken)));
            return;
        }
        var near = OpenPair(node, open.Link, open.Protocol);
        _queue.Enqueue((node, new NetworkInput.StreamReady(open.Request, near.Id, open.Protocol)));
    }

    private void OnSendFrame(LoopNode node, NetworkEffect.SendFrame send)
    {
        if (!_streams.TryGetValue((node, send.Stream), out var end))
            return;
        _queue.Enqueue((node, new NetworkInput.FramesSent(send.Stream, send.Payload.Length)));
        GossipFrames += end.IsGossip ? 1 : 0;
        if ((end.IsGossip ? TamperGossip : TamperFrame)(node, send.Payload) is not { } frame)
            return;
        if (end.Far.Node.Raw.TryGetValue(end.Far.Id, out var raw))
            raw.Frames.Add(frame.ToArray());
        else
            _queue.Enqueue((end.Far.Node, new NetworkInput.FrameArrived(end.Far.Id, frame)));
    }

    private void OnSendBulk(LoopNode node, StreamId stream, IBulkSource source)
    {
        using var wire = new MemoryStream();
        using (source)
        {
            var buffer = new byte[5000];
            for (int read; (read = source.Read(buffer)) > 0;)
                wire.Write(buffer, 0, read);
        }
        if (Held.Contains(node))
            _waiting.Add((node, stream, wire.ToArray()));
        else
            Arrive(node, stream, wire.ToArray());
    }

    /// <summary>What waited arrives, where somebody still wants it.</summary>
    public void LetGo(LoopNode sender)
    {
        Held.Remove(sender);
        foreach (var (_, stream, bytes) in _waiting.Where(w => w.Sender == sender).ToList())
            Arrive(sender, stream, bytes);
        _waiting.RemoveAll(w => w.Sender == sender);
        Run();
    }

    private void Arrive(LoopNode sender, StreamId stream, byte[] bytes)
    {
        if (_streams.TryGetValue((sender, stream), out var end))
            Deliver(end.Far, TamperBulk(sender, bytes));
    }

    private void Deliver(StreamEnd end, byte[] bytes)
    {
        if (end.Sink is not { } sink)
        {
            _queue.Enqueue((end.Node, new NetworkInput.StreamEnded(end.Id, true)));
            return;
        }
        for (var at = 0; at < bytes.Length; at += 3000)
        {
            if (sink.Push(bytes.AsSpan(at, Math.Min(3000, bytes.Length - at))) == BulkStep.Failed)
                break;
        }
        EndSink(end, reset: false);
    }

    private void EndSink(StreamEnd end, bool reset)
    {
        if (end.Sink is not { } sink)
            return;
        end.Sink = null;
        sink.End(reset);
        Forget(end);
        _queue.Enqueue((end.Node, new NetworkInput.BulkFinished(end.Id, sink.Outcome)));
    }

    private void Reset(LoopNode node, StreamId stream)
    {
        if (!_streams.TryGetValue((node, stream), out var end))
            return;
        EndSink(end, reset: true);
        if (end.Far.Sink is not null)
            EndSink(end.Far, reset: true);
        else
            _queue.Enqueue((end.Far.Node, new NetworkInput.StreamEnded(end.Far.Id, true)));
        Forget(end);
    }

    private void Cut(LoopNode node, LinkId link)
    {
        if (!_links.Remove((node, link), out var far))
            return;
        _links.Remove((far.Node, far.Link));
        foreach (var end in _streams.Values.Where(s => s.Node == node && s.Link == link).ToList())
        {
            EndSink(end, reset: true);
            EndSink(end.Far, reset: true);
            Forget(end);
        }
        _queue.Enqueue((node, new NetworkInput.LinkDown(link, "cut")));
        _queue.Enqueue((far.Node, new NetworkInput.LinkDown(far.Link, "cut")));
    }

    private void Forget(StreamEnd end)
    {
        _streams.Remove((end.Node, end.Id));
        _streams.Remove((end.Far.Node, end.Far.Id));
    }
}
