using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Protocol.Connection;

/// <summary>Which end of the connection we are.</summary>
public enum ConnectionRole
{
    /// <summary>We opened it.</summary>
    Dialer,

    /// <summary>The peer opened it.</summary>
    Listener,
}

/// <summary>Names a stream within its connection.</summary>
/// <param name="Value">The yamux stream id; odd ones are the dialer's.</param>
public readonly record struct StreamId(uint Value)
{
    /// <summary>The decimal number.</summary>
    public override string ToString() => Value.ToString();
}

/// <summary>What a connection is made with.</summary>
public sealed record ConnectionSettings
{
    /// <summary>Which end we are.</summary>
    public required ConnectionRole Role { get; init; }

    /// <summary>The node key; stays the caller's.</summary>
    public required ISigner Key { get; init; }

    /// <summary>Secrets of the channel and ping payloads come from here.</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>Who must be at the other end; null for anybody but ourselves. A dialler should always know.</summary>
    public PeerId? ExpectedPeer { get; init; }

    /// <summary>Application protocols the peer may open streams for; identify and ping are always there.</summary>
    public IReadOnlyList<string> Protocols { get; init; } = [];

    /// <summary>Where we listen, told by identify.</summary>
    public IReadOnlyList<Multiaddr> ListenAddresses { get; init; } = [];

    /// <summary>The peer's address as we see it, told by identify; null to tell nothing.</summary>
    public Multiaddr? ObservedAddress { get; init; }

    /// <summary>Offer AES-256-GCM for frames after the handshake: for processors that have instructions for it. Peers
    /// that do not know of it stay with ChaCha20-Poly1305.</summary>
    public bool OffersAes { get; init; }

    /// <summary>What all links of a node may have waiting for their sockets; null: no bound but each one's own.
    /// </summary>
    public OutputShare? OutputShare { get; init; }

    /// <summary>Our name in identify.</summary>
    public string AgentVersion { get; init; } = "omega/0.1.0";

    /// <summary>Every bound.</summary>
    public Limits Limits { get; init; } = Limits.Default;
}
