using Omega.P2P.Engine.Links;
using Omega.P2P.Primitives.Tests.Notes;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Protocol.Discovery;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Support;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>State machines above the connection: several messages of a stranger, one after the other.</summary>
internal static class PeerTargets
{
    private const string Topic = "t";

    /// <summary>What one message may make us send: all that is kept to be asked for is less.</summary>
    private const int SentMax = 64 * 1024;

    public static IEnumerable<FuzzTarget> All() =>
    [
        new("frames", [[0, 3, 1, 2, 3, 0, 1, 9], [1, 0x80, 1, .. new byte[128]]], Frames),
        new("mdns", [Pieces.Join(Packets())], Mdns)
        {
            AllocationBase = 512 * 1024, AllocationPerByte = 4096,
        },
        new("gossip-router", [Pieces.Join(Rpcs())], Gossip)
        {
            AllocationBase = 1024 * 1024, AllocationPerByte = 1024,
        },
    ];

    /// <summary>The first byte says how the rest is cut.</summary>
    private static string Frames(ReadOnlySpan<byte> input)
    {
        const int FrameMax = 1000;
        if (input.IsEmpty)
            return "empty";
        var decoder = new FrameDecoder(FrameMax);
        var step = input[0] == 0 ? int.MaxValue : input[0];
        var (frames, isSound) = (0, true);
        for (var rest = input[1..]; !rest.IsEmpty && isSound;)
        {
            isSound = decoder.TryPush(rest[..Math.Min(step, rest.Length)], out var taken, out var frame);
            rest = rest[taken..];
            frames += frame is null ? 0 : 1;
            if (frame?.Length > FrameMax || decoder.HeldBytes > 4096 + (2 * FrameMax))
                throw new FuzzFinding($"{frame?.Length} bytes of frame, {decoder.HeldBytes} held");
        }

        return $"{isSound} {Math.Min(frames, 4)} {decoder.IsInsideFrame}";
    }

    private static Multiaddr Address(string text) =>
        Multiaddr.TryParse(text, out var address, out var error)
            ? address : throw new InvalidOperationException(error.ToString());

    private static MdnsDiscovery Discovery(byte key) => new(
        new MdnsOptions { Self = TestKeys.Key(key).PublicKey.ToPeerId(), Random = new SeededRandom(key) },
        new Dictionary<int, IReadOnlyList<Multiaddr>> { [1] = [Address("/ip4/10.0.0.7/tcp/4001")] },
        new Instant(0, 1_000));

    /// <summary>A question and an announcement, as another of us sends them; the first byte of a packet says where it
    /// came from.</summary>
    private static List<byte[]> Packets()
    {
        var effects = new List<MdnsEffect>();
        var other = Discovery(2);
        for (var ms = 1_000L; ms < 4_000; ms += 100)
            other.Tick(new Instant(0, ms), effects);
        other.Stop(new Instant(0, 4_000), effects);
        return [.. effects.OfType<MdnsEffect.Multicast>()
            .Select(m => new[] { (byte)0 }.Concat(m.Packet.ToArray()).ToArray())];
    }

    private static string Mdns(ReadOnlySpan<byte> input)
    {
        var now = 1_000L;
        var (kinds, sent) = (0, 0);
        var discovery = Discovery(1);
        foreach (var packet in Pieces.Split(input).Where(p => p.Length > 0))
        {
            var effects = new List<MdnsEffect>();
            var source = new MdnsSource(packet[0] & 1 ^ 1, "10.0.0.9", (packet[0] & 2) == 0 ? 5353 : 40_000);
            discovery.Receive(packet.AsSpan(1), source, new Instant(0, now), effects);
            now += packet[0];
            discovery.Tick(new Instant(0, now), effects);
            foreach (var effect in effects)
            {
                sent += effect switch
                {
                    MdnsEffect.Multicast m => m.Packet.Length,
                    MdnsEffect.Unicast u => u.Packet.Length,
                    _ => 0,
                };
                kinds |= 1 << (effect.GetType().Name[0] - 'A');
            }
        }

        // One answer each, and what is told and asked unasked; nothing grows with what came.
        return sent > 20_000 + (input.Length * 300)
            ? throw new FuzzFinding($"{sent} bytes were sent for {input.Length}") : $"{kinds}";
    }

    private static List<byte[]> Rpcs()
    {
        using var key = TestKeys.Key(5);
        var first = GossipMessage.Create(Topic, "data"u8, 7, key);
        var second = GossipMessage.Create(Topic, "more"u8, 8, key);
        return
        [
            Rpc(rpc => rpc.Subscription(Topic, true)), Rpc(rpc => rpc.Graft(Topic)),
            new ProtobufWriter().Bytes(2, first.Encoded.Span).ToArray(),
            Rpc(rpc =>
            {
                rpc.Have(Topic, [second.ByAuthor()]);
                rpc.Want([first.ByAuthor()]);
                rpc.DontWant(second.ByAuthor());
            }),
            Rpc(rpc => rpc.Prune(Topic, 60_000)), Rpc(rpc => rpc.Subscription(Topic, false)),
        ];
    }

    private static byte[] Rpc(Action<RpcBuilder> tell)
    {
        var builder = new RpcBuilder();
        tell(builder);
        var rpc = new ProtobufWriter();
        builder.WriteControl(rpc);
        return rpc.ToArray();
    }

    /// <summary>RPCs by turns of two peers, a heartbeat after each. Delivered is what is signed, and once.</summary>
    private static string Gossip(ReadOnlySpan<byte> input)
    {
        var router = new GossipRouter(new GossipOptions { Signer = TestKeys.Key(1), Random = new SeededRandom(3) });
        var effects = new List<GossipEffect>();
        var now = 10_000L;
        void Handle(GossipInput told) => router.Handle(told, new Instant(now, now), effects);

        Handle(new GossipInput.Join(Topic, new TopicSettings()));
        var peers = new[] { TestKeys.Key(2).PublicKey.ToPeerId(), TestKeys.Key(3).PublicKey.ToPeerId() };
        foreach (var peer in peers)
            Handle(new GossipInput.PeerUp(peer, GossipProtocol.Version12, false, "10.0.0.1"));
        var turn = 0;
        foreach (var rpc in Pieces.Split(input))
        {
            Handle(new GossipInput.RpcArrived(peers[turn++ % 2], rpc));
            now += 1_000;
            Handle(new GossipInput.Tick());
        }

        var delivered = effects.OfType<GossipEffect.Deliver>().ToList();
        if (delivered.Exists(d => d.Message.VerifySignature() != GossipError.None)
            || delivered.DistinctBy(d => d.Id).Count() < delivered.Count)
            throw new FuzzFinding("delivered what is not signed, or twice");
        var sent = effects.OfType<GossipEffect.Send>().Sum(s => (long)s.Rpc.Length);
        if (sent > SentMax + (8L * input.Length))
            throw new FuzzFinding($"{sent} bytes were sent for {input.Length}");
        var faults = effects.OfType<GossipEffect.Fault>().Select(f => f.Error.ToString()).Distinct().Order();
        return $"{delivered.Count > 0} {string.Join(' ', faults)}";
    }
}
