using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>Collects what one peer is to be told and writes it as RPCs; the layout is <see cref="GossipRpc"/>'s.
/// </summary>
internal sealed class RpcBuilder
{
    private readonly List<(string Topic, bool Subscribes)> _subscriptions = [];
    private readonly List<(string Topic, IReadOnlyList<MessageId> Ids)> _have = [];
    private readonly List<MessageId> _want = [];
    private readonly List<string> _grafts = [];
    private readonly List<(string Topic, long BackoffMs)> _prunes = [];
    private readonly List<MessageId> _dontWant = [];

    /// <summary>Whether there is anything but messages to tell.</summary>
    public bool HasControl =>
        _subscriptions.Count + _have.Count + _want.Count + _grafts.Count + _prunes.Count + _dontWant.Count > 0;

    /// <summary>The newest word on a topic replaces an older one that has not left yet.</summary>
    public void Subscription(string topic, bool subscribes)
    {
        _subscriptions.RemoveAll(s => s.Topic == topic);
        _subscriptions.Add((topic, subscribes));
    }

    public void Have(string topic, IReadOnlyList<MessageId> ids) => _have.Add((topic, ids));

    public void Want(IEnumerable<MessageId> ids) => _want.AddRange(ids);

    public void DontWant(MessageId id) => _dontWant.Add(id);

    public void Graft(string topic)
    {
        _prunes.RemoveAll(p => p.Topic == topic);
        if (!_grafts.Contains(topic))
            _grafts.Add(topic);
    }

    public void Prune(string topic, long backoffMs)
    {
        _grafts.Remove(topic);
        _prunes.RemoveAll(p => p.Topic == topic);
        _prunes.Add((topic, backoffMs));
    }

    /// <summary>Writes and forgets all but messages.</summary>
    public void WriteControl(ProtobufWriter rpc)
    {
        foreach (var (topic, subscribes) in _subscriptions)
            rpc.Bytes(1, new ProtobufWriter().Number(1, subscribes ? 1u : 0u).Text(2, topic).Written);
        if (_have.Count + _want.Count + _grafts.Count + _prunes.Count + _dontWant.Count > 0)
            rpc.Bytes(3, Control().Written);
        _subscriptions.Clear();
        _have.Clear();
        _want.Clear();
        _grafts.Clear();
        _prunes.Clear();
        _dontWant.Clear();
    }

    private ProtobufWriter Control()
    {
        var control = new ProtobufWriter();
        foreach (var (topic, ids) in _have)
            control.Bytes(1, Ids(new ProtobufWriter().Text(1, topic), 2, ids).Written);
        if (_want.Count > 0)
            control.Bytes(2, Ids(new ProtobufWriter(), 1, _want).Written);
        foreach (var topic in _grafts)
            control.Bytes(3, new ProtobufWriter().Text(1, topic).Written);
        foreach (var (topic, backoffMs) in _prunes)
            control.Bytes(4, new ProtobufWriter().Text(1, topic).Number(3, (ulong)(backoffMs / 1000)).Written);
        if (_dontWant.Count > 0)
            control.Bytes(5, Ids(new ProtobufWriter(), 1, _dontWant).Written);
        return control;
    }

    private static ProtobufWriter Ids(ProtobufWriter writer, int field, IReadOnlyList<MessageId> ids)
    {
        foreach (var id in ids)
            writer.Bytes(field, id.AsSpan());
        return writer;
    }
}
