using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Bao;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Primitives.Tests.Artifacts;
using Omega.P2P.Primitives.Tests.Bao;
using Omega.P2P.Primitives.Tests.Domains;

namespace Omega.P2P.Fuzz.Tests.Targets;

/// <summary>Everything signed or hashed into a name, and the tree that verifies streams.</summary>
internal static class PrimitiveTargets
{
    public static IEnumerable<FuzzTarget> All() =>
    [
        new("cbor", [Samples.Descriptor().Bytes.ToArray(), GoldenFile.Read("dam-genesis"), [0x80], [0xa0]],
            i => CborValue.TryDecode(i, 1 << 20, out var value, out var e)
                ? FuzzRun.Same(i, value.Encode()) : FuzzRun.Refused(e)) { AllocationPerByte = 256 },
        new("cbor-json", ["{\"a\":[1,-2.5,null,true,{\"/\":{\"bytes\":\"AQI\"}}],\"b\":\"\\u00e9\"}"u8.ToArray()],
            i => !CborValue.FromJson(i, out var value, out var e) ? FuzzRun.Refused(e)
                : CborValue.FromJson(value.ToJson(), out var again, out _) && again.Equals(value) ? "ok"
                : throw new FuzzFinding("read, but not when written and read again")) { AllocationPerByte = 512 },
        new("cose",
            [GoldenFile.Read("attestation"), GoldenFile.Read("attestation-batch"), GoldenFile.Read("dam-genesis")],
            i => CoseSign1.TryDecode(i, out var message, out var e)
                ? FuzzRun.Same(i, message.Bytes) : FuzzRun.Refused(e)),
        new("descriptor", [GoldenFile.Read("descriptor")],
            i => Descriptor.TryDecode(i, out var d, out var e)
                ? FuzzRun.Same(i, Descriptor.Create(d.Content, d.Size, d.Type, d.Meta, d.Refs).Bytes.Span)
                : FuzzRun.Refused(e)) { AllocationPerByte = 256 },
        new("attestation", [GoldenFile.Read("attestation"), GoldenFile.Read("attestation-batched")],
            i => Attestation.TryDecode(i, out var a, out var e)
                ? FuzzRun.Same(i, a.Bytes.Span) + (a.IsSignatureValid() ? " signed" : "") : FuzzRun.Refused(e)),
        new("receipt", [GoldenFile.Read("receipt")],
            i => Receipt.TryDecode(i, out var r, out var e) ? FuzzRun.Same(i, r.Bytes.Span) : FuzzRun.Refused(e)),
        new("entry", [GoldenFile.Read("entry"), GoldenFile.Read("entry-batched")],
            i => SignedArtifact.TryDecode(i, out var s, out var e)
                ? FuzzRun.Same(i, SignedArtifact.Create(s.Descriptor, s.Attestations.AsSpan()).Bytes.Span)
                : FuzzRun.Refused(e)) { AllocationPerByte = 256 },
        new("package", [GoldenFile.Read("package-manifest"), PackageManifest.Create([]).Encode()],
            i => PackageManifest.TryDecode(i, out var p, out var e)
                ? FuzzRun.Same(i, p.Encode()) : FuzzRun.Refused(e)) { AllocationPerByte = 512 },
        new("dam", [GoldenFile.Read("dam-genesis"), GoldenFile.Read("dam-version-2")],
            i => SignedDam.TryDecode(i, out var d, out var e)
                ? FuzzRun.Same(i, d.Bytes.Span) : FuzzRun.Refused(e)) { AllocationPerByte = 256 },
        new("dam-payload", [DamSamples.Genesis().Bytes.ToArray()],
            i => Dam.TryDecode(i, out var d, out var e)
                ? FuzzRun.Same(i, d.Bytes.Span) : FuzzRun.Refused(e)) { AllocationPerByte = 256 },
        new("epoch", [GoldenFile.Read("epoch-record")],
            i => EpochRecord.TryDecode(i, out var r, out var e) ? FuzzRun.Same(i, r.Bytes.Span) : FuzzRun.Refused(e)),
        new("public-record", Records(),
            i => PublicRecord.TryDecode(i, out var r, out var e) ? FuzzRun.Same(i, r.Encode()) : FuzzRun.Refused(e)),
        new("prefix-node", Nodes(),
            i => PrefixTreeNode.TryDecode(i, default, null, out var n, out var e)
                ? FuzzRun.Same(i, n.Encode()) : FuzzRun.Refused(e)),
        new("cid", [Cid.Create(Cid.CodecRaw, Cid.HashBlake3, Blake3.Hash([1]).AsSpan()).Bytes.ToArray()],
            i => Cid.TryFromBytes(i, out var cid) ? FuzzRun.Same(i, cid.Bytes) : "refused"),
        new("peer-id", [Omega.P2P.Primitives.Tests.Notes.TestKeys.Key(1).PublicKey.ToPeerId().ToArray()],
            i => PeerId.TryFromBytes(i, out var id) ? FuzzRun.Same(i, id.AsSpan()) : "refused"),
        .. Bao(),
    ];

    private static List<byte[]> Records()
    {
        var key = ArtifactKey.From(Blake3.Hash([9]));
        return
        [
            new PublicRecord.Publish(key, "peers", Blake3.Hash([7])).Encode(),
            new PublicRecord.Unpublish(key, "public").Encode(),
        ];
    }

    private static List<byte[]> Nodes()
    {
        var entries = Enumerable.Range(0, 300).Select(
            i => new PrefixTreeEdit(ArtifactKey.From(Blake3.Hash([(byte)i, (byte)(i >> 8)])), Blake3.Hash([1])));
        var tree = PrefixTree.Empty(new MemoryNodeStore()).Apply(entries);
        return [.. tree.Nodes().Select(n => n.Bytes.ToArray()).Take(3)];
    }

    /// <summary>The first byte says how the stream is cut; the rest are the items. Whatever is handed over has to be
    /// the content's own bytes.</summary>
    private static IEnumerable<FuzzTarget> Bao()
    {
        foreach (var size in new[] { 0, 1, 16_384, 16_385, 70_000 })
        {
            var sample = BaoSample.Random(size, seed: size);
            var encoding = sample.Encode(ByteRanges.All(size));
            yield return new FuzzTarget($"bao-{size}", [[0, .. encoding], [31, .. encoding]], i => Decode(sample, i))
            {
                InputMax = encoding.Length + 4096,
            };
        }
    }

    private static string Decode(BaoSample sample, ReadOnlySpan<byte> input)
    {
        var step = input.IsEmpty || input[0] == 0 ? int.MaxValue : input[0] * 97;
        var rest = input.IsEmpty ? input : input[1..];
        var decoder = new BaoDecoder(sample.Root, sample.Content.Length, ByteRanges.All(sample.Content.Length));
        do
        {
            var piece = rest[..Math.Min(step, rest.Length)];
            rest = rest[piece.Length..];
            for (var status = BaoStatus.Leaf; status == BaoStatus.Leaf;)
            {
                status = decoder.Push(piece, out var consumed, out var leaf);
                piece = piece[consumed..];
                if (status == BaoStatus.Leaf
                    && !leaf.Data.SequenceEqual(sample.Content.AsSpan((int)leaf.Offset, leaf.Data.Length)))
                {
                    throw new FuzzFinding($"wrong bytes were handed over at {leaf.Offset}");
                }
            }
        }
        while (!rest.IsEmpty && decoder.Error == BaoError.None);

        return decoder.Finish() is var error and not BaoError.None ? error.ToString() : "ok";
    }
}
