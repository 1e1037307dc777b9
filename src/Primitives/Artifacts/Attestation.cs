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
/// position in any log. Well-formed once decoded; authentic only if <see cref="IsSignatureValid"/> and the key is the
/// brane's.
/// </summary>
/// <remarks>
/// COSE_Sign1, external_aad <c>omega/attestation/1</c>, at most 512 bytes; payload, a map of five fields:
/// <code>
/// "time"    claimed, Unix ms, 0..2^63-1     "brane"       tag
/// "nonce"   16 bytes                        "domain"      32 bytes
///                                           "descriptor"  32 bytes, the ArtifactKey
/// </code>
/// </remarks>
public sealed class Attestation
{
    /// <summary>Longest encoding, in bytes.</summary>
    public const int SizeBytesMax = 512;

    /// <summary>Nonce length in bytes; random, so that two attestations of one artifact differ.</summary>
    public const int NonceBytes = 16;

    /// <summary>The external_aad that keeps this kind of signature apart from all others.</summary>
    public const string ExternalAad = "omega/attestation/1";

    private readonly CoseSign1Message _message;

    private Attestation(CoseSign1Message message, ArtifactKey artifact, DomainId domain, string brane, long timeUnixMs)
    {
        _message = message;
        Bytes = message.Bytes.ToArray();
        Hash = Blake3.Hash(message.Bytes);
        Artifact = artifact;
        Domain = domain;
        Brane = brane;
        TimeUnixMs = timeUnixMs;
    }

    /// <summary>The signed bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>BLAKE3 of <see cref="Bytes"/>: what a receipt names.</summary>
    public Hash256 Hash { get; }

    /// <summary>The key that the kid names. A claim.</summary>
    public Ed25519PublicKey Key => _message.Key;

    /// <summary>The artifact attested.</summary>
    public ArtifactKey Artifact { get; }

    /// <summary>The domain it was made for.</summary>
    public DomainId Domain { get; }

    /// <summary>Name of the brane, as the domain's DAM binds it to a key.</summary>
    public string Brane { get; }

    /// <summary>When the producer says it was, milliseconds since 1970.</summary>
    public long TimeUnixMs { get; }

    /// <summary>Signs.</summary>
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
    /// Reads an attestation; verifies nothing. Errors: those of COSE and CBOR, <c>attestation-size</c>,
    /// <c>attestation-shape</c>, <c>attestation-brane</c>.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Attestation? attestation, out DecodeError error)
    {
        attestation = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = new DecodeError("attestation-size", "", "An attestation has at most 512 bytes.");
            return false;
        }
        if (!CoseSign1.TryDecode(bytes, out var message, out error))
            return false;
        var reader = new CborReader(message.Payload);
        if (reader.TryReadMapStart(out var count)
            && (count == 5 || reader.Refuse("attestation-shape", "", "An attestation has five fields."))
            && reader.TryReadKey("time"u8) && reader.TryReadSize(out var timeUnixMs)
            && reader.TryReadKey("brane"u8) && reader.TryReadText(Tag.LengthMax, out var brane)
            && (Tag.IsValid(brane) || reader.Refuse("attestation-brane", "brane", "A brane's name is a tag."))
            && reader.TryReadKey("nonce"u8) && reader.TryReadBytes(NonceBytes, out _)
            && reader.TryReadKey("domain"u8) && reader.TryReadHash(out var domain)
            && reader.TryReadKey("descriptor"u8) && reader.TryReadHash(out var artifact)
            && reader.TryFinish())
        {
            attestation = new Attestation(
                message, ArtifactKey.From(artifact), DomainId.From(domain), brane, timeUnixMs);
        }
        error = reader.Error;
        return attestation is not null;
    }

    /// <summary>True iff <see cref="Key"/> signed. Whether that key is the brane's is for its DAM to say.</summary>
    public bool IsSignatureValid() => _message.Verify(Key, ExternalAad);
}
