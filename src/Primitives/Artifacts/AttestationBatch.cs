using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>
/// One signature of a producer over several artifacts: over the root of a tree with always 32 leaves (RFC 6962, so
/// SHA-256), of which each artifact has one, at a random place. A leaf is salted and the leaves left over are random:
/// whoever is shown one artifact learns neither which others were attested with it nor how many (law 7).
/// </summary>
/// <remarks>
/// COSE_Sign1, external_aad <c>omega/attestation-batch/1</c>, at most 512 bytes; payload, a map of four fields:
/// <code>
/// "root"   32 bytes                         "brane"   tag
/// "time"   claimed, Unix ms, 0..2^63-1      "domain"  32 bytes
/// </code>
/// </remarks>
public static class AttestationBatch
{
    /// <summary>Leaves of the tree, so most artifacts under one signature.</summary>
    public const int CountMax = 1 << Depth;

    /// <summary>The external_aad that keeps this kind of signature apart from all others.</summary>
    public const string ExternalAad = "omega/attestation-batch/1";

    internal const int Depth = 5;

    /// <summary>Signs once for up to 32 artifacts.</summary>
    /// <param name="signer">The brane's key.</param>
    /// <param name="artifacts">1 to 32 different ones.</param>
    /// <param name="domain">For which domain.</param>
    /// <param name="brane">The brane's name, a tag.</param>
    /// <param name="random">Salts, places, and the leaves left over.</param>
    /// <param name="timeUnixMs">The time claimed, not negative.</param>
    /// <returns>An attestation for each, in the order given.</returns>
    /// <exception cref="ArgumentException">An argument is outside its grammar or bound.</exception>
    public static IReadOnlyList<Attestation> Create(
        ISigner signer, IReadOnlyList<ArtifactKey> artifacts, DomainId domain, string brane, IRandomSource random,
        long timeUnixMs)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegative(timeUnixMs);
        if (artifacts.Count is 0 or > CountMax)
            throw new ArgumentException("A batch has 1 to 32 artifacts.", nameof(artifacts));
        var places = Places(artifacts.Count, random);
        var salts = new byte[artifacts.Count * BatchSlot.SaltBytes];
        random.Fill(salts);
        var tree = Tree(artifacts, places, salts, random);
        var signed = Sign(signer, tree[1], domain, brane, timeUnixMs);
        var attestations = new Attestation[artifacts.Count];
        Attestation? first = null;
        for (var i = 0; i < attestations.Length; i++)
        {
            var slot = BatchSlot.Of(places[i], salts.AsSpan(i * BatchSlot.SaltBytes, BatchSlot.SaltBytes), tree);
            first ??= Read(signed, slot);
            attestations[i] = first.At(slot, artifacts[i]);
        }
        return attestations;
    }

    /// <summary>Signs once for artifacts that come together, and one that comes alone plainly: that is shorter.
    /// </summary>
    /// <param name="signer">The brane's key.</param>
    /// <param name="descriptors">1 to 32 different ones.</param>
    /// <param name="domain">For which domain.</param>
    /// <param name="brane">The brane's name, a tag.</param>
    /// <param name="random">Of nonce and salts.</param>
    /// <param name="timeUnixMs">The time claimed, not negative.</param>
    /// <returns>An attestation for each, in the order given.</returns>
    public static IReadOnlyList<Attestation> Attest(
        ISigner signer, IReadOnlyList<Descriptor> descriptors, DomainId domain, string brane, IRandomSource random,
        long timeUnixMs)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        ArgumentNullException.ThrowIfNull(random);
        if (descriptors.Count != 1)
            return Create(
                signer, [.. descriptors.Select(one => one.Key)], domain, brane, random, timeUnixMs);
        Span<byte> nonce = stackalloc byte[Attestation.NonceBytes];
        random.Fill(nonce);
        return [Attestation.Create(signer, descriptors[0].Key, domain, brane, nonce, timeUnixMs)];
    }

    internal static bool TryRead(
        ref CborReader reader, out long timeUnixMs, out string brane, out Hash256 domain, out Hash256 root)
    {
        (timeUnixMs, brane, domain, root) = (0, "", default, default);
        return reader.TryReadMapStart(out var count)
            && (count == 4 || reader.Refuse("attestation-shape", "", "An attestation of a batch has four fields."))
            && reader.TryReadKey("root"u8) && reader.TryReadHash(out root)
            && reader.TryReadKey("time"u8) && reader.TryReadSize(out timeUnixMs)
            && reader.TryReadKey("brane"u8) && Attestation.TryReadBrane(ref reader, out brane)
            && reader.TryReadKey("domain"u8) && reader.TryReadHash(out domain)
            && reader.TryFinish();
    }

    private static byte[] Sign(ISigner signer, in Hash256 root, DomainId domain, string brane, long timeUnixMs)
    {
        var writer = new CborWriter();
        writer.WriteMapStart(4);
        writer.WriteKey("root"u8);
        writer.WriteBytes(root.AsSpan());
        writer.WriteKey("time"u8);
        writer.WriteUInt((ulong)timeUnixMs);
        writer.WriteKey("brane"u8);
        writer.WriteText(brane);
        writer.WriteKey("domain"u8);
        writer.WriteBytes(domain.AsSpan());
        return CoseSign1.Sign(signer, writer.Written, ExternalAad);
    }

    private static Attestation Read(ReadOnlySpan<byte> signed, BatchSlot slot) =>
        Attestation.TryDecode(signed, slot, out var attestation, out var error)
            ? attestation
            : throw new ArgumentException(error.ToString(), error.Field);

    /// <summary>Different places in random order (Fisher-Yates; 65,536 divided by at most 32: no place is
    /// favoured by more than one in 2,000).</summary>
    private static int[] Places(int count, IRandomSource random)
    {
        Span<byte> chance = stackalloc byte[2 * CountMax];
        random.Fill(chance);
        int[] places = [.. Enumerable.Range(0, CountMax)];
        for (var i = 0; i < count; i++)
        {
            var j = i + (chance[2 * i] | (chance[2 * i + 1] << 8)) % (CountMax - i);
            (places[i], places[j]) = (places[j], places[i]);
        }
        return places[..count];
    }

    /// <summary>All nodes: 1 is the root, 2n and 2n + 1 are below n, the leaves begin at 32.</summary>
    private static Hash256[] Tree(
        IReadOnlyList<ArtifactKey> artifacts, int[] places, ReadOnlySpan<byte> salts, IRandomSource random)
    {
        var nodes = new Hash256[2 * CountMax];
        var rest = new byte[CountMax * Hash256.Size];
        random.Fill(rest);
        for (var i = 0; i < CountMax; i++)
            nodes[CountMax + i] = Hash256.From(rest.AsSpan(i * Hash256.Size, Hash256.Size));
        for (var i = 0; i < artifacts.Count; i++)
        {
            var salt = salts.Slice(i * BatchSlot.SaltBytes, BatchSlot.SaltBytes);
            nodes[CountMax + places[i]] = BatchSlot.Leaf(artifacts[i], salt);
        }
        for (var n = CountMax - 1; n > 0; n--)
            nodes[n] = Rfc6962.NodeHash(nodes[2 * n], nodes[2 * n + 1]);
        return nodes;
    }
}
