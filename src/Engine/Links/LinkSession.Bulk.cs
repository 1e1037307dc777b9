using Omega.P2P.Federation;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Bulk;
using Omega.P2P.Protocol.Yamux;
using StreamId = Omega.P2P.Federation.StreamId;

namespace Omega.P2P.Engine.Links;

/// <summary>
/// Bulk whose sink or source runs beside the link (ADR 46, 67). A driver with threads gives the session an <see
/// cref="IBulkPump"/>; for each stream that it is told of one pump calls <see cref="TakeBulk"/>, pushes outside the
/// link's lock, and comes back, or fills frames between calls of <see cref="TurnSource"/>. What was not taken stays in
/// the stream's window, so a slow sink slows its peer. While a pump is at work its sink is not ended and its source not
/// given back: a reset or the end of the link waits for it.
/// </summary>
public sealed partial class LinkSession
{
    /// <summary>Bytes one turn of a pump takes: a few frames, so that the lock is taken seldom.</summary>
    private const int BulkTurnBytes = 512 * 1024;

    private readonly IBulkPump? _pump;
    private readonly Dictionary<StreamId, LinkStream> _pumped = [];
    private readonly Dictionary<StreamId, LinkStream> _filled = [];
    private NetworkInput.LinkDown? _heldDown;

    /// <summary>
    /// What waits for a stream's sink. The arrays are the caller's, who gives them back to the shared pool.
    /// </summary>
    /// <returns>The sink to push to, or null: the turn is over, and the callback tells when there is another.</returns>
    public IBulkSink? TakeBulk(
        StreamId id, Instant now, ICollection<ArraySegment<byte>> chunks, ICollection<NetworkInput> inputs)
    {
        var stream = _pumped[id];
        var bytes = 0;
        while (stream.EndsReset is null && bytes < BulkTurnBytes
            && _connection.TryTake(stream.Wire, now, out var chunk))
        {
            chunks.Add(chunk);
            bytes += chunk.Count;
        }

        if (bytes == 0) EndTurn(stream, inputs);
        Drain(now, inputs);
        return bytes == 0 ? null : stream.Sink;
    }

    /// <summary>The sink wants nothing more; its turn and its stream are over.</summary>
    public void EndBulk(StreamId id, BulkStep step, Instant now, ICollection<NetworkInput> inputs)
    {
        var stream = _pumped[id];
        if (stream.EndsReset is null)
        {
            _pumped.Remove(id);
            CloseSink(stream, step, inputs);
        }
        else
        {
            EndTurn(stream, inputs);
        }

        Drain(now, inputs);
    }

    /// <summary>
    /// Sends what the pump of a source has filled and gives it the next frame to fill.
    /// </summary>
    /// <param name="id">The stream.</param>
    /// <param name="frame">The frame filled, none at first; then the next one.</param>
    /// <param name="count">Bytes in it; 0: the source has ended; below: it failed.</param>
    /// <param name="now">The present.</param>
    /// <param name="inputs">What the node has to hear.</param>
    /// <returns>The source to read from, or null: the turn is over, and the pump is told when there is another.
    /// </returns>
    public IBulkSource? TurnSource(
        StreamId id, ref OutboundFrame frame, int count, Instant now, ICollection<NetworkInput> inputs)
    {
        var stream = _filled[id];
        var isFilled = frame.IsRented;
        if (isFilled) _connection.EndFrame(stream.Wire, frame, count);
        frame = default;
        if (!stream.IsSourceLeft && (!isFilled || count > 0)
            && _connection.TryBeginFrame(stream.Wire, out frame))
            return stream.Source;

        _filled.Remove(id);
        if (stream.IsSourceLeft)
        {
            GiveBack(stream, inputs);
        }
        else if (isFilled && count == 0)
        {
            GiveBack(stream, inputs);
            Write(stream, now, inputs);
        }
        else if (isFilled && count < 0)
        {
            CutSource(stream, inputs);
        }

        return null;
    }

    private void WakeSource(LinkStream stream)
    {
        if (_filled.TryAdd(stream.Id, stream)) _pump!.SourceWaits(stream.Id); // asked for only with a pump
    }

    /// <summary>The medium failed under a promise already begun: the peer sees a cut stream and asks elsewhere.
    /// </summary>
    private void CutSource(LinkStream stream, ICollection<NetworkInput> inputs)
    {
        _connection.Reset(stream.Wire);
        End(stream, reset: true, inputs);
    }

    /// <summary>Gives the source back, now or as soon as its pump lets go of it.</summary>
    private void GiveBack(LinkStream stream, ICollection<NetworkInput> inputs)
    {
        if (stream.Source is null) return;
        stream.IsSourceLeft = _filled.ContainsKey(stream.Id);
        if (stream.IsSourceLeft) return;
        stream.Source.Dispose();
        stream.Source = null;
        inputs.Add(new NetworkInput.BulkSent(stream.Id));
    }

    private void WakeBulk(LinkStream stream)
    {
        var waits = stream.ReadFinished || _connection.Readable(stream.Wire) > 0;
        if (waits && _pumped.TryAdd(stream.Id, stream)) _pump!.SinkWaits(stream.Id); // asked for only with a pump
    }

    private void EndTurn(LinkStream stream, ICollection<NetworkInput> inputs)
    {
        _pumped.Remove(stream.Id);
        if (stream.EndsReset is { } reset) FinishSink(stream, reset, inputs);
        else if (stream.ReadFinished) End(stream, reset: false, inputs);
        if (_pumped.Count > 0 || _heldDown is not { } down) return;
        _heldDown = null;
        inputs.Add(down);
    }

    /// <summary>Ends a sink now, or as soon as its pump lets go of it.</summary>
    private void EndSink(LinkStream stream, bool reset, ICollection<NetworkInput> inputs)
    {
        if (_pumped.ContainsKey(stream.Id)) stream.EndsReset = reset;
        else FinishSink(stream, reset, inputs);
    }

    private void TellDown(NetworkInput.LinkDown down, ICollection<NetworkInput> inputs)
    {
        if (_pumped.Count > 0) _heldDown = down;
        else inputs.Add(down);
    }
}
