using Omega.P2P.Federation;
using Omega.P2P.Protocol.Bulk;
using WireStreamId = Omega.P2P.Protocol.Connection.StreamId;

namespace Omega.P2P.Engine.Links;

/// <summary>One stream of a link as the session drives it: what waits to leave, and who takes what comes.</summary>
internal sealed class LinkStream(StreamId id, WireStreamId wire, bool inbound, int frameBytesMax)
{
    public StreamId Id { get; } = id;

    public WireStreamId Wire { get; } = wire;

    /// <summary>The wish this stream came from, while it is still opening.</summary>
    public RequestId? Request { get; set; }

    /// <summary>Frames with their length prefix, in order, that did not fit the window yet.</summary>
    public Queue<ReadOnlyMemory<byte>> Outgoing { get; } = new();

    /// <summary>How many bytes of the first of <see cref="Outgoing"/> have left.</summary>
    public int FirstSent { get; set; }

    /// <summary>Bytes of <see cref="Outgoing"/>.</summary>
    public long OutgoingBytes { get; set; }

    /// <summary>Payload bytes of each of <see cref="Outgoing"/>, where the core wants to know what left; else null.
    /// </summary>
    public Queue<int>? OutgoingPayloads { get; set; }

    /// <summary>Raw bytes that follow the frames; ends our direction when drained.</summary>
    public IBulkSource? Source { get; set; }

    /// <summary>Nobody wants the source any more; it is given back once its pump lets go of it.</summary>
    public bool IsSourceLeft { get; set; }

    /// <summary>Ends our direction once <see cref="Outgoing"/> is empty.</summary>
    public bool CloseWhenDrained { get; set; }

    /// <summary>Our direction has ended.</summary>
    public bool WriteClosed { get; set; }

    public FrameDecoder Decoder { get; } = new(frameBytesMax);

    /// <summary>Takes the incoming direction instead of the decoder.</summary>
    public IBulkSink? Sink { get; set; }

    /// <summary>
    /// Frames that may still be handed to the core. A listener answers one request at a time, a requester gets one
    /// answer for each frame it sent; more stays unread and holds the peer back.
    /// </summary>
    public int FrameCredit { get; set; } = inbound ? 1 : 0;

    /// <summary>The peer has ended its direction.</summary>
    public bool ReadFinished { get; set; }

    /// <summary>How the sink shall be ended once its pump lets go of it; null while it goes on.</summary>
    public bool? EndsReset { get; set; }

    /// <summary>The core was told of the end.</summary>
    public bool EndTold { get; set; }
}
