using System.Net;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Buffers;
using Omega.P2P.Protocol.Multiaddrs;

namespace Omega.P2P.Protocol.Discovery;

/// <summary>
/// Finds peers on the local network (libp2p specs, discovery/mdns; RFC 6762): asks for <c>_p2p._udp.local</c>, answers
/// who asks, says goodbye. A state machine: packets and time in, packets and peers out; sockets are the driver's. What
/// it finds is a hint of anybody on the network. Only addresses of local networks are told and taken. The peer's name
/// is 40 random characters, so it is not probed for.
/// </summary>
public sealed partial class MdnsDiscovery
{
    /// <summary>The name asked for.</summary>
    public const string ServiceName = "_p2p._udp.local";

    private const string MetaName = "_services._dns-sd._udp.local";
    private const string Attribute = "dnsaddr=";
    private readonly MdnsOptions _options;
    private readonly string _instance;
    private readonly string _host;
    private readonly SortedDictionary<PeerId, Heard> _peers = [];
    private readonly SortedDictionary<int, long> _answerAtMs = [];
    private readonly Dictionary<int, long> _answeredAtMs = [];
    private ICollection<MdnsEffect> _effects = [];
    private readonly SortedDictionary<int, IReadOnlyList<Multiaddr>> _addresses = [];
    private readonly RateBudget _packets;
    private readonly RateBudget _unicasts;
    private readonly RateBudget _found;
    private long _nowMs;
    private long _queryAtMs;
    private long _queryEveryMs;
    private long? _announceAtMs;
    private int _announcementsLeft = 2;
    private bool _stopped;

    private sealed record Heard(string Instance, IReadOnlyList<Multiaddr> Addresses, long AtMs, long UntilMs);

    /// <summary>Starts looking; the first <see cref="Tick"/> asks and announces.</summary>
    /// <param name="options">Names and times.</param>
    /// <param name="addresses">Where we listen, without our id, by number of the network interface: on each only its
    /// own are told, for others may mean nothing there (RFC 6762 section 14). None at all: it looks and tells nothing.
    /// </param>
    /// <param name="now">The present.</param>
    public MdnsDiscovery(
        MdnsOptions options, IReadOnlyDictionary<int, IReadOnlyList<Multiaddr>> addresses, Instant now)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(addresses);
        _options = options;
        _packets = new RateBudget(2 * options.PacketsPerSecond, options.PacketsPerSecond);
        _unicasts = new RateBudget(2 * options.UnicastsPerSecond, options.UnicastsPerSecond);
        _found = new RateBudget(4 * options.FoundPerSecond, options.FoundPerSecond);
        foreach (var (on, told) in addresses)
        {
            IReadOnlyList<Multiaddr> local = [.. told.Where(IsLocal).Take(options.AddressesMax)];
            if (local.Count > 0)
                _addresses.Add(on, local);
        }

        var name = RandomName();
        (_instance, _host) = (name + "." + ServiceName, name + ".local");
        _queryEveryMs = options.QueryMsFirst;
        _queryAtMs = now.RunningMs + Delay();
        _announceAtMs = _queryAtMs;
    }

    /// <summary>When to call <see cref="Tick"/>, in running milliseconds; null once stopped.</summary>
    public long? NextDeadlineMs => _stopped ? null : Math.Min(
        Math.Min(_queryAtMs, _announceAtMs ?? long.MaxValue),
        Math.Min(
            _answerAtMs.Values.DefaultIfEmpty(long.MaxValue).Min(),
            _peers.Values.Select(p => p.UntilMs).DefaultIfEmpty(long.MaxValue).Min()));

    /// <summary>Whether an address is of this machine or of a local network: loopback, link-local, private, or shared
    /// (RFC 1918, 3927, 4193, 4291, 6598).</summary>
    public static bool IsLocal(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.TryGetTcp(out var host, out _) || !IPAddress.TryParse(host, out var ip))
            return false;
        if (IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal)
            return true;
        return ip.GetAddressBytes() is [10, ..] or [172, >= 16 and < 32, ..] or [192, 168, ..] or [169, 254, _, _]
            or [100, >= 64 and < 128, _, _];
    }

    /// <summary>Lets time pass: asks, answers, announces, forgets.</summary>
    public void Tick(Instant now, ICollection<MdnsEffect> effects)
    {
        (_nowMs, _effects) = (now.RunningMs, effects);
        if (_stopped)
            return;
        foreach (var (peer, heard) in _peers.Where(p => p.Value.UntilMs <= _nowMs).ToList())
        {
            _peers.Remove(peer);
            _effects.Add(new MdnsEffect.Lost(peer));
        }

        if (_announceAtMs <= _nowMs)
        {
            // Twice, a second apart (RFC 6762 section 8.3): the first may be lost.
            _announceAtMs = --_announcementsLeft > 0 ? _nowMs + _options.AnswerEveryMs : null;
            AnnounceOnAll(_options.TtlSeconds);
        }

        foreach (var (on, _) in _answerAtMs.Where(a => a.Value <= _nowMs).ToList())
        {
            _answerAtMs.Remove(on);
            Announce(on, _options.TtlSeconds);
        }

        if (_queryAtMs <= _nowMs)
            Query();
    }

    /// <summary>Says goodbye; nothing follows.</summary>
    public void Stop(Instant now, ICollection<MdnsEffect> effects)
    {
        (_nowMs, _effects) = (now.RunningMs, effects);
        if (!_stopped)
            AnnounceOnAll(0);
        _stopped = true;
    }

    private void Query()
    {
        // Known answers: whoever is in the list need not answer (RFC 6762 section 7.1).
        var known = _peers.Values.Where(p => p.UntilMs - _nowMs > (p.UntilMs - p.AtMs) / 2)
            .Select(p => new DnsRecord(ServiceName, DnsType.Ptr, (uint)((p.UntilMs - _nowMs) / 1000), false)
            {
                Target = p.Instance,
            });
        // Multicast comes back to its sender: with our own name in the list we do not answer ourselves.
        if (_addresses.Count > 0)
            known = known.Prepend(Pointer(_options.TtlSeconds));
        var query = new DnsMessage
        {
            Questions = [new DnsQuestion(ServiceName, DnsType.Ptr)],
            Answers = [.. known.Take(16)],
        };
        _effects.Add(new MdnsEffect.Multicast(null, query.Encode()));
        // What we know is asked for again before it runs out; else ever more seldom.
        var soonest = _peers.Values.Select(p => p.UntilMs - (p.UntilMs - p.AtMs) / 5)
            .Where(at => at > _nowMs).DefaultIfEmpty(long.MaxValue).Min();
        _queryAtMs = Math.Min(_nowMs + _queryEveryMs, soonest);
        _queryEveryMs = Math.Min(_queryEveryMs * 2, _options.QueryMsMax);
    }

    private void AnnounceOnAll(uint ttl)
    {
        foreach (var on in _addresses.Keys)
            Announce(on, ttl);
    }

    private void Announce(int on, uint ttl)
    {
        _answeredAtMs[on] = _nowMs;
        _effects.Add(new MdnsEffect.Multicast(on, Answer(on, ttl, 0, []).Encode()));
    }

    private DnsMessage Answer(int on, uint ttl, ushort id, IReadOnlyList<DnsQuestion> repeated)
    {
        var addresses = _addresses[on];
        return new DnsMessage
        {
            Id = id,
            IsResponse = true,
            Questions = repeated,
            Answers = [Pointer(ttl)],
            Additionals = [Texts(addresses, ttl), Service(addresses, ttl), .. Hosts(addresses, ttl)],
        };
    }

    private DnsRecord Pointer(uint ttl) => new(ServiceName, DnsType.Ptr, ttl, false) { Target = _instance };

    private DnsRecord Texts(IReadOnlyList<Multiaddr> addresses, uint ttl) => new(_instance, DnsType.Txt, ttl, true)
    {
        Texts = [.. addresses.Select(a => $"{Attribute}{a}/p2p/{_options.Self}")],
    };

    private DnsRecord Service(IReadOnlyList<Multiaddr> addresses, uint ttl) => new(_instance, DnsType.Srv, ttl, true)
    {
        Target = _host,
        Port = (ushort)(addresses[0].TryGetTcp(out _, out var port) ? port : 0),
    };

    private IEnumerable<DnsRecord> Hosts(IReadOnlyList<Multiaddr> addresses, uint ttl)
    {
        foreach (var address in addresses)
        {
            if (!address.TryGetTcp(out var host, out _) || !IPAddress.TryParse(host, out var ip))
                continue;
            var bytes = ip.GetAddressBytes();
            yield return new DnsRecord(_host, bytes.Length == 4 ? DnsType.A : DnsType.Aaaa, ttl, true) { Data = bytes };
        }
    }

    private string RandomName()
    {
        const string letters = "abcdefghijklmnopqrstuvwxyz234567";
        Span<byte> chosen = stackalloc byte[40];
        _options.Random.Fill(chosen);
        var name = new char[chosen.Length];
        for (var i = 0; i < name.Length; i++)
            name[i] = letters[chosen[i] % letters.Length];
        return new string(name);
    }

    private int Delay()
    {
        Span<byte> bytes = stackalloc byte[4];
        _options.Random.Fill(bytes);
        var (least, most) = _options.AnswerDelayMs;
        return least + (int)(BitConverter.ToUInt32(bytes) % (uint)(most - least + 1));
    }
}
