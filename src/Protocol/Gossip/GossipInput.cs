using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>Everything a <see cref="GossipRouter"/> can be told. Closed.</summary>
public abstract record GossipInput
{
    private GossipInput()
    {
    }

    /// <summary>A stream of ours to the peer is open: RPCs can be sent.</summary>
    /// <param name="Peer">Who, proven by the link.</param>
    /// <param name="Protocol">One of <see cref="GossipProtocol.All"/>.</param>
    /// <param name="Outbound">Whether we dialled the link.</param>
    /// <param name="Address">Its host address, for the count of neighbours; null when unknown.</param>
    public sealed record PeerUp(PeerId Peer, string Protocol, bool Outbound, string? Address) : GossipInput;

    /// <summary>The peer is gone, or our stream to it.</summary>
    /// <param name="Peer">Who.</param>
    public sealed record PeerDown(PeerId Peer) : GossipInput;

    /// <summary>One RPC came. Its bytes may be kept until the call returns.</summary>
    /// <param name="Peer">From whom.</param>
    /// <param name="Rpc">Without its length prefix.</param>
    public sealed record RpcArrived(PeerId Peer, ReadOnlyMemory<byte> Rpc) : GossipInput;

    /// <summary>Bytes of RPCs have left for the peer: <see cref="GossipEffect.Send"/> is paid back.</summary>
    /// <param name="Peer">To whom.</param>
    /// <param name="Bytes">RPC bytes, without length prefixes.</param>
    public sealed record Sent(PeerId Peer, long Bytes) : GossipInput;

    /// <summary>We want what is published on a topic.</summary>
    /// <param name="Topic">Which.</param>
    /// <param name="Settings">How it is treated.</param>
    public sealed record Join(string Topic, TopicSettings Settings) : GossipInput;

    /// <summary>We want it no more.</summary>
    /// <param name="Topic">Which.</param>
    public sealed record Leave(string Topic) : GossipInput;

    /// <summary>The application's verdict on a message of <see cref="GossipEffect.Validate"/>.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="Verdict">What.</param>
    public sealed record Judged(MessageId Id, GossipVerdict Verdict) : GossipInput;

    /// <summary>P5: what the application thinks of a peer.</summary>
    /// <param name="Peer">Whom.</param>
    /// <param name="Score">Any number; 0 is nothing.</param>
    public sealed record Esteem(PeerId Peer, double Score) : GossipInput;

    /// <summary>Time has passed; see <see cref="GossipRouter.NextDeadlineMs"/>.</summary>
    public sealed record Tick : GossipInput;
}

/// <summary>What the application says of a message.</summary>
public enum GossipVerdict
{
    /// <summary>Delivered and passed on.</summary>
    Accept,

    /// <summary>Neither delivered nor passed on, without blame.</summary>
    Ignore,

    /// <summary>Neither, and whoever sent it pays (P4).</summary>
    Reject,
}

/// <summary>How a topic is treated.</summary>
public sealed record TopicSettings
{
    /// <summary>Whether the application judges each message before it goes on.</summary>
    public bool Validates { get; init; }

    /// <summary>The rule of ids; by default author and sequence number. All members must use one.</summary>
    public Func<GossipMessage, MessageId> IdOf { get; init; } = message => message.ByAuthor();

    /// <summary>Who may be told of, and speak on, the topic; by default everybody.</summary>
    public Func<PeerId, bool> Admits { get; init; } = _ => true;
}
