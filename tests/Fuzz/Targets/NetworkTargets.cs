using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Tests.Notes;
using Omega.P2P.Protocol.Discovery;
using Omega.P2P.Protocol.Gossip;
using Omega.P2P.Protocol.Ipfs;
using Omega.P2P.Protocol.Omega.Gossip;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>What comes from peers nobody chose: gossip, the local network, the public IPFS network.</summary>
internal static class NetworkTargets
{
    private static readonly byte[] UnixFsFile = [0x08, 2, 0x12, 3, .. "abc"u8, 0x18, 3];

    public static IEnumerable<FuzzTarget> All() =>
    [
        new("gossip-rpc", [Rpc()],
            i => GossipRpc.TryDecode(i.ToArray(), GossipLimits.Default, out var r, out var e)
                ? $"ok {r.Messages.Count > 0} {r.Want.Count > 0} {r.Subscriptions.Count > 0}" : e.ToString())
        {
            AllocationPerByte = 256,
        },
        new("gossip-message", [Message()],
            i => GossipMessage.TryDecode(i, GossipLimits.Default, out var m, out var e)
                ? $"ok {m.VerifySignature()}" : e.ToString()),
        new("published-contents", [Published()],
            i => PublishedContents.TryDecode(i, out var m) ? FuzzRun.Same(i, m.Encode()) : "refused"),
        new("dns", [Dns(false).Encode(), Dns(true).Encode()],
            i => DnsMessage.TryDecode(i, out var m) ? $"ok {m.IsResponse}" : "refused") { AllocationPerByte = 512 },
        new("dag-pb", [[0x0a, (byte)UnixFsFile.Length, .. UnixFsFile]],
            i => DagPbNode.TryDecode(i, out _, out var e) ? "ok" : e.ToString()) { AllocationPerByte = 256 },
        new("unixfs", [UnixFsFile], i => UnixFsNode.TryDecode(i, out var n) ? "ok" : "refused"),
        new("car", [Car()],
            i => CarDecoder.TryDecode(i, out _, out _, out var e) ? "ok" : e.ToString()) { AllocationPerByte = 256 },
        new("bitswap", [[0x0a, 0, 0x28, 5], new BitswapMessage { IsFull = true, PendingBytes = 7 }.Encode()],
            i => BitswapMessage.TryDecode(i.ToArray(), out _, out var e) ? "ok" : e.ToString())
        {
            AllocationPerByte = 256,
        },
    ];

    private static byte[] Message()
    {
        using var key = TestKeys.Key(3);
        return GossipMessage.Create("topic", "data"u8, 7, key).Encoded.ToArray();
    }

    private static byte[] Rpc()
    {
        var message = Message(); // longer than 127 bytes, shorter than 16384: two bytes of length
        return
        [
            0x0a, 6, 0x08, 1, 0x12, 2, .. "ab"u8,
            0x12, (byte)(message.Length % 128 + 128), (byte)(message.Length / 128), .. message,
            0x1a, 7, 0x12, 5, 0x0a, 3, .. "abc"u8,
        ];
    }

    private static byte[] Published() =>
        new PublishedContents(DomainId.From(Blake3.Hash([1])), [ContentId.From(Blake3.Hash([2]))]).Encode();

    private static DnsMessage Dns(bool isResponse) => new()
    {
        IsResponse = isResponse,
        Questions = [new DnsQuestion(MdnsDiscovery.ServiceName, DnsType.Ptr)],
        Answers =
        [
            new DnsRecord(MdnsDiscovery.ServiceName, DnsType.Ptr, 120, false) { Target = "x._p2p._udp.local" },
            new DnsRecord("x._p2p._udp.local", DnsType.Txt, 120, true) { Texts = ["dnsaddr=/ip4/10.0.0.1/tcp/1"] },
        ],
    };

    private static byte[] Car()
    {
        byte[] digest = Convert.FromHexString("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
        return
        [
            17, 0xa2, 0x65, .. "roots"u8, 0x80, 0x67, .. "version"u8, 1,
            39, 0x01, 0x55, 0x12, 0x20, .. digest, .. "abc"u8,
        ];
    }
}
