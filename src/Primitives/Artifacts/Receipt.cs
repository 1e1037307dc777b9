using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Primitives.Artifacts;

/// <summary>
/// The substrate's signature: a node says that it received exactly this attestation, for this domain. Well-formed once
/// decoded; authentic only if <see cref="IsSignatureValid"/> and the key is one of the domain's node keys.
/// </summary>
/// <remarks>
/// COSE_Sign1, external_aad <c>omega/receipt/1</c>, at most 512 bytes; payload, a map of three fields:
/// <code>
/// "domain"  32 bytes     "received"  Unix ms, 0..2^63-1     "attestation"  32 bytes, BLAKE3 of the signed bytes
/// </code>
/// </remarks>
public sealed class Receipt
{
    /// <summary>Longest encoding, in bytes.</summary>
    public const int SizeBytesMax = 512;

    /// <summary>The external_aad that keeps this kind of signature apart from all others.</summary>
    public const string ExternalAad = "omega/receipt/1";

    private readonly CoseSign1Message _message;

    private Receipt(CoseSign1Message message, Hash256 attestation, DomainId domain, long receivedUnixMs)
    {
        _message = message;
        Bytes = message.Bytes.ToArray();
        Attestation = attestation;
        Domain = domain;
        ReceivedUnixMs = receivedUnixMs;
    }

    /// <summary>The signed bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The key that the kid names. A claim.</summary>
    public Ed25519PublicKey Key => _message.Key;

    /// <summary>BLAKE3 of the producer's signed bytes.</summary>
    public Hash256 Attestation { get; }

    /// <summary>The domain that received it.</summary>
    public DomainId Domain { get; }

    /// <summary>When the node says it received it, milliseconds since 1970.</summary>
    public long ReceivedUnixMs { get; }

    /// <summary>Signs.</summary>
    public static Receipt Create(ISigner signer, Attestation attestation, DomainId domain, long receivedUnixMs)
    {
        ArgumentNullException.ThrowIfNull(attestation);
        ArgumentOutOfRangeException.ThrowIfNegative(receivedUnixMs);
        var writer = new CborWriter();
        writer.WriteMapStart(3);
        writer.WriteKey("domain"u8);
        writer.WriteBytes(domain.AsSpan());
        writer.WriteKey("received"u8);
        writer.WriteUInt((ulong)receivedUnixMs);
        writer.WriteKey("attestation"u8);
        writer.WriteBytes(attestation.Hash.AsSpan());
        var bytes = CoseSign1.Sign(signer, writer.Written, ExternalAad);
        if (!TryDecode(bytes, out var receipt, out var error))
            throw new ArgumentException(error.ToString(), error.Field);
        return receipt;
    }

    /// <summary>Reads a receipt; verifies nothing. Errors: those of COSE and CBOR, <c>receipt-size</c>,
    /// <c>receipt-shape</c>.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Receipt? receipt, out DecodeError error)
    {
        receipt = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = new DecodeError("receipt-size", "", "A receipt has at most 512 bytes.");
            return false;
        }
        if (!CoseSign1.TryDecode(bytes, out var message, out error))
            return false;
        var reader = new CborReader(message.Payload);
        if (reader.TryReadMapStart(out var count)
            && (count == 3 || reader.Refuse("receipt-shape", "", "A receipt has three fields."))
            && reader.TryReadKey("domain"u8) && reader.TryReadHash(out var domain)
            && reader.TryReadKey("received"u8) && reader.TryReadSize(out var receivedUnixMs)
            && reader.TryReadKey("attestation"u8) && reader.TryReadHash(out var attestation)
            && reader.TryFinish())
        {
            receipt = new Receipt(message, attestation, DomainId.From(domain), receivedUnixMs);
        }
        error = reader.Error;
        return receipt is not null;
    }

    /// <summary>True iff <see cref="Key"/> signed. Whether that key is a node of the domain is for its DAM to say.
    /// </summary>
    public bool IsSignatureValid() => _message.Verify(Key, ExternalAad);
}
