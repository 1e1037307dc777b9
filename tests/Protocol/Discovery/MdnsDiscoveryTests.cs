using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Discovery;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Protocol.Tests.Discovery;

public sealed class MdnsDiscoveryTests
{
    private static readonly MdnsSource Lan = new(2, "10.0.0.9", 5353);
    private readonly List<MdnsEffect> _effects = [];
    private long _nowMs = 1000;

    [Fact]
    public void TwoNodesFindEachOtherAndSayGoodbye()
    {
        var (alice, bob) = (Node(1, "/ip4/10.0.0.1/tcp/5311"), Node(2, "/ip4/10.0.0.2/tcp/5311"));
        Exchange(alice, bob);
        var found = _effects.OfType<MdnsEffect.Found>().ToList();
        Assert.Contains(found, f => f.Peer == Peer(1) && f.Addresses[0].ToString() == "/ip4/10.0.0.1/tcp/5311");
        Assert.Contains(found, f => f.Peer == Peer(2));
        _effects.Clear();
        alice.Stop(Now, _effects);
        var goodbye = Assert.Single(_effects.OfType<MdnsEffect.Multicast>()).Packet;
        bob.Receive(goodbye.Span, Lan, Now, _effects);
        Assert.Contains(new MdnsEffect.Lost(Peer(1)), _effects);
        Assert.Null(alice.NextDeadlineMs);
    }

    [Fact]
    public void OwnWordsAreNotHeardSoNothingLoops()
    {
        var node = Node(1, "/ip4/10.0.0.1/tcp/5311");
        for (var i = 0; i < 100; i++)
        {
            _nowMs += 100;
            var sent = new List<MdnsEffect>();
            node.Tick(Now, sent);
            foreach (var packet in sent.OfType<MdnsEffect.Multicast>())
                node.Receive(packet.Packet.Span, Lan, Now, _effects);
            _effects.AddRange(sent);
        }

        Assert.Empty(_effects.OfType<MdnsEffect.Found>());
        // Two announcements; its own questions, which multicast brings back, it does not answer.
        Assert.Equal(2, _effects.OfType<MdnsEffect.Multicast>().Count(m => Read(m.Packet).IsResponse));
        Assert.InRange(_effects.Count, 5, 7);
    }

    [Fact]
    public void AnswerThatTheAskerKnowsIsNotGiven()
    {
        var node = Node(1, "/ip4/10.0.0.1/tcp/5311");
        var ours = Announcement(node);
        var known = new DnsMessage
        {
            Questions = [new DnsQuestion(MdnsDiscovery.ServiceName, DnsType.Ptr)],
            Answers = [ours.Answers[0]],
        };
        Assert.Empty(AnswersTo(node, known));
        var stale = known with { Answers = [ours.Answers[0] with { TtlSeconds = 10 }] };
        Assert.Single(AnswersTo(node, stale));
    }

    [Fact]
    public void ManyAskersGetOneAnswerASecond()
    {
        var node = Node(1, "/ip4/10.0.0.1/tcp/5311");
        Announcement(node);
        var query = new DnsMessage { Questions = [new DnsQuestion(MdnsDiscovery.ServiceName, DnsType.Ptr)] };
        var answers = 0;
        for (var i = 0; i < 1000; i++)
        {
            _nowMs += 10;
            _effects.Clear();
            node.Receive(query.Encode(), Lan, Now, _effects);
            node.Tick(Now, _effects);
            answers += _effects.OfType<MdnsEffect.Multicast>().Count(m => Read(m.Packet).IsResponse);
        }

        Assert.InRange(answers, 5, 11);
    }

    [Fact]
    public void PlainDnsAskerIsAnsweredAloneWithItsIdAndAShortLife()
    {
        var node = Node(1, "/ip4/10.0.0.1/tcp/5311");
        var query = new DnsMessage { Id = 77, Questions = [new DnsQuestion(MdnsDiscovery.ServiceName, DnsType.Ptr)] };
        node.Receive(query.Encode(), Lan with { Port = 40_000 }, Now, _effects);
        var answer = Read(Assert.Single(_effects.OfType<MdnsEffect.Unicast>()).Packet);
        Assert.Equal((77, 10u), (answer.Id, answer.Answers[0].TtlSeconds));
        Assert.Equal(query.Questions, answer.Questions);
    }

    [Fact]
    public void BrowsersAreToldTheServiceAndItsHost()
    {
        var node = Node(1, "/ip4/10.0.0.1/tcp/5311");
        var meta = new DnsMessage { Questions = [new DnsQuestion("_services._dns-sd._udp.local", DnsType.Ptr)] };
        node.Receive(meta.Encode(), Lan, Now, _effects);
        var told = Read(Assert.Single(_effects.OfType<MdnsEffect.Multicast>()).Packet);
        Assert.Equal(MdnsDiscovery.ServiceName, told.Answers[0].Target);
        var ours = Announcement(node);
        var service = ours.Additionals.Single(r => r.Type == DnsType.Srv);
        Assert.Equal(5311, service.Port);
        Assert.Contains(ours.Additionals, r => r.Type == DnsType.A && r.Name == service.Target);
        Assert.All(ours.Additionals, r => Assert.True(r.FlushesCache));
        Assert.False(ours.Answers[0].FlushesCache);
    }

    [Fact]
    public void OnEachInterfaceItsOwnAddressesAreToldAndNoneWhereThereAreNone()
    {
        Assert.True(Multiaddr.TryParse("/ip4/10.0.0.1/tcp/5311", out var one, out _));
        Assert.True(Multiaddr.TryParse("/ip4/192.168.7.1/tcp/5311", out var two, out _));
        var node = NodeOn(1, new() { [2] = [one], [3] = [two] });
        _nowMs += 500;
        node.Tick(Now, _effects);
        var told = _effects.OfType<MdnsEffect.Multicast>().Where(m => Read(m.Packet).IsResponse)
            .ToDictionary(m => m.Interface ?? 0, m => Read(m.Packet).Additionals.Single(r => r.Type == DnsType.Txt));
        Assert.Equal([2, 3], told.Keys.Order());
        Assert.Equal($"dnsaddr={one}/p2p/{Peer(1)}", Assert.Single(told[2].Texts));
        Assert.Equal($"dnsaddr={two}/p2p/{Peer(1)}", Assert.Single(told[3].Texts));
        var query = new DnsMessage { Questions = [new DnsQuestion(MdnsDiscovery.ServiceName, DnsType.Ptr)] };
        _nowMs += 5000;
        node.Tick(Now, []);
        _nowMs += 2000;
        _effects.Clear();
        node.Receive(query.Encode(), Lan with { Interface = 4 }, Now, _effects);
        node.Receive(query.Encode(), Lan with { Interface = 3 }, Now, _effects);
        _nowMs += 200;
        node.Tick(Now, _effects);
        var answer = Assert.Single(_effects.OfType<MdnsEffect.Multicast>(), m => Read(m.Packet).IsResponse);
        Assert.Equal(3, answer.Interface);
    }

    [Fact]
    public void PublicAddressesAreNeitherToldNorTaken()
    {
        var node = Node(1, "/ip4/8.8.8.8/tcp/5311");
        _nowMs += 500;
        node.Tick(Now, _effects);
        Assert.All(_effects.OfType<MdnsEffect.Multicast>(), m => Assert.False(Read(m.Packet).IsResponse));
        _effects.Clear();
        var record = new DnsRecord("x." + MdnsDiscovery.ServiceName, DnsType.Txt, 120, true)
        {
            Texts = [$"dnsaddr=/ip4/8.8.8.8/tcp/1/p2p/{Peer(2)}", "dnsaddr=nonsense", $"dnsaddr=/p2p/{Peer(2)}"],
        };
        node.Receive(new DnsMessage { IsResponse = true, Answers = [record] }.Encode(), Lan, Now, _effects);
        Assert.Empty(_effects);
    }

    [Fact]
    public void QuestionsGrowSeldomAndAskAgainBeforeAWordRunsOut()
    {
        var node = Node(1, "/ip4/10.0.0.1/tcp/5311");
        var queries = 0;
        for (var i = 0; i < 36_000; i++)
        {
            _nowMs += 100;
            _effects.Clear();
            node.Tick(Now, _effects);
            queries += _effects.OfType<MdnsEffect.Multicast>().Count(m => !Read(m.Packet).IsResponse);
        }

        Assert.InRange(queries, 10, 13); // an hour: 1 s, 2 s, 4 s and so on
    }

    [Fact]
    public void OnlySoManyPeersAreRememberedAndTheOldestGo()
    {
        var node = Node(1, "/ip4/10.0.0.1/tcp/5311");
        for (var i = 0; i < 400; i++)
        {
            _nowMs += 20;
            var record = new DnsRecord($"n{i}." + MdnsDiscovery.ServiceName, DnsType.Txt, uint.MaxValue, true)
            {
                Texts = [$"dnsaddr=/ip4/10.0.1.1/tcp/{i + 1}/p2p/{Peer((byte)i, (byte)(i >> 8))}"],
            };
            node.Receive(new DnsMessage { IsResponse = true, Answers = [record] }.Encode(), Lan, Now, _effects);
        }

        var found = _effects.OfType<MdnsEffect.Found>().Select(f => f.Peer).ToList();
        Assert.InRange(found.Count, 399, 400); // one of them may be we
        Assert.Equal(found[..^256], _effects.OfType<MdnsEffect.Lost>().Select(l => l.Peer));
    }

    [Fact]
    public void PacketsAndNamesWithoutEndAreHeededOnlySoOften()
    {
        var node = Node(1, "/ip4/10.0.0.1/tcp/5311");
        Flood();
        Assert.InRange(_effects.OfType<MdnsEffect.Found>().Count(), 200, 256);
        _nowMs += 1000;
        Flood();
        Assert.InRange(_effects.OfType<MdnsEffect.Found>().Count(), 260, 256 + 64);

        void Flood()
        {
            for (var i = 0; i < 5000; i++)
            {
                var record = new DnsRecord("n." + MdnsDiscovery.ServiceName, DnsType.Txt, 120, true)
                {
                    Texts = [$"dnsaddr=/ip4/10.0.1.1/tcp/{i + 1}/p2p/{Peer(7)}"],
                };
                node.Receive(new DnsMessage { IsResponse = true, Answers = [record] }.Encode(), Lan, Now, _effects);
            }
        }
    }

    [Fact]
    public void AnswersToSingleAskersAreOnlySoMany()
    {
        var node = Node(1, "/ip4/10.0.0.1/tcp/5311");
        var query = new DnsMessage { Id = 77, Questions = [new DnsQuestion(MdnsDiscovery.ServiceName, DnsType.Ptr)] };
        for (var i = 0; i < 1000; i++) node.Receive(query.Encode(), Lan with { Port = 40_000 }, Now, _effects);
        Assert.Equal(40, _effects.OfType<MdnsEffect.Unicast>().Count());
    }

    private Instant Now => new(1_800_000_000_000, _nowMs);

    private static PeerId Peer(byte seed, byte more = 0)
    {
        var bytes = new byte[32];
        (bytes[0], bytes[1]) = (seed, more);
        return Ed25519PrivateKey.FromSeed(bytes).PublicKey.ToPeerId();
    }

    private static DnsMessage Read(ReadOnlyMemory<byte> packet)
    {
        Assert.True(DnsMessage.TryDecode(packet.Span, out var message));
        return message;
    }

    private MdnsDiscovery Node(byte seed, string address)
    {
        Assert.True(Multiaddr.TryParse(address, out var listen, out _));
        return NodeOn(seed, new() { [Lan.Interface] = [listen] });
    }

    private MdnsDiscovery NodeOn(byte seed, Dictionary<int, IReadOnlyList<Multiaddr>> addresses) => new(
        new MdnsOptions { Self = Peer(seed), Random = new SeededRandom(seed) }, addresses, Now);

    private DnsMessage Announcement(MdnsDiscovery node)
    {
        _nowMs += 500;
        _effects.Clear();
        node.Tick(Now, _effects);
        return _effects.OfType<MdnsEffect.Multicast>().Select(m => Read(m.Packet)).Single(m => m.IsResponse);
    }

    private List<DnsMessage> AnswersTo(MdnsDiscovery node, DnsMessage query)
    {
        _nowMs += 2000;
        node.Tick(Now, _effects);
        _effects.Clear();
        node.Receive(query.Encode(), Lan, Now, _effects);
        _nowMs += 200;
        node.Tick(Now, _effects);
        return [.. _effects.OfType<MdnsEffect.Multicast>().Select(m => Read(m.Packet)).Where(m => m.IsResponse)];
    }

    private void Exchange(MdnsDiscovery one, MdnsDiscovery other)
    {
        for (var i = 0; i < 30; i++)
        {
            _nowMs += 50;
            foreach (var (from, to) in new[] { (one, other), (other, one) })
            {
                var sent = new List<MdnsEffect>();
                from.Tick(Now, sent);
                foreach (var packet in sent.OfType<MdnsEffect.Multicast>())
                    to.Receive(packet.Packet.Span, Lan, Now, _effects);
            }
        }
    }
}
