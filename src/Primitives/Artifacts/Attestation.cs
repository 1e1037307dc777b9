using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>
/// The producer's signature: a brane says that it made this artifact, for this domain. It claims a time and no
/// position in any log. Alone, the signed payload names the artifact; of a batch, it names the root of a tree of
/// artifacts, and beside it stands the artifact's way into that tree (<see cref="AttestationBatch"/>). Well-formed once
/// decoded; authentic only if it <see cref="Covers"/> the artifact, <see cref="IsSignatureValid"/> and the key is the
/// brane's.
/// </summary>
/// <remarks>
/// Alone: COSE_Sign1, external_aad <c>omega/attestation/1</c>, at most 512 bytes; payload, a map of five fields:
/// <code>
/// "time"    claimed, Unix ms, 0..2^63-1     "brane"       tag
/// "nonce"   16 bytes                        "domain"      32 bytes
///                                           "descriptor"  32 bytes, the ArtifactKey
/// </code>
/// </remarks>
public sealed class Attestation
{
    /// <summary>Longest signed message, in bytes.</summary>
    public const int SizeBytesMax = 512;

    /// <summary>Longest encoding in an entry, in bytes: a signed message and a way through a batch.</summary>
    public const int BatchedSizeBytesMax = 768;

    /// <summary>Nonce length in bytes; random, so that two attestations of one artifact differ.</summary>
    public const int NonceBytes = 16;

    /// <summary>The external_aad that keeps this kind of signature apart from all others.</summary>
    public const string ExternalAad = "omega/attestation/1";

    private readonly CoseSign1Message _message;
    private readonly BatchSlot? _slot;
    private readonly Hash256 _subject;
    private ArtifactKey? _attested; // where it was made here and need not be found out

    private Attestation(
        CoseSign1Message message, Hash256 hash, BatchSlot? slot, Hash256 subject, DomainId domain, string brane,
        long timeUnixMs)
    {
        _message = message;
        _slot = slot;
        _subject = subject;
        Bytes = slot?.Encode(message.Bytes) ?? message.Bytes.ToArray();
        Hash = hash;
        Domain = domain;
        Brane = brane;
        TimeUnixMs = timeUnixMs;
    }

    /// <summary>The encoding an entry holds.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>BLAKE3 of the signed message: what a receipt names. Equal for all of one batch.</summary>
    public Hash256 Hash { get; }

    /// <summary>The key that the kid names. A claim.</summary>
    public Ed25519PublicKey Key => _message.Key;

    /// <summary>The domain it was made for.</summary>
    public DomainId Domain { get; }

    /// <summary>Name of the brane, as the domain's DAM binds it to a key.</summary>
    public string Brane { get; }

    /// <summary>When the producer says it was, milliseconds since 1970.</summary>
    public long TimeUnixMs { get; }

    /// <summary>Whether one signature attests others beside this artifact.</summary>
    public bool IsBatched => _slot is not null;

    /// <summary>Signs one artifact.</summary>
    /// <exception cref="ArgumentException">The brane is no tag, the nonce not 16 bytes, or the time
    /// negative.</exception>
    public static Attestation Create(
        ISigner signer, ArtifactKey artifact, DomainId domain, string brane, ReadOnlySpan<byte> nonce, long timeUnixMs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(timeUnixMs);
        var writer = new CborWriter();
        writer.WriteMapStart(5);
        writer.WriteKey("time"u8);
        writer.WriteUInt((ulong)timeUnixMs);
        writer.WriteKey("brane"u8);
        writer.WriteText(brane);
        writer.WriteKey("nonce"u8);
        writer.WriteBytes(nonce);
        writer.WriteKey("domain"u8);
        writer.WriteBytes(domain.AsSpan());
        writer.WriteKey("descriptor"u8);
        writer.WriteBytes(artifact.AsSpan());
        var bytes = CoseSign1.Sign(signer, writer.Written, ExternalAad);
        if (!TryDecode(bytes, out var attestation, out var error))
            throw new ArgumentException(error.ToString(), error.Field);
        return attestation;
    }

    /// <summary>
    /// Reads an attestation, alone or of a batch; verifies nothing. Errors: those of COSE and CBOR,
    /// <c>attestation-size</c>, <c>attestation-shape</c>, <c>attestation-brane</c>, <c>attestation-slot</c>.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Attestation? attestation, out DecodeError error)
    {
        attestation = null;
        var isBatched = BatchSlot.IsOne(bytes);
        if (bytes.Length > (isBatched ? BatchedSizeBytesMax : SizeBytesMax))
        {
            error = new DecodeError("attestation-size", "", "An attestation has at most 512 bytes, of a batch 768.");
            return false;
        }
        if (!isBatched)
            return TryDecode(bytes, null, out attestation, out error);
        return BatchSlot.TryDecode(bytes, out var slot, out var signed, out error)
            && TryDecode(signed, slot, out attestation, out error);
    }

    /// <summary>Whether what was signed is this artifact, or a batch with it.</summary>
    public bool Covers(ArtifactKey artifact) => _slot is null
        ? artifact.Hash == _subject
        : artifact == _attested || _slot.Leads(artifact, _subject);

    /// <summary>True iff <see cref="Key"/> signed. Whether that key is the brane's is for its DAM to say.</summary>
    public bool IsSignatureValid() =>
        _message.Verify(Key, _slot is null ? ExternalAad : AttestationBatch.ExternalAad);

    /// <summary>The same signature for an artifact of the batch, in its slot.</summary>
    internal Attestation At(BatchSlot slot, ArtifactKey artifact) =>
        new(_message, Hash, slot, _subject, Domain, Brane, TimeUnixMs) { _attested = artifact };

    internal static bool TryDecode(
        ReadOnlySpan<byte> signed, BatchSlot? slot, [NotNullWhen(true)] out Attestation? attestation,
        out DecodeError error)
    {
        attestation = null;
        if (!CoseSign1.TryDecode(signed, out var message, out error))
            return false;
        var reader = new CborReader(message.Payload);
        if (slot is null
            ? TryRead(ref reader, out var timeUnixMs, out var brane, out var domain, out var subject)
            : AttestationBatch.TryRead(ref reader, out timeUnixMs, out brane, out domain, out subject))
        {
            attestation = new Attestation(
                message, Blake3.Hash(message.Bytes), slot, subject, DomainId.From(domain), brane, timeUnixMs);
        }
        error = reader.Error;
        return attestation is not null;
    }

    internal static bool TryReadBrane(ref CborReader reader, out string brane) =>
        reader.TryReadText(Tag.LengthMax, out brane)
        && (Tag.IsValid(brane) || reader.Refuse("attestation-brane", "brane", "A brane's name is a tag."));

    private static bool TryRead(
        ref CborReader reader, out long timeUnixMs, out string brane, out Hash256 domain, out Hash256 artifact)
    {
        (timeUnixMs, brane, domain, artifact) = (0, "", default, default);
        return reader.TryReadMapStart(out var count)
            && (count == 5 || reader.Refuse("attestation-shape", "", "An attestation has five fields."))
            && reader.TryReadKey("time"u8) && reader.TryReadSize(out timeUnixMs)
            && reader.TryReadKey("brane"u8) && TryReadBrane(ref reader, out brane)
            && reader.TryReadKey("nonce"u8) && reader.TryReadBytes(NonceBytes, out _)
            && reader.TryReadKey("domain"u8) && reader.TryReadHash(out domain)
            && reader.TryReadKey("descriptor"u8) && reader.TryReadHash(out artifact)
            && reader.TryFinish();
    }
}
