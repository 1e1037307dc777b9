using Omega.P2P.Protocol.Buffers;

namespace Omega.P2P.Protocol.Yamux;

/// <summary>The state of one stream; every change to it is made by <see cref="YamuxSession"/>.</summary>
internal sealed class YamuxStream(uint id, bool outbound, int window)
{
    public uint Id { get; } = id;

    public bool Outbound { get; } = outbound;

    /// <summary>What the peer still lets us send, bytes.</summary>
    public long SendWindow { get; set; } = window;

    /// <summary>What we still let the peer send, bytes.</summary>
    public long ReceiveWindow { get; set; } = window;

    /// <summary>The receive window when nothing waits: initial size, doubled as needed.</summary>
    public long ReceiveWindowSize { get; set; } = window;

    /// <summary>Bytes read by the application and not yet credited to the peer.</summary>
    public long Uncredited { get; set; }

    /// <summary>When the last credit was given, ms.</summary>
    public long CreditedAtMs { get; set; }

    /// <summary>Bytes that were still unread when the last credit was given.</summary>
    public long UnreadAtCredit { get; set; }

    public ReceiveQueue Received { get; } = new();

    /// <summary>SYN or ACK, until a frame carried it.</summary>
    public YamuxFlags PendingFlags { get; set; } = outbound ? YamuxFlags.Syn : YamuxFlags.Ack;

    /// <summary>The peer answered our SYN.</summary>
    public bool Acknowledged { get; set; } = !outbound;

    public bool FinishedByUs { get; set; }

    public bool FinishedByPeer { get; set; }

    public bool ReadableTold { get; set; }

    public bool WriteBlocked { get; set; }

    /// <summary>Removed from the session; frames still on their way to it are skipped.</summary>
    public bool Gone { get; set; }
}
