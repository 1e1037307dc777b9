using Omega.P2P.Federation.Exchange;
using Omega.P2P.Federation.Links;
using Omega.P2P.Federation.Standing;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Federation.Serving;

/// <summary>Answers the requests of one kind of stream.</summary>
internal interface IRequestServer
{
    /// <summary>
    /// Takes one request and calls exactly one of the ways out of <paramref name="stream"/>, now or after the store
    /// has answered.
    /// </summary>
    void Serve(InboundStream stream, ReadOnlyMemory<byte> payload);
}

/// <summary>
/// A stream that a peer opened: its requests are answered one after the other, in order, and only so many may wait.
/// </summary>
internal sealed class InboundStream(
    StreamId id, Link link, IRequestServer server, Outbox outbox, StreamTable streams, StandingBook standing,
    int waitingMax)
    : IStreamOwner
{
    private readonly Queue<ReadOnlyMemory<byte>> _waiting = new();
    private bool _isServing;
    private bool _isEnded;
    private bool _isGone;

    public StreamId Id { get; } = id;

    public PeerId Peer => link.Peer;

    public void OnFrame(StreamId stream, ReadOnlyMemory<byte> payload)
    {
        link.ActiveAtMs = outbox.Now.RunningMs;
        if (_waiting.Count >= waitingMax)
        {
            Break(PeerFault.Flood, "too many requests at once");
            return;
        }
        _waiting.Enqueue(payload);
        ServeNext();
    }

    public void OnEnded(StreamId stream, bool reset)
    {
        _isEnded = true;
        if (reset)
            Leave();
        else
            ServeNext();
    }

    public void OnBulk(StreamId stream, object outcome) => Leave();

    /// <summary>Way out: one frame, and on to the next request.</summary>
    public void Respond(ReadOnlyMemory<byte> payload)
    {
        _isServing = false;
        if (_isGone)
            return;
        outbox.Send(Id, payload);
        ServeNext();
    }

    /// <summary>Way out: one frame, and nothing more on this stream.</summary>
    public void RespondAndClose(ReadOnlyMemory<byte> payload)
    {
        if (_isGone)
            return;
        outbox.Send(Id, payload);
        outbox.Close(Id);
        Leave();
    }

    /// <summary>Way out: bulk took the stream over, or will.</summary>
    public bool TryHandOver()
    {
        var isHere = !_isGone;
        Leave();
        return isHere;
    }

    /// <summary>Way out: the peer broke a rule.</summary>
    public void Break(PeerFault fault, string detail)
    {
        if (_isGone)
            return;
        outbox.Reset(Id);
        Leave();
        if (standing.Report(Peer, fault, detail))
            outbox.Add(new NetworkEffect.DropLink(link.Id, detail));
    }

    private void ServeNext()
    {
        if (_isServing || _isGone)
            return;
        if (_waiting.TryDequeue(out var payload))
        {
            _isServing = true;
            server.Serve(this, payload);
        }
        else if (_isEnded)
        {
            outbox.Close(Id);
            Leave();
        }
    }

    private void Leave()
    {
        if (_isGone)
            return;
        _isGone = true;
        _waiting.Clear();
        streams.Remove(Id);
        link.StreamsInbound--;
    }
}
