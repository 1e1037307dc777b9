using Omega.P2P.Protocol.Multistream;

namespace Omega.P2P.Protocol.Connection;

/// <summary>What a connection knows of one stream beyond yamux.</summary>
internal sealed class ConnectionStream(uint id, bool inbound)
{
    public uint Id { get; } = id;

    public bool Inbound { get; } = inbound;

    /// <summary>Agreed on, or optimistically taken; empty before.</summary>
    public string Protocol { get; set; } = "";

    /// <summary>The negotiation of an inbound stream while it lasts.</summary>
    public MultistreamListener? Listener { get; set; }

    /// <summary>The negotiation of an outbound stream while it lasts.</summary>
    public MultistreamDialer? Dialer { get; set; }

    /// <summary>The part of the connection that owns the stream; null for the application.</summary>
    public IStreamHandler? Handler { get; set; }

    /// <summary>Told to its owner; for optimistic streams before the negotiation ended.</summary>
    public bool Opened { get; set; }

    /// <summary>Small answers (negotiation, identify) that yamux could not take yet.</summary>
    public byte[] Pending { get; set; } = [];

    /// <summary>End our direction once <see cref="Pending"/> has left.</summary>
    public bool CloseAfterPending { get; set; }

    /// <summary>The application wrote while <see cref="Pending"/> was in the way.</summary>
    public bool WriteBlocked { get; set; }

    public bool Negotiating => Listener is not null || Dialer is not null;
}

/// <summary>A protocol the connection itself speaks on a stream: identify and ping.</summary>
internal interface IStreamHandler
{
    /// <summary>The protocol was agreed on.</summary>
    void OnOpened(StreamPort port);

    /// <summary>Data waits, or space to write appeared.</summary>
    void OnProgress(StreamPort port);

    /// <summary>The peer finished its direction; what it sent was offered before.</summary>
    void OnFinished(StreamPort port);

    /// <summary>The stream was refused, reset or given up.</summary>
    void OnFailed();
}

/// <summary>What a handler may do with its stream.</summary>
internal readonly struct StreamPort(Libp2pConnection connection, ConnectionStream stream)
{
    public long NowMs => connection.NowMs;

    public ReadOnlySpan<byte> Peek() => connection.Session.Peek(stream.Id);

    public void Consume(int count) => connection.Session.Consume(stream.Id, count, NowMs);

    /// <summary>Takes what fits now; <see cref="IStreamHandler.OnProgress"/> follows when more may.</summary>
    public int Write(ReadOnlySpan<byte> data) => connection.Session.Write(stream.Id, data);

    /// <summary>Takes all; for short messages only.</summary>
    public void WriteAll(ReadOnlySpan<byte> data) => connection.WriteAll(stream, data);

    public void CloseWrite() => connection.CloseAfterPending(stream);

    public void Reset() => connection.Session.Reset(stream.Id);
}
