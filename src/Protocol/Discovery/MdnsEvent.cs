using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Protocol.Discovery;

/// <summary>Everything an <see cref="MdnsDiscovery"/> can want. Closed.</summary>
public abstract record MdnsEffect
{
    private MdnsEffect()
    {
    }

    /// <summary>Send to the group, port 5353.</summary>
    /// <param name="Interface">On which network interface; null for all.</param>
    /// <param name="Packet">The message.</param>
    public sealed record Multicast(int? Interface, ReadOnlyMemory<byte> Packet) : MdnsEffect;

    /// <summary>Answer one asker alone.</summary>
    /// <param name="Source">Whence its question came, as the driver named it.</param>
    /// <param name="Packet">The message.</param>
    public sealed record Unicast(MdnsSource Source, ReadOnlyMemory<byte> Packet) : MdnsEffect;

    /// <summary>A peer says where it listens; new, or changed. A hint.</summary>
    /// <param name="Peer">Who.</param>
    /// <param name="Addresses">Where, without its id; at least one.</param>
    public sealed record Found(PeerId Peer, IReadOnlyList<Multiaddr> Addresses) : MdnsEffect;

    /// <summary>A peer said goodbye, or its word ran out.</summary>
    /// <param name="Peer">Who.</param>
    public sealed record Lost(PeerId Peer) : MdnsEffect;
}

/// <summary>Whence a packet came.</summary>
/// <param name="Interface">Number of the network interface.</param>
/// <param name="Address">The sender's address, spelled by the driver.</param>
/// <param name="Port">Its port; not 5353 for askers that speak plain DNS.</param>
public readonly record struct MdnsSource(int Interface, string Address, int Port);
