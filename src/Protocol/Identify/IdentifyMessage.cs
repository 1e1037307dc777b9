using System.Text;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Identify;

/// <summary>
/// What a peer says about itself on <c>/ipfs/id/1.0.0</c> and <c>/ipfs/id/push/1.0.0</c>: a protobuf behind a varint
/// length (libp2p specs, identify/README.md):
/// <code>
/// 1  publicKey         bytes, protobuf PublicKey
/// 2  listenAddrs       repeated bytes, multiaddr
/// 3  protocols         repeated string
/// 4  observedAddr      bytes, multiaddr
/// 5  protocolVersion   string
/// 6  agentVersion      string
/// </code>
/// None of it is proven: hints only.
/// </summary>
/// <param name="AgentVersion">Free text, such as <c>omega/0.1.0</c>.</param>
/// <param name="ProtocolVersion">Free text, such as <c>ipfs/0.1.0</c>.</param>
/// <param name="Protocols">What it speaks on streams.</param>
/// <param name="ListenAddresses">Where it says it listens; forms we do not speak are left out.</param>
/// <param name="ObservedAddress">How it sees the receiver; null when absent or not understood.</param>
public sealed record IdentifyMessage(
    string AgentVersion,
    string ProtocolVersion,
    IReadOnlyList<string> Protocols,
    IReadOnlyList<Multiaddr> ListenAddresses,
    Multiaddr? ObservedAddress)
{
    /// <summary>The name of the query protocol.</summary>
    public const string ProtocolName = "/ipfs/id/1.0.0";

    /// <summary>The name of the push protocol.</summary>
    public const string PushProtocolName = "/ipfs/id/push/1.0.0";

    /// <summary>The message without its length prefix.</summary>
    /// <param name="key">The node key.</param>
    public byte[] Encode(Ed25519PublicKey key)
    {
        var writer = new ProtobufWriter().Bytes(1, PeerId.From(key).AsSpan()[2..]);
        foreach (var address in ListenAddresses)
        {
            writer.Bytes(2, address.AsSpan());
        }

        foreach (var protocol in Protocols)
        {
            writer.Text(3, protocol);
        }

        if (ObservedAddress is not null)
        {
            writer.Bytes(4, ObservedAddress.AsSpan());
        }

        return writer.Text(5, ProtocolVersion).Text(6, AgentVersion).ToArray();
    }

    /// <summary>Decodes a message; false when it is not protobuf, or when its key is not
    /// <paramref name="peer"/>'s.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, PeerId peer, Limits limits, out IdentifyMessage? message)
    {
        message = null;
        string agent = "", version = "";
        var protocols = new List<string>();
        var addresses = new List<Multiaddr>();
        Multiaddr? observed = null;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.WireType != ProtobufWireType.Bytes)
            {
                continue;
            }

            switch (reader.Field)
            {
                case 1 when !PeerId.TryFromPublicKey(reader.Bytes, out var named) || named != peer:
                    return false;
                case 2 when addresses.Count < limits.IdentifyAddressesMax
                    && Multiaddr.TryDecode(reader.Bytes, out var address, out _):
                    addresses.Add(address);
                    break;
                case 3 when protocols.Count < limits.IdentifyProtocolsMax
                    && reader.Bytes.Length <= limits.ProtocolNameBytesMax:
                    protocols.Add(Encoding.UTF8.GetString(reader.Bytes));
                    break;
                case 4:
                    observed = Multiaddr.TryDecode(reader.Bytes, out var seen, out _) ? seen : null;
                    break;
                case 5:
                    version = Text(reader.Bytes, limits);
                    break;
                case 6:
                    agent = Text(reader.Bytes, limits);
                    break;
                default:
                    break;
            }
        }

        if (reader.Error != ProtobufError.None)
        {
            return false;
        }

        message = new IdentifyMessage(agent, version, protocols, addresses, observed);
        return true;
    }

    private static string Text(ReadOnlySpan<byte> bytes, Limits limits) =>
        Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, limits.ProtocolNameBytesMax)]);
}
