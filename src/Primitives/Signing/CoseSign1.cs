using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Signing;

/// <summary>Signed objects: COSE_Sign1 (RFC 9052 section 4.2) with Ed25519, in exactly one encoding.</summary>
/// <remarks>
/// <para>Layout; every head in its shortest form, nothing before or after:</para>
/// <list type="table">
/// <item><term><c>d2 84</c></term><description>tag 18, array of 4</description></item>
/// <item><term><c>58 3e</c> + 62</term><description>protected: map {1: -8 (EdDSA), 4: kid}</description></item>
/// <item><term><c>a0</c></term><description>unprotected: empty map</description></item>
/// <item><term>byte string</term><description>payload, attached</description></item>
/// <item><term><c>58 40</c> + 64</term><description>signature</description></item>
/// </list>
/// <para>
/// The kid is the UTF-8 of the signer's <c>did:key:z6Mk...</c>, 56 bytes. Signed is the array
/// ["Signature1", protected, external_aad, payload], where external_aad is the UTF-8 of the kind of document, such as
/// <c>omega/dam/1</c>, so that a signature of one kind never passes for another. The overhead is 134 bytes and the
/// payload's head.
/// </para>
/// <para>
/// Another algorithm, header, tag or an untagged form is refused; a later algorithm gets a new decoder.
/// </para>
/// </remarks>
public static class CoseSign1
{
    /// <summary>CBOR tag of the message (RFC 9052 section 2).</summary>
    public const int Tag = 18;

    /// <summary>EdDSA in the COSE algorithms registry; with an Ed25519 key.</summary>
    public const int AlgorithmEdDsa = -8;

    internal const int KeyIdLength = 56;

    private const int HeaderAlgorithm = 1;
    private const int HeaderKeyId = 4;

    private static ReadOnlySpan<byte> Context => "Signature1"u8;

    /// <summary>Signs a payload of any length, which may be empty.</summary>
    /// <param name="signer">Whose key signs and stands in the kid.</param>
    /// <param name="payload">Copied into the result.</param>
    /// <param name="externalAad">Kind of document; must not be empty.</param>
    public static byte[] Sign(ISigner signer, ReadOnlySpan<byte> payload, string externalAad)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentException.ThrowIfNullOrEmpty(externalAad);
        byte[] header = ProtectedHeader(signer.PublicKey);
        Span<byte> signature = stackalloc byte[Ed25519PublicKey.SignatureLength];
        signer.Sign(ToBeSigned(header, payload, externalAad), signature);

        CoseBuffer message = new(payload.Length + 160);
        message.Head(major: 6, Tag);
        message.Head(major: 4, 4);
        message.Bytes(header);
        message.Head(major: 5, 0);
        message.Bytes(payload);
        message.Bytes(signature);
        return message.ToArray();
    }

    /// <summary>
    /// Reads a message that takes all of <paramref name="bytes"/>. Nothing is verified yet: see
    /// <see cref="CoseSign1Message.Verify"/>.
    /// </summary>
    /// <param name="bytes">Bytes from outside; a copy of them is kept on success.</param>
    /// <param name="message">The parts, or null.</param>
    /// <param name="error">Why not: a <see cref="CborCode"/>, <c>cose-algorithm</c> or <c>cose-kid</c>.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CoseSign1Message? message,
        out DecodeError error)
    {
        message = null;
        CoseCursor cursor = new(bytes);
        Range payload = default;
        Range signature = default;
        Ed25519PublicKey key = default;
        bool read = cursor.TryExpect(major: 6, Tag, "tag")
            && cursor.TryExpect(major: 4, 4, "message")
            && cursor.TryBytes("protected", out Range header)
            && TryReadHeader(ref cursor, header, out key)
            && cursor.TryExpect(major: 5, 0, "unprotected")
            && cursor.TryBytes("payload", out payload)
            && cursor.TryBytes("signature", out signature)
            && cursor.TryLength(signature, Ed25519PublicKey.SignatureLength, "signature")
            && cursor.TryEnd();
        error = cursor.Error;
        if (read)
            message = new CoseSign1Message(bytes.ToArray(), key, payload, signature);
        return read;
    }

    internal static byte[] ToBeSigned(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, string externalAad)
    {
        CoseBuffer structure = new(header.Length + payload.Length + 64);
        structure.Head(major: 4, 4);
        structure.Text(Context);
        structure.Bytes(header);
        structure.Bytes(System.Text.Encoding.UTF8.GetBytes(externalAad));
        structure.Bytes(payload);
        return structure.ToArray();
    }

    internal static byte[] ProtectedHeader(Ed25519PublicKey key)
    {
        if (!KeyIdMemo.TryGet(key, out byte[] id))
        {
            id = System.Text.Encoding.UTF8.GetBytes(key.ToDid());
            KeyIdMemo.Keep(id, key);
        }

        CoseBuffer header = new(64);
        header.Head(major: 5, 2);
        header.Head(major: 0, HeaderAlgorithm);
        header.Head(major: 1, ~AlgorithmEdDsa);
        header.Head(major: 0, HeaderKeyId);
        header.Bytes(id);
        return header.ToArray();
    }

    private static bool TryReadHeader(ref CoseCursor cursor, Range range, out Ed25519PublicKey key)
    {
        key = default;
        CoseCursor inner = cursor.Inside(range);
        bool read = inner.TryExpect(major: 5, 2, "protected")
            && inner.TryExpect(major: 0, HeaderAlgorithm, "protected")
            && inner.TryExpect(major: 1, ~AlgorithmEdDsa, "alg", "cose-algorithm")
            && inner.TryExpect(major: 0, HeaderKeyId, "protected")
            && inner.TryBytes("kid", out Range keyId)
            && inner.TryKeyId(keyId, out key)
            && inner.TryEnd();
        cursor.Error = inner.Error;
        return read;
    }
}
