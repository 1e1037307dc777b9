using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Tests.Notes;
using Omega.P2P.Protocol;
using Omega.P2P.Protocol.Identify;
using Omega.P2P.Protocol.Multiaddrs;
using Omega.P2P.Protocol.Noise;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Protocol.Omega.Catalog;
using Omega.P2P.Protocol.Omega.Join;
using Omega.P2P.Protocol.Protobuf;
using Omega.P2P.Protocol.Tests.Omega;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>Single messages of the wire.</summary>
internal static class MessageTargets
{
    public static IEnumerable<FuzzTarget> All() =>
    [
        new("varint", [[0], [0x7f], [0x80, 1], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]], ReadVarint),
        new("catalog-request", Seeds(OmegaSamples.CatalogRequests.Select(r => r.Encode())),
            i => CatalogRequest.TryDecode(i, out var r, out var e)
                ? FuzzRun.Same(i, r.Encode()) : FuzzRun.Refused(e)),
        new("catalog-response", Seeds(OmegaSamples.CatalogResponses.Select(r => r.Encode())),
            i => CatalogResponse.TryDecode(i, out var r, out var e)
                ? FuzzRun.Same(i, r.Encode()) : FuzzRun.Refused(e)),
        new("blocks-request", Seeds(OmegaSamples.BlocksRequests.Select(r => r.Encode())),
            i => BlocksRequest.TryDecode(i, out var r, out var e)
                ? FuzzRun.Same(i, r.Encode()) : FuzzRun.Refused(e)),
        new("have-response", [HaveResponse.Refused.Encode(), new HaveResponse([true, false, true]).Encode()],
            i => HaveResponse.TryDecode(i, 3, out var r, out var e)
                ? FuzzRun.Same(i, r.Encode()) : FuzzRun.Refused(e)),
        new("bulk-header", [new BulkHeader(0).Encode(), new BulkHeader(1L << 40).Encode(), BulkHeader.Refusal.Encode()],
            i => BulkHeader.TryRead(i, out var h, out var length) is var status and not VarintStatus.Done
                ? status.ToString() : FuzzRun.Same(i[..length], h.Encode())),
        new("many-sink",
            [[.. Answer(5), .. Answer(40)], [.. BulkHeader.Refusal.Encode(), .. Answer(40)]], TakeMany),
        new("join-request", [OmegaSamples.JoinRequest.Encode()],
            i => JoinRequest.TryDecode(i, out var r, out var e)
                ? FuzzRun.Same(i, r.Encode()) : FuzzRun.Refused(e)),
        new("join-response", Seeds(OmegaSamples.JoinResponses.Select(r => r.Encode())),
            i => JoinResponse.TryDecode(i, out var r, out var e)
                ? FuzzRun.Same(i, r.Encode()) : FuzzRun.Refused(e)),
        new("multiaddr", [Addr("/ip4/1.2.3.4/tcp/5"), Addr("/ip6/::1/tcp/6"), Addr("/dns4/a.example/tcp/443")],
            i => Multiaddr.TryDecode(i, out var a, out var e)
                ? FuzzRun.Same(i, a.AsSpan()) + a.ToString()[..4] : FuzzRun.Refused(e)),
        new("identify", [Identify()],
            i => IdentifyMessage.TryDecode(i, Peer(1), Limits.Default, out var m)
                ? "ok " + m!.Protocols.Count : "refused") { AllocationPerByte = 256 },
        new("protobuf", [Identify()], ReadProtobuf),
        new("noise-payload", [NoisePayload.Encode(TestKeys.Key(1), new byte[32], ["/yamux/1.0.0"], offersAes: true)],
            i => NoisePayload.TryVerify(i, new byte[32], Limits.Default, out _).ToString()),
    ];

    private static List<byte[]> Seeds(IEnumerable<byte[]> seeds) => [.. seeds];

    private static byte[] Content(int size) => [.. Enumerable.Range(1, size).Select(i => (byte)i)];

    private static byte[] Answer(int size) => [.. new BulkHeader(size).Encode(), .. Content(size)];

    private static string TakeMany(ReadOnlySpan<byte> input)
    {
        var sink = new ManySink(
            [.. new[] { 5, 40 }.Select(size => new ManyItem(
                Blake3.Hash(Content(size)), size, [new WireRange(0, size)], new ExpectedBytes(Content(size))))]);
        sink.Push(input);
        sink.End(reset: false);
        var outcome = (ManyOutcome)sink.Outcome;
        return string.Join(' ', outcome.Items.Select(status => status?.ToString() ?? "-").Prepend($"{outcome.Status}"));
    }

    /// <summary>Nothing but the content's own bytes is ever handed on.</summary>
    private sealed class ExpectedBytes(byte[] content) : IVerifiedSink
    {
        public void Write(long offset, ReadOnlySpan<byte> verified, Hash256 cv)
        {
            if (!content.AsSpan((int)offset, verified.Length).SequenceEqual(verified))
                throw new FuzzFinding("bytes that were not proven");
        }
    }

    private static byte[] Addr(string text) =>
        Multiaddr.TryParse(text, out var address, out var error)
            ? address.AsSpan().ToArray() : throw new InvalidOperationException(error.ToString());

    private static PeerId Peer(byte number) => TestKeys.Key(number).PublicKey.ToPeerId();

    private static byte[] Identify() =>
        new IdentifyMessage("omega/0.1.0", "ipfs/0.1.0", ["/a", "/b"], [Parsed("/ip4/1.2.3.4/tcp/5")],
            Parsed("/ip6/::1/tcp/6")).Encode(TestKeys.Key(1).PublicKey);

    private static Multiaddr Parsed(string text) =>
        Multiaddr.TryParse(text, out var address, out var error)
            ? address : throw new InvalidOperationException(error.ToString());

    private static string ReadVarint(ReadOnlySpan<byte> input)
    {
        var status = Varint.TryRead(input, out var value, out var length);
        if (status != VarintStatus.Done)
        {
            return status.ToString();
        }

        Span<byte> again = stackalloc byte[Varint.LengthMax];
        return FuzzRun.Same(input[..length], again[..Varint.Write(value, again)]) + length;
    }

    private static string ReadProtobuf(ReadOnlySpan<byte> input)
    {
        var reader = new ProtobufReader(input);
        var fields = 0;
        while (reader.Next())
        {
            fields++;
        }

        return $"{reader.Error} {Math.Min(fields, 8)}";
    }
}
