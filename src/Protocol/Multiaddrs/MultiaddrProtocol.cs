namespace Omega.P2P.Protocol.Multiaddrs;

/// <summary>What a <see cref="Multiaddr"/> is made of; values are the codes of the multiformats table.</summary>
public enum MultiaddrProtocol
{
    /// <summary>4 address bytes.</summary>
    Ip4 = 4,

    /// <summary>2 port bytes, big-endian.</summary>
    Tcp = 6,

    /// <summary>16 address bytes.</summary>
    Ip6 = 41,

    /// <summary>A host name for either family: varint length, then UTF-8.</summary>
    Dns = 53,

    /// <summary>A host name for IPv4.</summary>
    Dns4 = 54,

    /// <summary>A host name for IPv6.</summary>
    Dns6 = 55,

    /// <summary>A peer id: varint length, then its multihash.</summary>
    P2p = 421,
}

/// <summary>One part of a <see cref="Multiaddr"/>.</summary>
/// <param name="Protocol">Its kind.</param>
/// <param name="Text">Its value as text: an address, a decimal port, a host name or a base-58 peer id.</param>
public readonly record struct MultiaddrComponent(MultiaddrProtocol Protocol, string Text);
