using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Primitives.Signing;

/// <summary>The parts of a well-formed signed object.</summary>
/// <remarks>
/// Whether its signature holds is not known before <see cref="Verify"/>. Immutable; owns its bytes, into which all
/// spans point.
/// </remarks>
public sealed class CoseSign1Message
{
    private readonly byte[] _bytes;
    private readonly Range _payload;
    private readonly Range _signature;

    internal CoseSign1Message(byte[] bytes, Ed25519PublicKey key, Range payload, Range signature)
    {
        _bytes = bytes;
        Key = key;
        _payload = payload;
        _signature = signature;
    }

    /// <summary>The key that the kid names. A claim; the caller decides which key has authority.</summary>
    public Ed25519PublicKey Key { get; }

    /// <summary>The kid: the did of <see cref="Key"/>.</summary>
    public string KeyId => Key.ToDid();

    /// <summary>What was signed. Unverified until <see cref="Verify"/>.</summary>
    public ReadOnlySpan<byte> Payload => _bytes.AsSpan(_payload);

    /// <summary>The same bytes as <see cref="Payload"/>, for keeping.</summary>
    public ReadOnlyMemory<byte> PayloadMemory => _bytes.AsMemory(_payload);

    /// <summary>The 64 bytes of the signature.</summary>
    public ReadOnlySpan<byte> Signature => _bytes.AsSpan(_signature);

    /// <summary>The whole message as it was read.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>
    /// True when the kid names <paramref name="key"/> and its signature of the payload as a document of the kind
    /// <paramref name="externalAad"/> holds.
    /// </summary>
    public bool Verify(Ed25519PublicKey key, string externalAad)
    {
        ArgumentException.ThrowIfNullOrEmpty(externalAad);
        if (key != Key)
            return false;
        return key.Verify(CoseSign1.ToBeSigned(CoseSign1.ProtectedHeader(key), Payload, externalAad), Signature);
    }
}
