using System.Text;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Protocol.Protobuf;

namespace Omega.P2P.Protocol.Noise;

/// <summary>
/// The libp2p payload of the second and third handshake message (libp2p specs, noise/README.md), a protobuf:
/// <code>
/// 1  identity_key   bytes, protobuf PublicKey { 1 type, 2 data }
/// 2  identity_sig   bytes, over "noise-libp2p-static-key:" + the 32-byte static key
/// 4  extensions     message { 2 stream_muxers: repeated string, 1029 ciphers: repeated string }
/// </code>
/// </summary>
/// <param name="Identity">Who signed; verified.</param>
/// <param name="Muxers">The multiplexers listed, in order; empty when there is no such extension.</param>
/// <param name="OffersAes">Whether <see cref="AesName"/> is among the ciphers listed.</param>
internal sealed record NoisePayload(Ed25519PublicKey Identity, IReadOnlyList<string> Muxers, bool OffersAes)
{
    private const int IdentityKeyField = 1;
    private const int SignatureField = 2;
    private const int ExtensionsField = 4;
    private const int MuxersField = 2;

    /// <summary>Numbers from 1024 on are for experiments (noise/README.md, extension registry); readers skip what they
    /// do not know.</summary>
    private const int CiphersField = 1029;
    private const string AesName = "AESGCM";
    private const ulong Ed25519Kind = 1;

    private static ReadOnlySpan<byte> Domain => "noise-libp2p-static-key:"u8;

    public static byte[] Encode(
        ISigner signer, ReadOnlySpan<byte> staticKey, IEnumerable<string> muxers, bool offersAes)
    {
        Span<byte> signature = stackalloc byte[Ed25519PublicKey.SignatureLength];
        signer.Sign([.. Domain, .. staticKey], signature);
        var identity = new ProtobufWriter()
            .Number(1, Ed25519Kind)
            .Bytes(2, signer.PublicKey.AsSpan());
        var extensions = new ProtobufWriter();
        foreach (var muxer in muxers)
        {
            extensions.Text(MuxersField, muxer);
        }

        if (offersAes)
        {
            extensions.Text(CiphersField, AesName);
        }

        return new ProtobufWriter()
            .Bytes(IdentityKeyField, identity.Written)
            .Bytes(SignatureField, signature)
            .Bytes(ExtensionsField, extensions.Written)
            .ToArray();
    }

    /// <summary>Decodes a payload and checks its signature over the peer's static key.</summary>
    public static NoiseError TryVerify(
        ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> staticKey, Limits limits, out NoisePayload? payload)
    {
        payload = null;
        ReadOnlySpan<byte> key = default, signature = default, extensions = default;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            key = reader.IsBytes(IdentityKeyField) ? reader.Bytes : key;
            signature = reader.IsBytes(SignatureField) ? reader.Bytes : signature;
            extensions = reader.IsBytes(ExtensionsField) ? reader.Bytes : extensions;
        }

        if (reader.Error != ProtobufError.None)
        {
            return NoiseError.InvalidPayload;
        }

        if (key.IsEmpty || signature.IsEmpty)
        {
            return NoiseError.MissingIdentity;
        }

        if (TryReadKey(key, out var identity) is var refused and not NoiseError.None)
        {
            return refused;
        }

        if (!identity.Verify([.. Domain, .. staticKey], signature))
        {
            return NoiseError.BadSignature;
        }

        var muxers = new List<string>();
        if (!TryReadExtensions(extensions, limits, muxers, out var offersAes))
        {
            return NoiseError.InvalidPayload;
        }

        payload = new NoisePayload(identity, muxers, offersAes);
        return NoiseError.None;
    }

    private static NoiseError TryReadKey(ReadOnlySpan<byte> bytes, out Ed25519PublicKey key)
    {
        key = default;
        ulong? kind = null;
        ReadOnlySpan<byte> data = default;
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            kind = reader is { Field: 1, WireType: ProtobufWireType.Varint } ? reader.Number : kind;
            data = reader.IsBytes(2) ? reader.Bytes : data;
        }

        if (reader.Error != ProtobufError.None || kind is null)
        {
            return NoiseError.InvalidPayload;
        }

        if (kind != Ed25519Kind)
        {
            return NoiseError.UnsupportedKeyKind;
        }

        if (data.Length != Ed25519PublicKey.Length)
        {
            return NoiseError.InvalidPayload;
        }

        key = Ed25519PublicKey.From(data);
        return NoiseError.None;
    }

    private static bool TryReadExtensions(
        ReadOnlySpan<byte> extensions, Limits limits, List<string> muxers, out bool offersAes)
    {
        offersAes = false;
        var reader = new ProtobufReader(extensions);
        while (reader.Next())
        {
            offersAes |= reader.IsBytes(CiphersField) && reader.Bytes.SequenceEqual("AESGCM"u8);
            if (!reader.IsBytes(MuxersField))
            {
                continue;
            }

            if (muxers.Count == limits.NoiseMuxersMax || reader.Bytes.Length > limits.ProtocolNameBytesMax)
            {
                return false;
            }

            muxers.Add(Encoding.UTF8.GetString(reader.Bytes));
        }

        return reader.Error == ProtobufError.None;
    }
}
