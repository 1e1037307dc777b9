using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Keys;

/// <summary>Names a libp2p peer: the multihash of its public key's protobuf (libp2p/specs peer-ids).</summary>
/// <remarks>
/// <para>
/// The protobuf is <c>08 type 12 length key</c>. Up to 42 bytes of it stand in the id itself (identity multihash):
/// Ed25519 is <c>00 24 08 01 12 20</c> + 32 bytes, secp256k1 <c>00 25 08 02 12 21</c> + 33 bytes. Longer ones are
/// hashed: <c>12 20</c> + SHA-256. Nothing else is accepted.
/// </para>
/// <para>
/// Text: base 58 of the multihash, such as <c>12D3KooW...</c> or <c>Qm...</c>; CIDv1 of codec libp2p-key parses too.
/// <c>default</c> is empty, names nobody and is refused at boundaries.
/// </para>
/// </remarks>
public readonly struct PeerId : IEquatable<PeerId>, IComparable<PeerId>
{
    /// <summary>
    /// Longest public key protobuf that the id holds in clear, in bytes (libp2p peer-ids specification).
    /// </summary>
    public const int InlineKeyMax = 42;

    /// <summary>Longest binary form that is accepted: the secp256k1 one.</summary>
    public const int LengthMax = 39;

    // Longest accepted spelling: base 16 multibase of a 41-byte CID.
    private const int TextMax = 1 + (2 * 41);

    private readonly Bytes39 _bytes;
    private readonly byte _length;

    private PeerId(ReadOnlySpan<byte> multihash)
    {
        multihash.CopyTo(_bytes);
        _length = (byte)multihash.Length;
    }

    /// <summary>True for the value that names nobody.</summary>
    public bool IsDefault => _length == 0;

    private static ReadOnlySpan<byte> Ed25519Prefix => [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

    private static ReadOnlySpan<byte> Secp256k1Prefix => [0x00, 0x25, 0x08, 0x02, 0x12, 0x21];

    /// <summary>The id of an Ed25519 key, 38 bytes.</summary>
    public static PeerId From(Ed25519PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[6 + Ed25519PublicKey.Length];
        Ed25519Prefix.CopyTo(bytes);
        key.AsSpan().CopyTo(bytes[6..]);
        return new(bytes);
    }

    /// <summary>
    /// The id of the key whose protobuf a peer sent; short ones are taken in whole, long ones hashed.
    /// </summary>
    /// <returns>False when a short protobuf is not one of the two forms above, byte for byte.</returns>
    public static bool TryFromPublicKey(ReadOnlySpan<byte> protobuf, out PeerId id)
    {
        Span<byte> bytes = stackalloc byte[2 + InlineKeyMax];
        if (protobuf.Length > InlineKeyMax)
        {
            bytes[0] = 0x12;
            bytes[1] = 0x20;
            SHA256.HashData(protobuf, bytes[2..]);
            id = new(bytes[..34]);
            return true;
        }

        bytes[0] = 0x00;
        bytes[1] = (byte)protobuf.Length;
        protobuf.CopyTo(bytes[2..]);
        return TryFromBytes(bytes[..(2 + protobuf.Length)], out id);
    }

    /// <summary>Reads the binary form; all of <paramref name="bytes"/> counts.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out PeerId id)
    {
        bool known = bytes.Length switch
        {
            34 => bytes[0] == 0x12 && bytes[1] == 0x20,
            38 => bytes.StartsWith(Ed25519Prefix),
            39 => bytes.StartsWith(Secp256k1Prefix),
            _ => false,
        };
        id = known ? new(bytes) : default;
        return known;
    }

    /// <summary>Reads base 58 or CIDv1 text. All of the text counts.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out PeerId id)
    {
        id = default;
        if (text.Length > TextMax)
            return false;
        if (text.StartsWith("1", StringComparison.Ordinal) || text.StartsWith("Qm", StringComparison.Ordinal))
            return Base58.TryDecode(text, out byte[] bytes) && TryFromBytes(bytes, out id);
        return Cid.TryParse(text, out Cid? cid)
            && cid.Codec == Cid.CodecLibp2pKey
            && TryFromBytes(cid.Multihash, out id);
    }

    /// <summary>The key inside the id, when it is an Ed25519 one.</summary>
    public bool TryGetEd25519(out Ed25519PublicKey key)
    {
        bool present = _length == 38;
        key = present ? Ed25519PublicKey.From(AsSpan()[6..]) : default;
        return present;
    }

    /// <summary>The multihash, inside this value: 34, 38 or 39 bytes, or none by default.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> AsSpan() => ((ReadOnlySpan<byte>)_bytes)[.._length];

    /// <summary>A new array of the multihash.</summary>
    public byte[] ToArray() => AsSpan().ToArray();

    /// <summary>CIDv1 of codec libp2p-key.</summary>
    /// <exception cref="InvalidOperationException">The value is <c>default</c>.</exception>
    public Cid ToCid()
    {
        if (IsDefault)
            throw new InvalidOperationException("An empty peer id has no CID.");
        ReadOnlySpan<byte> multihash = AsSpan();
        return Cid.Create(Cid.CodecLibp2pKey, multihash[0], multihash[2..]);
    }

    /// <summary>Unsigned bytewise order.</summary>
    public int CompareTo(PeerId other) => AsSpan().SequenceCompareTo(other.AsSpan());

    /// <summary>Same bytes.</summary>
    public bool Equals(PeerId other) => AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PeerId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(AsSpan());
        return hash.ToHashCode();
    }

    /// <summary>Base 58 of the multihash; empty for <c>default</c>.</summary>
    public override string ToString() => Base58.Encode(AsSpan());

    /// <summary>Same bytes.</summary>
    public static bool operator ==(PeerId left, PeerId right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(PeerId left, PeerId right) => !left.Equals(right);

    /// <summary>Bytewise order.</summary>
    public static bool operator <(PeerId left, PeerId right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(PeerId left, PeerId right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(PeerId left, PeerId right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(PeerId left, PeerId right) => left.CompareTo(right) >= 0;

    [InlineArray(LengthMax)]
    private struct Bytes39
    {
        private byte _first;
    }
}
