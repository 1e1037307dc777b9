using System.Net;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Multiaddrs;

/// <summary>
/// A network address that describes itself, such as <c>/ip4/192.0.2.1/tcp/5311/p2p/12D3Koo…</c>. Binary form: for each
/// component its code as a varint, then its value (fixed length, or a varint length first). Immutable; equality is that
/// of the binary form. Both decoders are total and canonical: what they accept re-encodes identically.
/// Source: multiformats/multiaddr specification and its protocol table.
/// </summary>
public sealed partial class Multiaddr : IEquatable<Multiaddr>
{
    private readonly byte[] _bytes;

    private Multiaddr(byte[] bytes, MultiaddrComponent[] components)
    {
        _bytes = bytes;
        Components = components;
    }

    /// <summary>The parts in order; at least one.</summary>
    public IReadOnlyList<MultiaddrComponent> Components { get; }

    /// <summary>The peer id of the last component, or null.</summary>
    public PeerId? Peer =>
        Components[^1].Protocol == MultiaddrProtocol.P2p && PeerId.TryParse(Components[^1].Text, out var peer)
            ? peer
            : null;

    /// <summary>The address of a TCP endpoint; IPv4 mapped into IPv6 becomes plain IPv4, a scope is dropped.</summary>
    public static Multiaddr FromEndPoint(IPEndPoint endPoint)
    {
        var address = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        var bytes = address.GetAddressBytes();
        var protocol = bytes.Length == 4 ? MultiaddrProtocol.Ip4 : MultiaddrProtocol.Ip6;
        return FromComponents(
        [
            new(protocol, new IPAddress(bytes).ToString()),
            new(MultiaddrProtocol.Tcp, endPoint.Port.ToString()),
        ]);
    }

    /// <summary>The binary form; valid for ever.</summary>
    public ReadOnlySpan<byte> AsSpan() => _bytes;

    /// <summary>The host and port to dial when the address begins with an ip or dns component and <c>/tcp</c>; the
    /// host is an address or a name.</summary>
    public bool TryGetTcp(out string host, out int port)
    {
        host = "";
        port = 0;
        if (Components.Count < 2 || Components[1].Protocol != MultiaddrProtocol.Tcp
            || Components[0].Protocol is MultiaddrProtocol.Tcp or MultiaddrProtocol.P2p)
        {
            return false;
        }

        host = Components[0].Text;
        return int.TryParse(Components[1].Text, out port);
    }

    /// <summary>This address with <c>/p2p/peer</c> at its end, in place of one that is there.</summary>
    public Multiaddr WithPeer(PeerId peer) =>
        FromComponents([.. Bare(), new(MultiaddrProtocol.P2p, peer.ToString())]);

    /// <summary>This address without a final <c>/p2p</c> component; itself when there is none or nothing else.
    /// </summary>
    public Multiaddr WithoutPeer() => Bare() is { Length: > 0 } bare ? FromComponents(bare) : this;

    /// <inheritdoc/>
    public bool Equals(Multiaddr? other) => other is not null && AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Multiaddr);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>The text form, in canonical spelling.</summary>
    public override string ToString() =>
        string.Concat(Components.Select(part => $"/{Name(part.Protocol)}/{part.Text}"));

    private MultiaddrComponent[] Bare() =>
        [.. Peer is null ? Components : Components.Take(Components.Count - 1)];

    private static Multiaddr FromComponents(MultiaddrComponent[] components)
    {
        var text = string.Concat(components.Select(part => $"/{Name(part.Protocol)}/{part.Text}"));
        return TryParse(text, out var made, out var error)
            ? made
            : throw new InvalidOperationException($"Not an address: {error}");
    }
}
