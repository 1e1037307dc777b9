using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>Everything a <see cref="GossipRouter"/> can want. Closed.</summary>
public abstract record GossipEffect
{
    private GossipEffect()
    {
    }

    /// <summary>Send an RPC on our stream to the peer; <see cref="GossipInput.Sent"/> follows when it left.</summary>
    /// <param name="Peer">To whom.</param>
    /// <param name="Rpc">Without its length prefix; immutable.</param>
    public sealed record Send(PeerId Peer, ReadOnlyMemory<byte> Rpc) : GossipEffect;

    /// <summary>A message for the application: signed by its author, judged where the topic asks for it, and told
    /// once. Own messages are not.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Message">It.</param>
    public sealed record Deliver(MessageId Id, GossipMessage Message) : GossipEffect;

    /// <summary>Judge a message; <see cref="GossipInput.Judged"/> answers.</summary>
    /// <param name="Id">Its id.</param>
    /// <param name="Message">It; the signature is verified.</param>
    /// <param name="Source">Who sent it to us.</param>
    public sealed record Validate(MessageId Id, GossipMessage Message, PeerId Source) : GossipEffect;

    /// <summary>A peer did something wrong; its score has paid.</summary>
    /// <param name="Peer">Who.</param>
    /// <param name="Error">What.</param>
    public sealed record Fault(PeerId Peer, GossipError Error) : GossipEffect;

    /// <summary>A publish that was <see cref="PublishStatus.Busy"/> may be tried again.</summary>
    public sealed record Writable : GossipEffect;
}

/// <summary>What came of publishing.</summary>
public enum PublishStatus
{
    /// <summary>On its way to every peer of the topic there is, be it none.</summary>
    Published,

    /// <summary>Peers have not read what was published before; <see cref="GossipEffect.Writable"/> follows.</summary>
    Busy,

    /// <summary>Over <see cref="GossipLimits.DataBytesMax"/>.</summary>
    TooLong,

    /// <summary>The same id was published or received already.</summary>
    Known,
}
