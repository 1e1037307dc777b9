using System.Diagnostics;
using Omega.P2P.Federation;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Connection;
using Omega.P2P.Protocol.Gossip;

namespace Omega.P2P.Engine.Links;

/// <summary>Streams: the node's effects, and the bytes of both directions.</summary>
public sealed partial class LinkSession
{
    private const int BulkChunk = 64 * 1024;

    /// <summary>
    /// What a driver does with an effect whose link is gone: wishes fail, sinks finish, sources are given back.
    /// </summary>
    public static void Refuse(NetworkEffect effect, ICollection<NetworkInput> inputs)
    {
        switch (effect)
        {
            case NetworkEffect.OpenStream open:
                inputs.Add(new NetworkInput.StreamFailed(open.Request, "the link is gone"));
                break;
            case NetworkEffect.ReceiveBulk bulk:
                bulk.Sink.End(reset: true);
                inputs.Add(new NetworkInput.BulkFinished(bulk.Stream, bulk.Sink.Outcome));
                break;
            case NetworkEffect.SendBulk bulk:
                bulk.Source.Dispose();
                inputs.Add(new NetworkInput.BulkSent(bulk.Stream));
                break;
            default:
                break; // nobody hears what is said on a link that is gone
        }
    }

    /// <summary>
    /// Carries out one effect of the node that concerns this link. Effects on streams that are gone are dropped:
    /// the node hears, or has heard, of the end.
    /// </summary>
    public void Apply(NetworkEffect effect, Instant now, ICollection<NetworkInput> inputs)
    {
        switch (effect)
        {
            case NetworkEffect.OpenStream open:
                Open(open, now, inputs);
                break;
            case NetworkEffect.SendFrame send:
                Send(send, now, inputs);
                break;
            case NetworkEffect.ReadFrames read:
                if (_streams.TryGetValue(read.Stream, out var readable))
                {
                    readable.FrameCredit += read.Count;
                    Read(readable, now, inputs);
                }

                break;
            case NetworkEffect.SendBulk bulk:
                SendBulk(bulk, now, inputs);
                break;
            case NetworkEffect.ReceiveBulk bulk:
                ReceiveBulk(bulk, now, inputs);
                break;
            case NetworkEffect.CloseStream close:
                if (_streams.TryGetValue(close.Stream, out var closing))
                {
                    closing.CloseWhenDrained = true;
                    Write(closing, now, inputs);
                }

                break;
            case NetworkEffect.ResetStream reset:
                if (_streams.TryGetValue(reset.Stream, out var dropped)) Drop(dropped, inputs);
                break;
            case NetworkEffect.DropLink drop:
                Close(drop.Reason, now, inputs);
                break;
            default:
                throw new UnreachableException();
        }

        Drain(now, inputs);
    }

    private void Open(NetworkEffect.OpenStream open, Instant now, ICollection<NetworkInput> inputs)
    {
        IReadOnlyList<string> protocols = GossipProtocol.IsGossip(open.Protocol) ? GossipProtocol.All : [open.Protocol];
        var status = _connection.OpenStream(protocols, now, out var wire);
        if (status == OpenStreamStatus.Opening)
            Add(wire, inbound: false).Request = open.Request;
        else
            inputs.Add(new NetworkInput.StreamFailed(open.Request, status.ToString()));
    }

    private void Send(NetworkEffect.SendFrame send, Instant now, ICollection<NetworkInput> inputs)
    {
        if (!_streams.TryGetValue(send.Stream, out var stream)) return;
        var framed = new byte[Varint.Length((ulong)send.Payload.Length) + send.Payload.Length];
        var prefix = Varint.Write((ulong)send.Payload.Length, framed);
        send.Payload.Span.CopyTo(framed.AsSpan(prefix));
        stream.Outgoing.Enqueue(framed);
        stream.OutgoingBytes += framed.Length;
        stream.OutgoingPayloads?.Enqueue(send.Payload.Length);
        Write(stream, now, inputs);
    }

    private void SendBulk(NetworkEffect.SendBulk bulk, Instant now, ICollection<NetworkInput> inputs)
    {
        if (!_streams.TryGetValue(bulk.Stream, out var stream))
        {
            Refuse(bulk, inputs);
            return;
        }

        stream.Source = bulk.Source;
        stream.CloseWhenDrained = true;
        Write(stream, now, inputs);
    }

    /// <summary>Every sink is finished exactly once, also when its stream is gone before it was handed in.</summary>
    private void ReceiveBulk(NetworkEffect.ReceiveBulk bulk, Instant now, ICollection<NetworkInput> inputs)
    {
        if (!_streams.TryGetValue(bulk.Stream, out var stream))
        {
            Refuse(bulk, inputs);
            return;
        }

        stream.Sink = bulk.Sink;
        Read(stream, now, inputs);
    }

    private void Drop(LinkStream stream, ICollection<NetworkInput> inputs)
    {
        _connection.Reset(stream.Wire);
        if (stream.Sink is not null) EndSink(stream, reset: true, inputs);
        Forget(stream);
    }

    private void Write(LinkStream stream, Instant now, ICollection<NetworkInput> inputs)
    {
        var isDrained = WriteFrames(stream, out var frames, out var sent);
        if (sent > 0) inputs.Add(new NetworkInput.FramesSent(stream.Id, sent));
        WriteOn(stream, isDrained, inputs);
        // Only what has left makes room for the next: who does not read its answers is not served on.
        if (frames == 0 || stream.OutgoingPayloads is not null || !_streams.ContainsKey(stream.Id)) return;
        stream.FrameCredit += frames;
        Read(stream, now, inputs);
    }

    private void WriteOn(LinkStream stream, bool isDrained, ICollection<NetworkInput> inputs)
    {
        if (!isDrained) return;

        if (stream.Source is not null && _pump is not null)
        {
            WakeSource(stream);
            return;
        }

        if (stream.Source is not null && !PumpSource(stream, inputs)) return;
        if (!stream.CloseWhenDrained || stream.WriteClosed) return;
        stream.WriteClosed = true;
        _connection.CloseWrite(stream.Wire);
        if (stream.EndTold) Forget(stream);
    }

    /// <summary>True when every frame has left; tells how many did, and their payload bytes where they are counted.
    /// </summary>
    private bool WriteFrames(LinkStream stream, out int frames, out long sent)
    {
        (frames, sent) = (0, 0);
        while (stream.Outgoing.TryPeek(out var frame))
        {
            stream.FirstSent += _connection.Write(stream.Wire, frame.Span[stream.FirstSent..]);
            if (stream.FirstSent < frame.Length) return false;
            stream.Outgoing.Dequeue();
            stream.OutgoingBytes -= frame.Length;
            stream.FirstSent = 0;
            frames++;
            sent += stream.OutgoingPayloads?.Dequeue() ?? 0;
        }

        return true;
    }

    /// <summary>Moves source bytes into frames in place; true when the source is drained.</summary>
    private bool PumpSource(LinkStream stream, ICollection<NetworkInput> inputs)
    {
        try
        {
            while (true)
            {
                var room = _connection.ReserveWrite(stream.Wire, BulkChunk);
                if (room.IsEmpty) return false;
                var count = stream.Source!.Read(room);
                _connection.CommitWrite(stream.Wire, count);
                if (count > 0) continue;
                GiveBack(stream, inputs);
                return true;
            }
        }
        catch (IOException)
        {
            _connection.CommitWrite(stream.Wire, 0);
            CutSource(stream, inputs);
            return false;
        }
    }

    private void Read(LinkStream stream, Instant now, ICollection<NetworkInput> inputs)
    {
        if (stream.Sink is not null && _pump is not null)
        {
            WakeBulk(stream);
            return;
        }

        while (!stream.EndTold)
        {
            if (stream.Sink is null && stream.FrameCredit == 0) break;
            var bytes = _connection.Peek(stream.Wire);
            if (bytes.IsEmpty) break;
            if (stream.Sink is not null)
            {
                var step = stream.Sink.Push(bytes);
                _connection.Consume(stream.Wire, bytes.Length, now);
                if (step == BulkStep.Continue) continue;
                CloseSink(stream, step, inputs);
                return;
            }

            if (!ReadFrame(stream, bytes, now, inputs)) return;
        }

        if (stream.ReadFinished && !stream.EndTold && _connection.Readable(stream.Wire) == 0)
            End(stream, reset: stream.Decoder.IsInsideFrame, inputs);
    }

    private bool ReadFrame(LinkStream stream, ReadOnlySpan<byte> bytes, Instant now, ICollection<NetworkInput> inputs)
    {
        var sound = stream.Decoder.TryPush(bytes, out var consumed, out var frame);
        _connection.Consume(stream.Wire, consumed, now);
        if (!sound)
        {
            _connection.Reset(stream.Wire);
            End(stream, reset: true, inputs);
            return false;
        }

        if (frame is null) return true;
        stream.FrameCredit--;
        inputs.Add(new NetworkInput.FrameArrived(stream.Id, frame));
        return true;
    }

    private void CloseSink(LinkStream stream, BulkStep step, ICollection<NetworkInput> inputs)
    {
        // Whatever would follow a finished or refused answer is of no use to anybody.
        if (step == BulkStep.Failed || !stream.ReadFinished || !stream.WriteClosed) _connection.Reset(stream.Wire);
        FinishSink(stream, reset: false, inputs);
        Forget(stream);
    }

    private static void FinishSink(LinkStream stream, bool reset, ICollection<NetworkInput> inputs)
    {
        var sink = stream.Sink!;
        stream.Sink = null;
        sink.End(reset);
        inputs.Add(new NetworkInput.BulkFinished(stream.Id, sink.Outcome));
    }

    private void End(LinkStream stream, bool reset, ICollection<NetworkInput> inputs)
    {
        if (stream.EndTold)
        {
            // The peer ended its direction before; now it cut ours too.
            if (!reset) return;
            GiveBack(stream, inputs);
            Forget(stream);
            return;
        }

        stream.EndTold = true;
        if (stream.Sink is not null)
        {
            EndSink(stream, reset, inputs);
            _connection.Reset(stream.Wire);
            Forget(stream);
            return;
        }

        inputs.Add(new NetworkInput.StreamEnded(stream.Id, reset));
        if (reset) GiveBack(stream, inputs);
        if (reset || stream.WriteClosed) Forget(stream);
    }
}
