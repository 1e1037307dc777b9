using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;

namespace Omega.P2P.Primitives.Domains;

/// <summary>
/// A DAM version with its signature: COSE_Sign1, external_aad <c>omega/dam/1</c>, at most 64 KiB. Authentic only as a
/// link of a <see cref="DamChain"/>.
/// </summary>
public sealed class SignedDam
{
    /// <summary>Longest encoding, in bytes.</summary>
    public const int SizeBytesMax = 64 * 1024;

    /// <summary>The external_aad that keeps this kind of signature apart from all others.</summary>
    public const string ExternalAad = "omega/dam/1";

    private readonly CoseSign1Message _message;

    private SignedDam(CoseSign1Message message, Dam dam)
    {
        _message = message;
        Bytes = message.Bytes.ToArray();
        Dam = dam;
    }

    /// <summary>The signed bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The version that was signed.</summary>
    public Dam Dam { get; }

    /// <summary>The key that the kid names. A claim.</summary>
    public Ed25519PublicKey Signer => _message.Key;

    /// <summary>Signs a version: by its own head key for a genesis, by the head or recovery key of the version before
    /// for all others. The chain checks which.</summary>
    public static SignedDam Create(Dam dam, ISigner signer)
    {
        ArgumentNullException.ThrowIfNull(dam);
        var bytes = CoseSign1.Sign(signer, dam.Bytes.Span, ExternalAad);
        if (!TryDecode(bytes, out var signed, out var error))
            throw new ArgumentException(error.ToString(), nameof(dam));
        return signed;
    }

    /// <summary>Reads a signed version; verifies nothing. Errors: <c>dam-size</c>, those of COSE and of
    /// <see cref="Dam.TryDecode"/>.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedDam? signed, out DecodeError error)
    {
        signed = null;
        if (bytes.Length > SizeBytesMax)
        {
            error = new DecodeError("dam-size", "", "A signed DAM has at most 65,536 bytes.");
            return false;
        }
        if (!CoseSign1.TryDecode(bytes, out var message, out error)
            || !Dam.TryDecode(message.Payload, out var dam, out error))
            return false;
        signed = new SignedDam(message, dam);
        return true;
    }

    /// <summary>True iff <see cref="Signer"/> signed these bytes as a DAM.</summary>
    public bool IsSignatureValid() => _message.Verify(Signer, ExternalAad);
}
