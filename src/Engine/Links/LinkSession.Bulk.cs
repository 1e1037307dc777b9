using Omega.P2P.Federation;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Bulk;
using StreamId = Omega.P2P.Federation.StreamId;

namespace Omega.P2P.Engine.Links;

/// <summary>
/// Bulk whose sink runs beside the link (ADR 46). A driver with threads gives the session a callback; for each stream
/// named by it one pump calls <see cref="TakeBulk"/>, pushes outside the link's lock, and comes back. What was not
/// taken stays in the stream's window, so a slow sink slows its peer. While a pump is at work its sink is not ended: a
/// reset or the end of the link waits for it.
/// </summary>
public sealed partial class LinkSession
{
    /// <summary>Bytes one turn of a pump takes: a few frames, so that the lock is taken seldom.</summary>
    private const int BulkTurnBytes = 512 * 1024;

    private readonly Action<StreamId>? _bulkWaits;
    private readonly Dictionary<StreamId, LinkStream> _pumped = [];
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

    private void WakeBulk(LinkStream stream)
    {
        var waits = stream.ReadFinished || _connection.Readable(stream.Wire) > 0;
        if (waits && _pumped.TryAdd(stream.Id, stream)) _bulkWaits!(stream.Id); // asked for only with a callback
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
