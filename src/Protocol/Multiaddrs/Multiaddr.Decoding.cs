using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Protocol.Multiaddrs;

/// <summary>Both decoders. Text goes component by component into the binary form, which is then decoded.</summary>
public sealed partial class Multiaddr
{
    private const int HostBytesMax = 253;

    /// <summary>Decodes the binary form; all of <paramref name="bytes"/> counts.</summary>
    /// <returns>False with a reason: <c>too-long</c>, <c>too-many</c>, <c>empty</c>, <c>protocol</c>, <c>truncated</c>,
    /// <c>host</c> or <c>peer</c>.</returns>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Multiaddr? address, out DecodeError error)
    {
        address = null;
        if (bytes.Length > Limits.Default.MultiaddrBytesMax)
        {
            return Fail(out error, "too-long", "", "An address has at most 512 bytes.");
        }

        var components = new List<MultiaddrComponent>();
        var rest = bytes;
        while (!rest.IsEmpty)
        {
            if (components.Count == Limits.Default.MultiaddrComponentsMax)
            {
                return Fail(out error, "too-many", "", "An address has at most 8 components.");
            }

            if (!TryDecodeComponent(ref rest, out var component, out error))
            {
                return false;
            }

            components.Add(component);
        }

        if (components.Count == 0)
        {
            return Fail(out error, "empty", "", "An address has at least one component.");
        }

        address = new Multiaddr(bytes.ToArray(), [.. components]);
        error = DecodeError.None;
        return true;
    }

    /// <summary>Parses the text form. Addresses must be in canonical spelling, a final slash is refused.</summary>
    /// <returns>False with a reason: those of <see cref="TryDecode"/>, or <c>slash</c>, <c>ip</c>, <c>port</c>.
    /// </returns>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out Multiaddr? address, out DecodeError error)
    {
        address = null;
        if (text.Length > 2 * Limits.Default.MultiaddrBytesMax)
        {
            return Fail(out error, "too-long", "", "An address has at most 1,024 characters.");
        }

        var parts = text.Split('/');
        if (parts.Length < 3 || parts.Length % 2 == 0 || parts[0].Length > 0)
        {
            return Fail(out error, "slash", "", "An address is a list of /protocol/value.");
        }

        using var bytes = new MemoryStream();
        for (var i = 1; i < parts.Length; i += 2)
        {
            if (!TryEncode(parts[i], parts[i + 1], bytes, out error))
            {
                return false;
            }
        }

        return TryDecode(bytes.ToArray(), out address, out error);
    }

    private static string Name(MultiaddrProtocol protocol) => protocol switch
    {
        MultiaddrProtocol.Ip4 => "ip4",
        MultiaddrProtocol.Tcp => "tcp",
        MultiaddrProtocol.Ip6 => "ip6",
        MultiaddrProtocol.Dns => "dns",
        MultiaddrProtocol.Dns4 => "dns4",
        MultiaddrProtocol.Dns6 => "dns6",
        _ => "p2p",
    };

    private static bool TryDecodeComponent(
        ref ReadOnlySpan<byte> rest, out MultiaddrComponent component, out DecodeError error)
    {
        component = default;
        if (Varint.TryRead(rest, out var code, out var used) != VarintStatus.Done)
        {
            return Fail(out error, "protocol", "", "A component does not begin with a protocol code.");
        }

        rest = rest[used..];
        int? length = (MultiaddrProtocol)Math.Min(code, int.MaxValue) switch
        {
            MultiaddrProtocol.Ip4 => 4,
            MultiaddrProtocol.Tcp => 2,
            MultiaddrProtocol.Ip6 => 16,
            MultiaddrProtocol.Dns or MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6 or MultiaddrProtocol.P2p
                => TakeLength(ref rest),
            _ => null,
        };
        if (length is null)
        {
            return Fail(out error, "protocol", "", "The protocol is not spoken here.");
        }

        if (length < 0 || rest.Length < length)
        {
            return Fail(out error, "truncated", "", "The address ends inside a component.");
        }

        var value = rest[..length.Value];
        rest = rest[length.Value..];
        return TryReadValue((MultiaddrProtocol)code, value, out component, out error);
    }

    private static int TakeLength(ref ReadOnlySpan<byte> rest)
    {
        if (Varint.TryRead(rest, out var length, out var used) != VarintStatus.Done || length > HostBytesMax)
        {
            return -1;
        }

        rest = rest[used..];
        return (int)length;
    }

    private static bool TryReadValue(
        MultiaddrProtocol protocol, ReadOnlySpan<byte> value, out MultiaddrComponent component, out DecodeError error)
    {
        var text = protocol switch
        {
            MultiaddrProtocol.Ip4 or MultiaddrProtocol.Ip6 => IpText(value),
            MultiaddrProtocol.Tcp => BinaryPrimitives.ReadUInt16BigEndian(value).ToString(CultureInfo.InvariantCulture),
            MultiaddrProtocol.P2p => PeerId.TryFromBytes(value, out var peer) ? peer.ToString() : null,
            _ => IsHost(value) ? Encoding.ASCII.GetString(value) : null,
        };
        component = new MultiaddrComponent(protocol, text ?? "");
        error = DecodeError.None;
        return text is not null || Fail(
            out error,
            protocol == MultiaddrProtocol.P2p ? "peer" : "host",
            Name(protocol),
            "Not a peer id, or not a host name of letters, digits, dots, hyphens and underscores.");
    }

    private static string IpText(ReadOnlySpan<byte> value)
    {
        var address = new IPAddress(value);
        return address.IsIPv4MappedToIPv6 ? MappedText(value) : address.ToString();
    }

    private static string MappedText(ReadOnlySpan<byte> value) => "::ffff:" + new IPAddress(value[12..]);

    private static bool IsHost(ReadOnlySpan<byte> value)
    {
        foreach (var character in value)
        {
            if (!char.IsAsciiLetterOrDigit((char)character) && !"-._"u8.Contains(character))
            {
                return false;
            }
        }

        return value.Length is > 0 and <= HostBytesMax;
    }

    private static bool TryEncode(string name, string value, MemoryStream bytes, out DecodeError error)
    {
        error = DecodeError.None;
        switch (name)
        {
            case "ip4" or "ip6":
                var family = name == "ip4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
                if (!IPAddress.TryParse(value, out var ip) || ip.AddressFamily != family
                    || IpText(ip.GetAddressBytes()) != value)
                {
                    return Fail(out error, "ip", name, "Not an address in its canonical spelling.");
                }

                return Put(name == "ip4" ? MultiaddrProtocol.Ip4 : MultiaddrProtocol.Ip6, ip.GetAddressBytes(), bytes);
            case "tcp":
                if (!ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                    || port.ToString(CultureInfo.InvariantCulture) != value)
                {
                    return Fail(out error, "port", name, "Not a port from 0 to 65535.");
                }

                return Put(MultiaddrProtocol.Tcp, [(byte)(port >> 8), unchecked((byte)port)], bytes);
            case "dns" or "dns4" or "dns6":
                var dns = name == "dns" ? MultiaddrProtocol.Dns
                    : name == "dns4" ? MultiaddrProtocol.Dns4 : MultiaddrProtocol.Dns6;
                var host = Encoding.UTF8.GetBytes(value);
                return IsHost(host)
                    ? PutSized(dns, host, bytes)
                    : Fail(out error, "host", name, "Not a host name.");
            case "p2p" or "ipfs":
                return PeerId.TryParse(value, out var peer)
                    ? PutSized(MultiaddrProtocol.P2p, peer.AsSpan(), bytes)
                    : Fail(out error, "peer", name, "Not a peer id.");
            default:
                return Fail(out error, "protocol", "", "The protocol is not spoken here.");
        }
    }

    private static bool Put(MultiaddrProtocol protocol, ReadOnlySpan<byte> value, MemoryStream bytes)
    {
        Span<byte> code = stackalloc byte[Varint.LengthMax];
        bytes.Write(code[..Varint.Write((ulong)protocol, code)]);
        bytes.Write(value);
        return true;
    }

    private static bool PutSized(MultiaddrProtocol protocol, ReadOnlySpan<byte> value, MemoryStream bytes)
    {
        Span<byte> length = stackalloc byte[Varint.LengthMax];
        return Put(protocol, [.. length[..Varint.Write((ulong)value.Length, length)], .. value], bytes);
    }

    private static bool Fail(out DecodeError error, string code, string field, string message)
    {
        error = new DecodeError(code, field, message);
        return false;
    }
}
