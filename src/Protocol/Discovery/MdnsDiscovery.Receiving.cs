using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Protocol.Discovery;

/// <summary>What others ask and answer.</summary>
public sealed partial class MdnsDiscovery
{
    private const int MdnsPort = 5353;
    private const uint LegacyTtlMax = 10;

    /// <summary>Longest time a word is believed, in seconds (RFC 6762 section 10: 75 minutes).</summary>
    private const uint TtlMax = 4500;
    private readonly Dictionary<int, long> _metaAtMs = [];

    /// <summary>A packet came to the group or to us. Anything out of form is passed over, our own words too.</summary>
    public void Receive(ReadOnlySpan<byte> packet, MdnsSource source, Instant now, ICollection<MdnsEffect> effects)
    {
        (_nowMs, _effects) = (now.RunningMs, effects);
        if (_stopped || !_packets.TryTake(_nowMs) || !DnsMessage.TryDecode(packet, out var message))
            return;
        if (!message.IsResponse)
            OnQuery(message, source);
        else if (source.Port == MdnsPort) // RFC 6762 section 6: answers from elsewhere are not multicast DNS
            OnResponse(message);
    }

    private void OnQuery(DnsMessage query, MdnsSource source)
    {
        var asked = query.Questions.Where(IsOurs).ToList();
        if (asked.Count == 0 || !_addresses.ContainsKey(source.Interface))
            return;
        if (asked.Exists(q => q.Name == MetaName))
            AnswerMeta(source, query);
        asked.RemoveAll(q => q.Name == MetaName);
        var isKnown = query.Answers.Any(a => a.Type == DnsType.Ptr && a.Name == ServiceName && a.Target == _instance
            && a.TtlSeconds >= _options.TtlSeconds / 2);
        if (asked.Count == 0 || (isKnown && asked.TrueForAll(q => q.Name == ServiceName)))
            return;
        if (source.Port != MdnsPort)
        {
            var ttl = Math.Min(_options.TtlSeconds, LegacyTtlMax);
            Tell(source, Answer(source.Interface, ttl, query.Id, query.Questions));
            return;
        }

        // Told to all not long ago: the asker alone gets it again, if it wants that.
        var wasTold = _answeredAtMs.TryGetValue(source.Interface, out var at)
            && _nowMs - at < _options.TtlSeconds * 1000L / 4;
        if (wasTold && asked.TrueForAll(q => q.WantsUnicast))
        {
            Tell(source, Answer(source.Interface, _options.TtlSeconds, 0, []));
            return;
        }

        var soonest = _answeredAtMs.TryGetValue(source.Interface, out at) ? at + _options.AnswerEveryMs : 0;
        _answerAtMs.TryAdd(source.Interface, Math.Max(_nowMs + Delay(), soonest));
    }

    /// <summary>An answer to one asker; its address may be somebody else's, so there are only so many.</summary>
    private void Tell(MdnsSource source, DnsMessage answer)
    {
        if (_unicasts.TryTake(_nowMs))
            _effects.Add(new MdnsEffect.Unicast(source, answer.Encode()));
    }

    private bool IsOurs(DnsQuestion question) => question.Name switch
    {
        ServiceName or MetaName => question.Type is DnsType.Ptr or DnsType.Any,
        _ when question.Name == _instance => question.Type is DnsType.Txt or DnsType.Srv or DnsType.Any,
        _ when question.Name == _host => question.Type is DnsType.A or DnsType.Aaaa or DnsType.Any,
        _ => false,
    };

    private void AnswerMeta(MdnsSource source, DnsMessage query)
    {
        var record = new DnsRecord(MetaName, DnsType.Ptr, _options.TtlSeconds, false) { Target = ServiceName };
        var isKnown = query.Answers.Any(a => a.Name == MetaName && a.Target == ServiceName
            && a.TtlSeconds >= _options.TtlSeconds / 2);
        var wasTold = _metaAtMs.TryGetValue(source.Interface, out var at) && _nowMs - at < _options.AnswerEveryMs;
        if (isKnown || wasTold)
            return;
        _metaAtMs[source.Interface] = _nowMs;
        var answer = new DnsMessage { IsResponse = true, Answers = [record] };
        _effects.Add(source.Port == MdnsPort
            ? new MdnsEffect.Multicast(source.Interface, answer.Encode())
            : new MdnsEffect.Unicast(
                source, (answer with { Id = query.Id, Questions = query.Questions }).Encode()));
    }

    private void OnResponse(DnsMessage response)
    {
        var records = response.Answers.Concat(response.Additionals).ToList();
        foreach (var gone in records.Where(r => r is { Type: DnsType.Ptr, TtlSeconds: 0 } && r.Name == ServiceName))
            Forget(gone.Target);
        foreach (var record in records)
        {
            if (record.Type != DnsType.Txt || !record.Name.EndsWith("." + ServiceName, StringComparison.Ordinal)
                || record.Name == _instance)
                continue;
            if (record.TtlSeconds == 0)
                Forget(record.Name);
            else
                Take(record);
        }
    }

    private void Take(DnsRecord record)
    {
        var addresses = new SortedDictionary<PeerId, List<Multiaddr>>();
        foreach (var text in record.Texts)
        {
            if (!text.StartsWith(Attribute, StringComparison.Ordinal))
                continue;
            var parts = text[Attribute.Length..].Split("/p2p/");
            if (parts.Length == 2 && PeerId.TryParse(parts[1], out var peer) && peer != _options.Self
                && Multiaddr.TryParse(parts[0], out var address, out _) && IsLocal(address))
            {
                if (!addresses.TryGetValue(peer, out var known))
                    addresses.Add(peer, known = []);
                if (known.Count < _options.AddressesMax && !known.Contains(address))
                    known.Add(address);
            }
        }

        foreach (var (peer, known) in addresses)
            Take(record, peer, known);
    }

    private void Take(DnsRecord record, PeerId peer, List<Multiaddr> addresses)
    {
        if (!_peers.TryGetValue(peer, out var before) && _peers.Count >= _options.PeersMax)
        {
            // Whoever fills the network with names that nobody bears keeps none out that comes after them.
            var oldest = _peers.MinBy(p => p.Value.AtMs).Key;
            _peers.Remove(oldest);
            _effects.Add(new MdnsEffect.Lost(oldest));
        }

        // A record without the cache-flush bit adds to what is known; one with it takes its place.
        if (before is not null && !record.FlushesCache)
            addresses = [.. addresses.Union(before.Addresses).Take(_options.AddressesMax)];
        var isNews = before is null || !before.Addresses.SequenceEqual(addresses);
        if (isNews && !_found.TryTake(_nowMs))
            return;
        _peers[peer] = new Heard(record.Name, addresses, _nowMs, _nowMs + Math.Min(record.TtlSeconds, TtlMax) * 1000L);
        if (isNews)
            _effects.Add(new MdnsEffect.Found(peer, addresses));
    }

    private void Forget(string instance)
    {
        foreach (var (peer, _) in _peers.Where(p => p.Value.Instance == instance).ToList())
        {
            _peers.Remove(peer);
            _effects.Add(new MdnsEffect.Lost(peer));
        }
    }
}
