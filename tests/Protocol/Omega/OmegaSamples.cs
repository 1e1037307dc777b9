using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Protocol.Omega.Blocks;
using Omega.P2P.Protocol.Omega.Catalog;
using Omega.P2P.Protocol.Omega.Join;

namespace Omega.P2P.Protocol.Tests.Omega;

/// <summary>One of every message, with every optional field both ways.</summary>
internal static class OmegaSamples
{
    public static Hash256 Hash(byte seed) => Blake3.Hash([seed]);

    public static DomainId Domain { get; } = DomainId.From(Hash(1));

    public static ReadOnlyMemory<byte> Bytes(int count) => Enumerable.Range(0, count).Select(i => (byte)i).ToArray();

    public static IReadOnlyList<CatalogRequest> CatalogRequests { get; } =
    [
        new CatalogRequest.Held(Domain),
        new CatalogRequest.Dam(Domain, 0),
        new CatalogRequest.Dam(Domain, 300),
        new CatalogRequest.Head(Domain, 0, 0, default),
        new CatalogRequest.Head(Domain, 2, long.MaxValue, Bytes(200)),
        new CatalogRequest.Leaves(Domain, 0, 0, 1),
        new CatalogRequest.Leaves(Domain, 1, 70_000, 80_000),
        new CatalogRequest.Nodes(Domain, "peers", [Hash(2)]),
        new CatalogRequest.Entries(Domain, "public", [Hash(3), Hash(4)]),
        new CatalogRequest.Announce(Domain, Bytes(120)),
    ];

    public static IReadOnlyList<CatalogResponse> CatalogResponses { get; } =
    [
        CatalogResponse.Refused.Instance,
        new CatalogResponse.Later(),
        new CatalogResponse.None(),
        new CatalogResponse.Held(default),
        new CatalogResponse.Held(Bytes(99)),
        new CatalogResponse.Noted(default),
        new CatalogResponse.Noted(Bytes(99)),
        new CatalogResponse.Dam([]),
        new CatalogResponse.Dam([Bytes(5), Bytes(300)]),
        new CatalogResponse.Head(new HeadBundle(Bytes(20), new LeafBody(7, Bytes(32), Bytes(50)), [], [], [], [])),
        new CatalogResponse.Head(new HeadBundle(
            Bytes(20), new LeafBody(7, Bytes(32), Bytes(50)), [Hash(1), Hash(2)], [Hash(3)],
            [new AudienceOpening("peers", Hash(4), Hash(5)), new AudienceOpening("team", Hash(6), Hash(7))],
            [Bytes(90)])),
        new CatalogResponse.Leaves([Hash(1)], []),
        new CatalogResponse.Leaves([Hash(1), Hash(2)], [new LeafBody(4, Bytes(32), Bytes(10))]),
        new CatalogResponse.Items([Bytes(10), default, Bytes(1)]),
    ];

    public static IReadOnlyList<BlocksRequest> BlocksRequests { get; } =
    [
        new BlocksRequest.Get(TargetKind.Content, Hash(1), [new WireRange(0, 1)]),
        new BlocksRequest.Get(TargetKind.Block, Hash(1), [new WireRange(5, 16384), new WireRange(1L << 40, 9)]),
        new BlocksRequest.Many([new BlocksRequest.Get(TargetKind.Content, Hash(1), [new WireRange(0, 1024)])]),
        new BlocksRequest.Many(
        [
            new BlocksRequest.Get(TargetKind.Content, Hash(2), [new WireRange(0, 1), new WireRange(7, 9)]),
            new BlocksRequest.Get(TargetKind.Block, Hash(1), [new WireRange(1L << 40, 9)]),
        ]),
        new BlocksRequest.Have(TargetKind.Content, [Hash(1), Hash(2), Hash(3)]),
    ];

    public static JoinRequest JoinRequest { get; } = new(
        MeshId.From(Bytes(16).Span), Bytes(16), [Bytes(40), Bytes(41)], ["/ip4/10.0.0.1/tcp/5311", "/dns4/a/tcp/1"]);

    public static IReadOnlyList<JoinResponse> JoinResponses { get; } =
        [JoinResponse.Refused, new JoinResponse([Bytes(40)], []), new JoinResponse([Bytes(4)], ["/ip4/1.2.3.4/tcp/5"])];

    public static Ticket Ticket(bool isForOne)
    {
        using var key = Ed25519PrivateKey.FromSeed(Bytes(32).Span);
        return new Ticket(
            key.PublicKey, Domain, MeshId.From(Bytes(16).Span), Bytes(16), P2P.Protocol.Omega.Join.Ticket.PeerScope,
            1_900_000_000, isForOne ? key.PublicKey : null, ["/ip4/10.0.0.1/tcp/5311"]);
    }

    /// <summary>Every message as bytes, with a decoder that gives the re-encoding or null for a refusal.</summary>
    public static IEnumerable<(string Name, byte[] Bytes, Func<byte[], byte[]?> Recode)> All()
    {
        foreach (var request in CatalogRequests)
            yield return (request.GetType().Name, request.Encode(),
                b => CatalogRequest.TryDecode(b, out var r, out _) ? r.Encode() : null);
        foreach (var response in CatalogResponses)
            yield return (response.GetType().Name, response.Encode(),
                b => CatalogResponse.TryDecode(b, out var r, out _) ? r.Encode() : null);
        foreach (var request in BlocksRequests)
            yield return (request.GetType().Name, request.Encode(),
                b => BlocksRequest.TryDecode(b, out var r, out _) ? r.Encode() : null);
        foreach (var have in new[] { HaveResponse.Refused, new HaveResponse([true, false, true]) })
            yield return ("HaveResponse", have.Encode(),
                b => HaveResponse.TryDecode(b, 3, out var r, out _) ? r.Encode() : null);
        yield return ("JoinRequest", JoinRequest.Encode(),
            b => JoinRequest.TryDecode(b, out var r, out _) ? r.Encode() : null);
        foreach (var response in JoinResponses)
            yield return ("JoinResponse", response.Encode(),
                b => JoinResponse.TryDecode(b, out var r, out _) ? r.Encode() : null);
    }
}
