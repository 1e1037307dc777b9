using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Identify;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Ping;

namespace Omega.P2P.Protocol.Connection;

/// <summary>Time: deadlines, keep-alive, and the connection's own queries.</summary>
public sealed partial class Libp2pConnection
{
    private readonly Queue<(long DeadlineMs, uint Stream)> _negotiations = new();
    private readonly Queue<(long DeadlineMs, uint Stream)> _answers = new();
    private readonly long _handshakeDeadlineMs;
    private long _heardAtMs;
    private long _keepAliveAtMs;
    private bool _pinging;
    private IReadOnlyList<Multiaddr>? _listenAddresses;

    /// <summary>When <see cref="Tick"/> has something to do, in milliseconds of running time; null when closed.
    /// </summary>
    public long? NextDeadlineMs => _phase switch
    {
        Phase.Closed => null,
        Phase.Open => NextOpenDeadlineMs(),
        _ => _handshakeDeadlineMs,
    };

    internal int WatchedDeadlines => _negotiations.Count + _answers.Count;

    /// <summary>Lets time pass: gives up what took too long and keeps the connection alive. Calls before
    /// <see cref="NextDeadlineMs"/> do nothing.</summary>
    public void Tick(Instant now)
    {
        NowMs = now.RunningMs;
        if (_phase is Phase.Security or Phase.Handshake or Phase.Muxer)
        {
            if (NowMs >= _handshakeDeadlineMs)
            {
                CloseWith(CloseReason.HandshakeTimeout, _phase.ToString());
            }

            return;
        }

        if (_phase == Phase.Open && NowMs >= _heardAtMs + Limits.SilenceTimeoutMs)
        {
            CloseWith(CloseReason.Silence, "");
        }

        if (_phase == Phase.Open && NowMs >= _leaveAtMs)
        {
            CloseWith(_leaving ? CloseReason.Local : CloseReason.Remote, "streams outlived the go-away");
        }

        if (_phase != Phase.Open)
        {
            return;
        }

        GiveUp(_negotiations, negotiating: true);
        GiveUp(_answers, negotiating: false);
        if (NowMs >= _keepAliveAtMs)
        {
            KeepAlive();
        }
    }

    /// <summary>Measures the round trip with the ping protocol; <see cref="ConnectionEvent.PingCompleted"/> or
    /// <see cref="ConnectionEvent.PingFailed"/> follows. False when one is under way or no stream can be opened.
    /// </summary>
    public bool Ping(Instant now)
    {
        NowMs = now.RunningMs;
        if (_pinging)
        {
            return false;
        }

        var payload = new byte[PingProtocol.PayloadBytes];
        _settings.Random.Fill(payload);
        _pinging = OpenStream([PingProtocol.Name], new PingQuery(payload, OnPing), out var id)
            == OpenStreamStatus.Opening;
        if (_pinging)
        {
            Watch(_answers, id.Value, Limits.AnswerTimeoutMs, negotiating: false);
        }

        return _pinging;
    }

    /// <summary>Tells the peer anew what we are and where we listen (<c>/ipfs/id/push/1.0.0</c>). False when no stream
    /// can be opened.</summary>
    /// <param name="listenAddresses">Where we listen from now on.</param>
    /// <param name="now">The present.</param>
    public bool PushIdentity(IReadOnlyList<Multiaddr> listenAddresses, Instant now)
    {
        NowMs = now.RunningMs;
        _listenAddresses = listenAddresses;
        var status = OpenStream([IdentifyMessage.PushProtocolName], new IdentifyAnswer(DescribeUs()), out var id);
        if (status == OpenStreamStatus.Opening)
        {
            Watch(_answers, id.Value, Limits.AnswerTimeoutMs, negotiating: false);
        }

        return status == OpenStreamStatus.Opening;
    }

    private long NextOpenDeadlineMs()
    {
        Prune(_negotiations, negotiating: true);
        Prune(_answers, negotiating: false);
        var next = Math.Min(_keepAliveAtMs, _heardAtMs + Limits.SilenceTimeoutMs);
        next = Math.Min(next, _leaveAtMs ?? long.MaxValue);
        next = _negotiations.TryPeek(out var first) ? Math.Min(next, first.DeadlineMs) : next;
        return _answers.TryPeek(out first) ? Math.Min(next, first.DeadlineMs) : next;
    }

    private void Prune(Queue<(long DeadlineMs, uint Stream)> deadlines, bool negotiating)
    {
        while (deadlines.TryPeek(out var first) && !Waits(first.Stream, negotiating))
        {
            deadlines.Dequeue();
        }
    }

    private bool Waits(uint id, bool negotiating) =>
        _streams.TryGetValue(id, out var stream) && (!negotiating || stream.Negotiating);

    private void GiveUp(Queue<(long DeadlineMs, uint Stream)> deadlines, bool negotiating)
    {
        while (deadlines.TryPeek(out var first) && first.DeadlineMs <= NowMs)
        {
            deadlines.Dequeue();
            if (_streams.TryGetValue(first.Stream, out var stream) && Waits(first.Stream, negotiating))
            {
                Fail(stream, OutboundFailure.TimedOut);
                Forget(stream);
            }
        }
    }

    /// <summary>Remembers a deadline. A peer that opens and resets streams without end cannot make the list grow: it is
    /// cleaned once it is twice as long as streams can be open.</summary>
    private void Watch(Queue<(long DeadlineMs, uint Stream)> deadlines, uint id, long timeoutMs, bool negotiating)
    {
        if (deadlines.Count > 2 * (Limits.StreamsInboundMax + Limits.StreamsOutboundMax))
        {
            var waiting = deadlines.Where(entry => Waits(entry.Stream, negotiating)).ToArray();
            deadlines.Clear();
            foreach (var entry in waiting)
            {
                deadlines.Enqueue(entry);
            }
        }

        deadlines.Enqueue((NowMs + timeoutMs, id));
    }

    private void KeepAlive()
    {
        Session.Ping(NowMs);
        _keepAliveAtMs = NowMs + Limits.KeepAliveIntervalMs;
    }

    private void QueryIdentity()
    {
        var status = OpenStream([IdentifyMessage.ProtocolName], new IdentifyReader(Limits, OnIdentity), out var id);
        if (status == OpenStreamStatus.Opening)
        {
            Watch(_answers, id.Value, Limits.AnswerTimeoutMs, negotiating: false);
        }
    }

    private byte[] DescribeUs() => new IdentifyMessage(
        _settings.AgentVersion,
        "ipfs/0.1.0",
        _spoken,
        _listenAddresses ?? _settings.ListenAddresses,
        _settings.ObservedAddress).Encode(_settings.Key.PublicKey);

    private void OnIdentity(byte[]? message)
    {
        if (message is not null && IdentifyMessage.TryDecode(message, RemotePeer, Limits, out var identity)
            && identity is not null)
        {
            RemoteIdentity = identity;
            _events.Enqueue(new ConnectionEvent.Identified(identity));
        }
    }

    private void OnPing(long? roundTripMs)
    {
        _pinging = false;
        _events.Enqueue(
            roundTripMs is { } ms ? new ConnectionEvent.PingCompleted(ms) : new ConnectionEvent.PingFailed());
    }
}
