using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>
/// One published message, always signed by its author (libp2p specs, pubsub, <c>StrictSign</c>):
/// <code>
/// 1  from        bytes, the author's peer id
/// 2  data        bytes; may be absent
/// 3  seqno       8 bytes, big-endian
/// 4  topic       string
/// 5  signature   64 bytes over "libp2p-pubsub:" + fields 1 to 4 in this order
/// 6  key         bytes, only where the peer id does not hold the key
/// </code>
/// Immutable. What was decoded is encoded anew in this order, so fields that nobody signed are not passed on.
/// </summary>
public sealed class GossipMessage
{
    private const int SequenceBytes = 8;
    private readonly byte[] _encoded;
    private readonly Range _data;
    private readonly int _unsignedLength;
    private readonly Range _signature;

    private GossipMessage(Parts parts, byte[] encoded, int unsignedLength)
    {
        (From, Sequence, Topic) = (parts.From, parts.Sequence, parts.Topic);
        _encoded = encoded;
        _unsignedLength = unsignedLength;
        _data = parts.Data;
        _signature = parts.Signature;
    }

    /// <summary>The author.</summary>
    public PeerId From { get; }

    /// <summary>Unique among the author's messages.</summary>
    public ulong Sequence { get; }

    /// <summary>Where it was published.</summary>
    public string Topic { get; }

    /// <summary>The content.</summary>
    public ReadOnlyMemory<byte> Data => _encoded.AsMemory(_data);

    /// <summary>The protobuf.</summary>
    public ReadOnlyMemory<byte> Encoded => _encoded;

    private static ReadOnlySpan<byte> SignaturePrefix => "libp2p-pubsub:"u8;

    /// <summary>Signs a new message.</summary>
    /// <param name="topic">Where.</param>
    /// <param name="data">What; copied.</param>
    /// <param name="sequence">Never used before by this signer.</param>
    /// <param name="signer">The node key.</param>
    public static GossipMessage Create(string topic, ReadOnlySpan<byte> data, ulong sequence, ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(topic);
        var parts = new Parts { From = signer.PublicKey.ToPeerId(), Sequence = sequence, Topic = topic };
        var writer = new ProtobufWriter(data.Length + topic.Length + 160);
        var unsigned = WriteUnsigned(writer, parts, data, hasData: true);
        Span<byte> signature = stackalloc byte[Ed25519PublicKey.SignatureLength];
        signer.Sign(Signed(writer.Written), signature);
        return Finish(writer, parts, unsigned, signature);
    }

    /// <summary>Reads a message; nothing of <paramref name="bytes"/> is kept. Whether the signature verifies is
    /// <see cref="VerifySignature"/>'s to say.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, GossipLimits limits, [NotNullWhen(true)] out GossipMessage? message,
        out GossipError error)
    {
        message = null;
        var parts = new Parts();
        ReadOnlySpan<byte> from = default, data = default, sequence = default, topic = default, signature = default;
        var hasData = false;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case >= 1 and <= 6 when reader.WireType != ProtobufWireType.Bytes:
                    error = GossipError.Malformed;
                    return false;
                case 1:
                    from = reader.Bytes;
                    break;
                case 2:
                    data = reader.Bytes;
                    hasData = true;
                    break;
                case 3:
                    sequence = reader.Bytes;
                    break;
                case 4:
                    topic = reader.Bytes;
                    break;
                case 5:
                    signature = reader.Bytes;
                    break;
                default:
                    break; // a key is in the id of every author that we can verify
            }
        }

        error = reader.Error != ProtobufError.None ? GossipError.Malformed
            : data.Length > limits.DataBytesMax ? GossipError.TooLong
            : sequence.Length != SequenceBytes ? GossipError.BadSequence
            : signature.Length != Ed25519PublicKey.SignatureLength ? Unsigned(from)
            : !PeerId.TryFromBytes(from, out var author) ? GossipError.BadAuthor
            : !TryReadTopic(topic, limits, out var name) ? GossipError.BadTopic
            : Take(parts, author, name, sequence);
        if (error != GossipError.None)
            return false;
        var writer = new ProtobufWriter(data.Length + topic.Length + 160);
        var unsigned = WriteUnsigned(writer, parts, data, hasData);
        message = Finish(writer, parts, unsigned, signature);
        return true;
    }

    /// <summary><see cref="GossipError.None"/> when the author signed it; else <see cref="GossipError.BadSignature"/>
    /// or <see cref="GossipError.UnsupportedKeyKind"/>.</summary>
    public GossipError VerifySignature()
    {
        if (!From.TryGetEd25519(out var key))
            return GossipError.UnsupportedKeyKind;
        return key.Verify(Signed(_encoded.AsSpan(0, _unsignedLength)), _encoded.AsSpan(_signature))
            ? GossipError.None
            : GossipError.BadSignature;
    }

    /// <summary>The default rule of ids: author, then sequence number.</summary>
    public MessageId ByAuthor()
    {
        var from = From;
        var id = new byte[from.AsSpan().Length + SequenceBytes];
        from.AsSpan().CopyTo(id);
        BinaryPrimitives.WriteUInt64BigEndian(id.AsSpan(id.Length - SequenceBytes), Sequence);
        return new MessageId(id);
    }

    /// <summary>Reads a topic's name; false when it is empty, too long or not UTF-8.</summary>
    internal static bool TryReadTopic(ReadOnlySpan<byte> bytes, GossipLimits limits, out string topic)
    {
        topic = "";
        if (bytes.IsEmpty || bytes.Length > limits.TopicBytesMax || !System.Text.Unicode.Utf8.IsValid(bytes))
            return false;
        topic = Encoding.UTF8.GetString(bytes);
        return true;
    }

    // RSA and secp256k1 signatures have other lengths; their authors are not to blame for what we cannot check.
    private static GossipError Unsigned(ReadOnlySpan<byte> from) =>
        PeerId.TryFromBytes(from, out var author) && !author.TryGetEd25519(out _)
            ? GossipError.UnsupportedKeyKind
            : GossipError.BadSignature;

    private static GossipError Take(Parts parts, PeerId author, string topic, ReadOnlySpan<byte> sequence)
    {
        (parts.From, parts.Topic) = (author, topic);
        parts.Sequence = BinaryPrimitives.ReadUInt64BigEndian(sequence);
        return GossipError.None;
    }

    private static byte[] Signed(ReadOnlySpan<byte> unsigned) => [.. SignaturePrefix, .. unsigned];

    private static int WriteUnsigned(ProtobufWriter writer, Parts parts, ReadOnlySpan<byte> data, bool hasData)
    {
        Span<byte> sequence = stackalloc byte[SequenceBytes];
        BinaryPrimitives.WriteUInt64BigEndian(sequence, parts.Sequence);
        var from = parts.From;
        writer.Bytes(1, from.AsSpan());
        if (hasData)
            writer.Bytes(2, data);
        parts.Data = (writer.Written.Length - data.Length)..writer.Written.Length;
        writer.Bytes(3, sequence).Text(4, parts.Topic);
        return writer.Written.Length;
    }

    private static GossipMessage Finish(
        ProtobufWriter writer, Parts parts, int unsigned, ReadOnlySpan<byte> signature)
    {
        writer.Bytes(5, signature);
        parts.Signature = (writer.Written.Length - signature.Length)..writer.Written.Length;
        return new GossipMessage(parts, writer.ToArray(), unsigned);
    }

    private sealed class Parts
    {
        public PeerId From { get; set; }

        public ulong Sequence { get; set; }

        public string Topic { get; set; } = "";

        public Range Data { get; set; }

        public Range Signature { get; set; }
    }
}
