using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>
/// One RPC as it was read (libp2p specs, pubsub and gossipsub v1.0 to v1.2):
/// <code>
/// 1  subscriptions  repeated { 1 subscribe bool, 2 topic }
/// 2  publish        repeated message
/// 3  control        { 1 ihave { 1 topic, 2 ids }, 2 iwant { 1 ids }, 3 graft { 1 topic },
///                     4 prune { 1 topic, 3 backoff s }, 5 idontwant { 1 ids } }, each repeated
/// </code>
/// Peers offered by a PRUNE are not read: peer exchange is off. Entries over
/// <see cref="GossipLimits.RpcEntriesMax"/>, topics that are none and ids over <see cref="MessageId.LengthMax"/> are
/// left out. Messages are still encoded, and point into the bytes read.
/// </summary>
public sealed class GossipRpc
{
    private readonly GossipLimits _limits;
    private readonly List<(string Topic, bool Subscribes)> _subscriptions = [];
    private readonly List<ReadOnlyMemory<byte>> _messages = [];
    private readonly List<(string Topic, IReadOnlyList<MessageId> Ids)> _have = [];
    private readonly List<MessageId> _want = [];
    private readonly List<string> _grafts = [];
    private readonly List<(string Topic, ulong BackoffSeconds)> _prunes = [];
    private readonly List<MessageId> _dontWant = [];
    private int _ids;

    private GossipRpc(GossipLimits limits) => _limits = limits;

    /// <summary>Topics the peer entered or left, in order.</summary>
    public IReadOnlyList<(string Topic, bool Subscribes)> Subscriptions => _subscriptions;

    /// <summary>Published messages, each to be read by <see cref="GossipMessage.TryDecode"/>.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Messages => _messages;

    /// <summary>IHAVE: ids the peer offers.</summary>
    public IReadOnlyList<(string Topic, IReadOnlyList<MessageId> Ids)> Have => _have;

    /// <summary>IWANT: ids the peer asks for.</summary>
    public IReadOnlyList<MessageId> Want => _want;

    /// <summary>GRAFT: topics in whose mesh the peer takes us.</summary>
    public IReadOnlyList<string> Grafts => _grafts;

    /// <summary>PRUNE: topics from whose mesh the peer drops us, and how long we may not come back; 0 when unsaid.
    /// </summary>
    public IReadOnlyList<(string Topic, ulong BackoffSeconds)> Prunes => _prunes;

    /// <summary>IDONTWANT: ids the peer has already.</summary>
    public IReadOnlyList<MessageId> DontWant => _dontWant;

    /// <summary>Reads an RPC without its length prefix. Total; nothing is allocated by a claimed length.</summary>
    public static bool TryDecode(
        ReadOnlyMemory<byte> bytes, GossipLimits limits, [NotNullWhen(true)] out GossipRpc? rpc,
        out GossipError error)
    {
        ArgumentNullException.ThrowIfNull(limits);
        rpc = null;
        error = GossipError.TooLong;
        if (bytes.Length > limits.RpcBytesMax)
            return false;
        error = GossipError.Malformed;
        var read = new GossipRpc(limits);
        var reader = new ProtobufReader(bytes.Span);
        while (reader.Next())
        {
            var isSound = reader.Field switch
            {
                1 => reader.IsBytes(1) && read.TrySubscription(reader.Bytes),
                2 => reader.IsBytes(2) && read.TryMessage(bytes, reader.Bytes),
                3 => reader.IsBytes(3) && read.TryControl(reader.Bytes),
                _ => true,
            };
            if (!isSound)
                return false;
        }

        if (reader.Error != ProtobufError.None)
            return false;
        (rpc, error) = (read, GossipError.None);
        return true;
    }

    private bool TrySubscription(ReadOnlySpan<byte> bytes)
    {
        var subscribes = false;
        ReadOnlySpan<byte> topic = default;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1 && reader.WireType == ProtobufWireType.Varint)
                subscribes = reader.Number != 0;
            else if (reader.IsBytes(2))
                topic = reader.Bytes;
        }

        if (_subscriptions.Count < _limits.RpcEntriesMax && GossipMessage.TryReadTopic(topic, _limits, out var name))
            _subscriptions.Add((name, subscribes));
        return reader.Error == ProtobufError.None;
    }

    // The reader's span lies inside the memory: its distance from the end gives the slice to keep.
    private bool TryMessage(ReadOnlyMemory<byte> whole, ReadOnlySpan<byte> bytes)
    {
        if (_messages.Count >= _limits.RpcEntriesMax)
            return true;
        whole.Span.Overlaps(bytes, out var offset);
        _messages.Add(bytes.IsEmpty ? ReadOnlyMemory<byte>.Empty : whole.Slice(offset, bytes.Length));
        return true;
    }

    private bool TryControl(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field is < 1 or > 5)
                continue;
            if (reader.WireType != ProtobufWireType.Bytes || !TryControl(reader.Field, reader.Bytes))
                return false;
        }

        return reader.Error == ProtobufError.None;
    }

    private bool TryControl(int kind, ReadOnlySpan<byte> bytes)
    {
        var idField = kind == 1 ? 2 : kind is 2 or 5 ? 1 : 0;
        var ids = kind switch
        {
            2 => _want,
            5 => _dontWant,
            _ => [],
        };
        ReadOnlySpan<byte> topic = default;
        ulong backoff = 0;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (idField > 0 && reader.IsBytes(idField))
                AddId(ids, reader.Bytes);
            else if (kind is 1 or 3 or 4 && reader.IsBytes(1))
                topic = reader.Bytes;
            else if (kind == 4 && reader.Field == 3 && reader.WireType == ProtobufWireType.Varint)
                backoff = reader.Number;
        }

        if (kind is 1 or 3 or 4 && GossipMessage.TryReadTopic(topic, _limits, out var name))
            AddTopic(kind, name, ids, backoff);
        return reader.Error == ProtobufError.None;
    }

    private void AddId(List<MessageId> ids, ReadOnlySpan<byte> id)
    {
        if (_ids < _limits.RpcEntriesMax && id.Length is > 0 and <= MessageId.LengthMax)
        {
            ids.Add(new MessageId(id.ToArray()));
            _ids++;
        }
    }

    private void AddTopic(int kind, string topic, List<MessageId> ids, ulong backoff)
    {
        if (kind == 1 && _have.Count < _limits.RpcEntriesMax)
            _have.Add((topic, ids));
        else if (kind == 3 && _grafts.Count < _limits.RpcEntriesMax)
            _grafts.Add(topic);
        else if (kind == 4 && _prunes.Count < _limits.RpcEntriesMax)
            _prunes.Add((topic, backoff));
    }
}
