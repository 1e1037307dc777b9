using System.Buffers;
using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Identify;
using Omega.P2P.Protocol.Multistream;
using Omega.P2P.Protocol.Ping;
using Omega.P2P.Protocol.Yamux;

namespace Omega.P2P.Protocol.Connection;

/// <summary>What happens on streams: their negotiation, and events handed to whoever owns them.</summary>
public sealed partial class Libp2pConnection
{
    private readonly ArrayBufferWriter<byte> _answer = new(64);
    private readonly RateBudget _pushes;
    private bool _peerLeaving;

    private void DrainSession()
    {
        while (_phase == Phase.Open && Session.TryTakeEvent(out var told))
        {
            if (told.Kind == YamuxEventKind.Opened)
            {
                _streams.Add(told.Stream, new ConnectionStream(told.Stream, inbound: true)
                {
                    Listener = new MultistreamListener(Accepts, Limits),
                });
                Watch(_negotiations, told.Stream, Limits.StreamNegotiationTimeoutMs, negotiating: true);
            }
            else if (told.Kind == YamuxEventKind.GoAway)
            {
                _peerLeaving = true;
                _leaveAtMs ??= NowMs + Limits.GoAwayGraceMs;
                _events.Enqueue(new ConnectionEvent.GoAwayReceived());
                CloseWhenDone();
            }
            else if (_streams.TryGetValue(told.Stream, out var stream))
            {
                OnStream(stream, told.Kind);
                _told.Add(stream);
            }
        }

        // Only now: of a stream that is gone, what was told before its end may have been told with it.
        foreach (var stream in _told) Forget(stream);
        _told.Clear();
    }

    private void OnStream(ConnectionStream stream, YamuxEventKind kind)
    {
        switch (kind)
        {
            case YamuxEventKind.Readable:
                OnReadable(stream);
                break;
            case YamuxEventKind.Writable:
                OnWritable(stream);
                break;
            case YamuxEventKind.Finished when stream.Negotiating:
                Fail(stream, OutboundFailure.Refused);
                break;
            case YamuxEventKind.Finished when stream.Handler is not null:
                stream.Handler.OnFinished(new StreamPort(this, stream));
                break;
            case YamuxEventKind.Finished:
                _events.Enqueue(new ConnectionEvent.StreamFinished(new StreamId(stream.Id)));
                break;
            case YamuxEventKind.Reset:
                OnReset(stream);
                break;
            default:
                break;
        }
    }

    private void OnReset(ConnectionStream stream)
    {
        if (stream.Handler is not null)
        {
            stream.Handler.OnFailed();
        }
        else if (stream.Dialer is not null)
        {
            _events.Enqueue(
                new ConnectionEvent.OutboundStreamFailed(new StreamId(stream.Id), OutboundFailure.Refused));
        }
        else if (stream.Opened)
        {
            _events.Enqueue(new ConnectionEvent.StreamReset(new StreamId(stream.Id)));
        }
    }

    private void OnReadable(ConnectionStream stream)
    {
        if (stream.Negotiating && !Negotiate(stream))
        {
            return;
        }

        if (Session.Readable(stream.Id) == 0)
        {
            return;
        }

        if (stream.Handler is not null)
        {
            stream.Handler.OnProgress(new StreamPort(this, stream));
        }
        else
        {
            _events.Enqueue(new ConnectionEvent.StreamData(new StreamId(stream.Id)));
        }
    }

    private void OnWritable(ConnectionStream stream)
    {
        if (stream.Pending.Length > 0)
        {
            var pending = stream.Pending;
            stream.Pending = [];
            WriteAll(stream, pending);
            if (stream.Pending.Length > 0)
            {
                return;
            }

            if (stream.CloseAfterPending)
            {
                Session.CloseWrite(stream.Id);
                return;
            }

            if (!stream.WriteBlocked && stream.Handler is null)
            {
                return;
            }
        }

        stream.WriteBlocked = false;
        if (!stream.Opened)
        {
            return;
        }

        if (stream.Handler is not null)
        {
            stream.Handler.OnProgress(new StreamPort(this, stream));
        }
        else
        {
            _events.Enqueue(new ConnectionEvent.StreamWritable(new StreamId(stream.Id)));
        }
    }

    /// <summary>Feeds unread bytes to the stream's negotiation; true once it is over and the stream open.</summary>
    private bool Negotiate(ConnectionStream stream)
    {
        var status = MultistreamStatus.NeedMore;
        while (status == MultistreamStatus.NeedMore && Session.Peek(stream.Id) is { Length: > 0 } input)
        {
            var offered = input.Length;
            status = stream.Dialer is not null
                ? stream.Dialer.Receive(ref input, _answer)
                : stream.Listener!.Receive(ref input, _answer); // negotiating streams have one of the two
            Session.Consume(stream.Id, offered - input.Length, NowMs);
        }

        WriteAll(stream, _answer.WrittenSpan);
        _answer.ResetWrittenCount();
        if (status == MultistreamStatus.Rejected)
        {
            Fail(stream, stream.Dialer?.Error == MultistreamError.NoneSupported
                ? OutboundFailure.ProtocolNotSupported
                : OutboundFailure.NegotiationBroken);
        }

        if (status != MultistreamStatus.Selected)
        {
            return false;
        }

        var protocol = stream.Dialer?.Protocol ?? stream.Listener!.Protocol; // as above
        stream.Dialer = null;
        stream.Listener = null;
        if (!stream.Opened)
        {
            OnOpened(stream, protocol);
        }

        return true;
    }

    private void OnOpened(ConnectionStream stream, string protocol)
    {
        stream.Opened = true;
        stream.Protocol = protocol;
        if (stream.Inbound)
        {
            stream.Handler = protocol switch
            {
                IdentifyMessage.ProtocolName => new IdentifyAnswer(DescribeUs()),
                IdentifyMessage.PushProtocolName => new IdentifyReader(Limits, OnIdentity),
                PingProtocol.Name => new PingAnswer(),
                _ => null,
            };
        }

        if (stream.Handler is not null)
        {
            stream.Handler.OnOpened(new StreamPort(this, stream));
        }
        else
        {
            _events.Enqueue(new ConnectionEvent.StreamOpened(new StreamId(stream.Id), protocol, stream.Inbound));
        }
    }

    /// <summary>Ends a stream whose negotiation went wrong.</summary>
    private void Fail(ConnectionStream stream, OutboundFailure failure)
    {
        Session.Reset(stream.Id);
        if (stream.Handler is not null)
        {
            stream.Handler.OnFailed();
        }
        else if (!stream.Inbound)
        {
            _events.Enqueue(new ConnectionEvent.OutboundStreamFailed(new StreamId(stream.Id), failure));
        }
    }

    private bool Accepts(string protocol)
    {
        if (protocol == IdentifyMessage.PushProtocolName && !_pushes.TryTake(NowMs))
            return false;
        var bound = protocol switch
        {
            PingProtocol.Name => Limits.PingStreamsInboundMax,
            IdentifyMessage.ProtocolName or IdentifyMessage.PushProtocolName => Limits.IdentifyStreamsInboundMax,
            _ => int.MaxValue,
        };
        return _accepted.Contains(protocol)
            && (bound == int.MaxValue
                || _streams.Values.Count(stream => stream.Inbound && stream.Protocol == protocol) < bound);
    }
}
