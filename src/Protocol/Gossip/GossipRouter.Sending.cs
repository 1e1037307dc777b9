using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Gossip;

/// <summary>From queues to RPCs: control first, then messages, as far as a peer reads.</summary>
public sealed partial class GossipRouter
{
    private void Enqueue(GossipPeer peer, MessageId id, GossipMessage message)
    {
        if (peer.IsKnown(id))
            return;
        peer.Enqueue(id, message, _options.Limits, _nowMs);
        _dirty.Add(peer.Id);
    }

    private void OnSent(GossipInput.Sent sent)
    {
        if (!_peers.TryGetValue(sent.Peer, out var peer))
            return;
        peer.InFlightBytes = Math.Max(0, peer.InFlightBytes - sent.Bytes);
        if (peer.HasMessages || peer.HasSkipped || peer.Control.HasControl)
            _dirty.Add(peer.Id);
    }

    private void Flush()
    {
        foreach (var id in _dirty)
        {
            if (_peers.TryGetValue(id, out var peer))
                Flush(peer);
        }

        _dirty.Clear();
        TellWritable();
    }

    private void Flush(GossipPeer peer)
    {
        while (peer.InFlightBytes < _options.Limits.InFlightBytesMax)
        {
            if (!peer.HasMessages && peer.HasSkipped && peer.SkippedOffers < _options.SkippedOffersMax)
                OfferSkipped(peer);
            if (!peer.Control.HasControl && !peer.TryPeek(_nowMs, out _))
                return;
            var rpc = new ProtobufWriter();
            peer.Control.WriteControl(rpc);
            while (peer.TryPeek(_nowMs, out var message)
                && (rpc.Written.Length == 0 || rpc.Written.Length + message!.Encoded.Length // set when true
                    <= _options.Limits.RpcBytesAim))
            {
                rpc.Bytes(2, message!.Encoded.Span); // as above
                peer.Dequeue(_nowMs);
            }

            peer.InFlightBytes += rpc.Written.Length;
            _effects.Add(new GossipEffect.Send(peer.Id, rpc.ToArray()));
        }
    }

    // It reads again: what did not fit meanwhile it may ask for, unless others brought it.
    private void OfferSkipped(GossipPeer peer)
    {
        peer.SkippedOffers++;
        foreach (var (topic, ids) in peer.TakeSkipped())
        {
            var held = ids.Where(id => _cache.Find(id) is not null && !peer.IsKnown(id)).ToList();
            if (held.Count > 0)
                peer.Control.Have(topic, held);
        }
    }

    // Half a queue is left for what others publish. Who has not read for long is waited for no more.
    private bool HoldsUp(GossipPeer peer) => peer.QueuedBytes > _options.Limits.QueueBytesMax / 2
        && _nowMs - peer.StalledSinceMs < _options.PatienceMs;

    private void TellWritable()
    {
        if (!_publisherWaits || _peers.Values.Any(HoldsUp))
            return;
        _publisherWaits = false;
        _effects.Add(new GossipEffect.Writable());
    }
}
