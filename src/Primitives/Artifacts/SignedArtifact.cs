using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>One attestation with the receipt over it.</summary>
public sealed record ReceivedAttestation(Attestation Attestation, Receipt Receipt);

/// <summary>
/// A catalog entry: a descriptor, and the set of its attestations, each with the node's receipt. Holds no extents.
/// Decoding proves that the parts belong together; only <see cref="Verify"/> says that they are authentic.
/// </summary>
/// <remarks>
/// Canonical CBOR, at most 16,384 bytes:
/// <c>{ "descriptor": bytes, "attestations": [ [ attestation bytes, receipt bytes ], 1..8 ] }</c>, sorted by the
/// attestation's bytes, each once. The entry's identity, which is its value in a published prefix tree, is
/// BLAKE3 of these bytes.
/// </remarks>
public sealed class SignedArtifact
{
    /// <summary>Longest encoding, in bytes.</summary>
    public const int SizeBytesMax = 16 * 1024;

    /// <summary>Most attestations of one artifact.</summary>
    public const int AttestationCountMax = 8;

    private static readonly DecodeError TooMany =
        new("entry-count", "attestations", "An entry has 1 to 8 attestations.");

    private static readonly DecodeError TooLong =
        new("entry-size", "", "A catalog entry has at most 16,384 bytes.");

    private SignedArtifact(
        ReadOnlyMemory<byte> bytes, Descriptor descriptor, ImmutableArray<ReceivedAttestation> attestations)
    {
        Bytes = bytes;
        Descriptor = descriptor;
        Attestations = attestations;
        Identity = Blake3.Hash(bytes.Span);
    }

    /// <summary>The canonical bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Hash of the entry: what a published tree holds under <see cref="Key"/>.</summary>
    public Hash256 Identity { get; }

    /// <summary>What the artifact is.</summary>
    public Descriptor Descriptor { get; }

    /// <summary>The artifact's name.</summary>
    public ArtifactKey Key => Descriptor.Key;

    /// <summary>Attestations with their receipts, sorted by the attestation's bytes.</summary>
    public ImmutableArray<ReceivedAttestation> Attestations { get; }

    /// <summary>An entry of our own making; the order given does not matter.</summary>
    /// <exception cref="ArgumentException">The parts do not belong together, repeat, or go over the bounds.</exception>
    public static SignedArtifact Create(Descriptor descriptor, params ReadOnlySpan<ReceivedAttestation> attestations)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var sorted = attestations.ToArray();
        Array.Sort(sorted, (a, b) => a.Attestation.Bytes.Span.SequenceCompareTo(b.Attestation.Bytes.Span));
        var misfit = sorted.Length is 0 or > AttestationCountMax ? TooMany : DecodeError.None;
        var writer = CborWriter.Rent();
        writer.WriteMapStart(2);
        writer.WriteKey("descriptor"u8);
        writer.WriteBytes(descriptor.Bytes.Span);
        writer.WriteKey("attestations"u8);
        writer.WriteArrayStart(sorted.Length);
        for (var i = 0; i < sorted.Length; i++)
        {
            if (misfit.IsNone)
                misfit = MisfitOf(descriptor.Key, sorted[i], i == 0 ? null : sorted[i - 1]);
            writer.WriteArrayStart(2);
            writer.WriteBytes(sorted[i].Attestation.Bytes.Span);
            writer.WriteBytes(sorted[i].Receipt.Bytes.Span);
        }
        if (misfit.IsNone && writer.Written.Length > SizeBytesMax)
            misfit = TooLong;
        return misfit.IsNone
            ? new SignedArtifact(
                writer.ToArrayAndReturn(), descriptor, ImmutableCollectionsMarshal.AsImmutableArray(sorted))
            : throw new ArgumentException(misfit.ToString(), nameof(attestations));
    }

    /// <summary>An entry with one attestation.</summary>
    public static SignedArtifact Create(Descriptor descriptor, Attestation attestation, Receipt receipt) =>
        Create(descriptor, new ReceivedAttestation(attestation, receipt));

    /// <summary>The entry with one more attestation; the same entry if it is there already.</summary>
    public SignedArtifact With(Attestation attestation, Receipt receipt)
    {
        ArgumentNullException.ThrowIfNull(attestation);
        foreach (var pair in Attestations)
        {
            if (pair.Attestation.Hash == attestation.Hash)
                return this;
        }
        return Create(Descriptor, [.. Attestations, new ReceivedAttestation(attestation, receipt)]);
    }

    /// <summary>
    /// Reads an entry; the bytes are copied. Errors: those of its parts, and <c>entry-size</c>, <c>entry-shape</c>,
    /// <c>entry-count</c>, <c>entry-order</c> (unsorted or repeated), <c>entry-artifact</c> (an attestation of another
    /// artifact), <c>entry-receipt</c> (a receipt for another attestation).
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedArtifact? entry, out DecodeError error)
    {
        entry = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = TooLong;
            return false;
        }
        var reader = new CborReader(bytes);
        if (TryReadDescriptor(ref reader, out var descriptor)
            && TryReadAttestations(ref reader, descriptor.Key, out var attestations)
            && reader.TryFinish())
        {
            entry = new SignedArtifact(bytes.ToArray(), descriptor, attestations);
        }
        error = reader.Error;
        return entry is not null;
    }

    /// <summary>
    /// Checks every attestation and receipt of the authority's domain; pairs of other domains are passed over. One bad
    /// signature refuses the entry whole.
    /// </summary>
    public ArtifactVerification Verify(IKeyAuthority authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        var verified = new List<VerifiedSignature>();
        foreach (var (attestation, receipt) in Attestations)
        {
            if (attestation.Domain != authority.Domain || receipt.Domain != authority.Domain)
                continue;
            if (!authority.IsBraneKey(attestation.Brane, attestation.Key))
                return new ArtifactVerification(ArtifactVerdict.UnknownBraneKey, []);
            if (!authority.TryGetNodeName(receipt.Key, out var node))
                return new ArtifactVerification(ArtifactVerdict.UnknownNodeKey, []);
            if (!attestation.IsSignatureValid() || !receipt.IsSignatureValid())
                return new ArtifactVerification(ArtifactVerdict.BadSignature, []);
            verified.Add(new(attestation.Key, SignerRole.Brane, attestation.Brane, attestation.TimeUnixMs));
            verified.Add(new(receipt.Key, SignerRole.Substrate, node, receipt.ReceivedUnixMs));
        }
        return new ArtifactVerification(
            verified.Count > 0 ? ArtifactVerdict.Verified : ArtifactVerdict.OtherDomain, verified);
    }

    private static bool TryReadDescriptor(ref CborReader reader, [NotNullWhen(true)] out Descriptor? descriptor)
    {
        descriptor = null;
        if (!reader.TryReadMapStart(out var count))
            return false;
        if (count != 2)
            return reader.Refuse("entry-shape", "", "A catalog entry has two fields.");
        if (!reader.TryReadKey("descriptor"u8) || !reader.TryReadBytes(out var bytes))
            return false;
        return Descriptor.TryDecode(bytes, out descriptor, out var error)
            || reader.Refuse(error.Code, "descriptor", error.Message);
    }

    private static bool TryReadAttestations(
        ref CborReader reader, ArtifactKey artifact, out ImmutableArray<ReceivedAttestation> attestations)
    {
        attestations = [];
        if (!reader.TryReadKey("attestations"u8) || !reader.TryReadArrayStart(out var count))
            return false;
        if (count is 0 or > AttestationCountMax)
            return reader.Refuse(TooMany.Code, TooMany.Field, TooMany.Message);
        var read = ImmutableArray.CreateBuilder<ReceivedAttestation>(count);
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadArrayStart(out var parts))
                return false;
            if (parts != 2)
                return reader.Refuse("entry-shape", "attestations", "An attestation comes with one receipt.");
            if (!reader.TryReadBytes(out var bytes) || !reader.TryReadBytes(out var receiptBytes))
                return false;
            if (!Attestation.TryDecode(bytes, out var attestation, out var error)
                || !Receipt.TryDecode(receiptBytes, out var receipt, out error))
                return reader.Refuse(error.Code, "attestations", error.Message);
            var pair = new ReceivedAttestation(attestation, receipt);
            var misfit = MisfitOf(artifact, pair, i == 0 ? null : read[i - 1]);
            if (!misfit.IsNone)
                return reader.Refuse(misfit.Code, misfit.Field, misfit.Message);
            read.Add(pair);
        }
        attestations = read.MoveToImmutable();
        return true;
    }

    /// <summary>Why a pair cannot stand in the entry of this artifact after another pair, if it cannot.</summary>
    private static DecodeError MisfitOf(ArtifactKey artifact, ReceivedAttestation pair, ReceivedAttestation? before)
    {
        if (before is not null && before.Attestation.Bytes.Span.SequenceCompareTo(pair.Attestation.Bytes.Span) >= 0)
            return new DecodeError("entry-order", "attestations", "Attestations ascend and do not repeat.");
        if (!pair.Attestation.Covers(artifact))
            return new DecodeError("entry-artifact", "attestations", "An attestation is of another artifact.");
        return pair.Receipt.Attestation != pair.Attestation.Hash
            ? new DecodeError("entry-receipt", "attestations", "A receipt is for another attestation.")
            : DecodeError.None;
    }
}
