using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Primitives.Ids;

/// <summary>A content identifier as IPFS software spells it (multiformats/cid).</summary>
/// <remarks>
/// Version 1 bytes: varint 1, varint codec, varint multihash code, varint digest length, digest. Version 0, read for
/// the sake of older peers: the 34 bytes <c>12 20</c> + SHA-256, codec dag-pb, text <c>Qm...</c>. What was read
/// re-encodes to the same bytes. Immutable; two are equal when their bytes are.
/// </remarks>
public sealed class Cid : IEquatable<Cid>
{
    /// <summary>Longest digest that is read, in bytes. Origin: twice SHA-512, the longest digest in use.</summary>
    public const int DigestMax = 128;

    /// <summary>Codec: bytes with no structure.</summary>
    public const ulong CodecRaw = 0x55;

    /// <summary>Codec: DAG-PB, that of version 0.</summary>
    public const ulong CodecDagPb = 0x70;

    /// <summary>Codec: DAG-CBOR.</summary>
    public const ulong CodecDagCbor = 0x71;

    /// <summary>Codec: a libp2p public key, that of a peer id.</summary>
    public const ulong CodecLibp2pKey = 0x72;

    /// <summary>Multihash: the digest is the data itself.</summary>
    public const ulong HashIdentity = 0x00;

    /// <summary>Multihash: SHA-256.</summary>
    public const ulong HashSha256 = 0x12;

    /// <summary>Multihash: BLAKE3.</summary>
    public const ulong HashBlake3 = 0x1e;

    private readonly byte[] _bytes;
    private readonly int _multihashStart;
    private readonly int _digestStart;

    private Cid(byte[] bytes, int version, ulong codec, ulong hashCode, int multihashStart, int digestStart)
    {
        _bytes = bytes;
        Version = version;
        Codec = codec;
        HashCode = hashCode;
        _multihashStart = multihashStart;
        _digestStart = digestStart;
    }

    /// <summary>0 or 1.</summary>
    public int Version { get; }

    /// <summary>Multicodec of the content.</summary>
    public ulong Codec { get; }

    /// <summary>Multicodec of the digest's function.</summary>
    public ulong HashCode { get; }

    /// <summary>The digest alone, 0 to <see cref="DigestMax"/> bytes.</summary>
    public ReadOnlySpan<byte> Digest => _bytes.AsSpan(_digestStart);

    /// <summary>Multihash code, length and digest.</summary>
    public ReadOnlySpan<byte> Multihash => _bytes.AsSpan(_multihashStart);

    /// <summary>The whole binary form.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Builds a version 1 CID.</summary>
    /// <exception cref="ArgumentException">The digest is longer than <see cref="DigestMax"/>.</exception>
    public static Cid Create(ulong codec, ulong hashCode, ReadOnlySpan<byte> digest)
    {
        if (digest.Length > DigestMax)
            throw new ArgumentException("The digest is too long.", nameof(digest));
        Span<byte> buffer = stackalloc byte[(4 * Varint.LengthMax) + DigestMax];
        int length = Varint.Write(1, buffer);
        length += Varint.Write(codec, buffer[length..]);
        int multihashStart = length;
        length += Varint.Write(hashCode, buffer[length..]);
        length += Varint.Write((ulong)digest.Length, buffer[length..]);
        digest.CopyTo(buffer[length..]);
        byte[] bytes = buffer[..(length + digest.Length)].ToArray();
        return new Cid(bytes, 1, codec, hashCode, multihashStart, length);
    }

    /// <summary>Reads a CID that takes all of <paramref name="bytes"/>; the bytes are copied.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Cid? cid)
    {
        cid = null;
        if (!TryReadPrefix(bytes, out cid, out int length))
            return false;
        if (length == bytes.Length)
            return true;
        cid = null;
        return false;
    }

    /// <summary>Reads the CID at the start of <paramref name="bytes"/> and tells how many bytes it takes.</summary>
    public static bool TryReadPrefix(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Cid? cid, out int length)
    {
        cid = null;
        length = 0;
        if (IsVersion0(bytes))
        {
            length = 34;
            cid = new Cid(bytes[..34].ToArray(), 0, CodecDagPb, HashSha256, multihashStart: 0, digestStart: 2);
            return true;
        }

        if (!TryMeasure(bytes, out ulong codec, out ulong hashCode, out int multihash, out int digest, out length))
            return false;
        cid = new Cid(bytes[..length].ToArray(), 1, codec, hashCode, multihash, digest);
        return true;
    }

    /// <summary>Whether all of <paramref name="bytes"/> is a CID; allocates nothing.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> bytes) =>
        (bytes.Length == 34 && IsVersion0(bytes)) ||
        (TryMeasure(bytes, out _, out _, out _, out _, out int length) && length == bytes.Length);

    /// <summary>
    /// Reads multibase text of a version 1 CID, or the 46 characters <c>Qm...</c> of version 0. All of the text counts.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Cid? cid)
    {
        cid = null;
        if (text.Length == 46 && text.StartsWith("Qm", StringComparison.Ordinal))
            return Base58.TryDecode(text, out byte[] old) && TryFromBytes(old, out cid) && cid.Version == 0;
        return Multibase.TryDecode(text, out _, out byte[] bytes) && TryFromBytes(bytes, out cid) && cid.Version == 1;
    }

    /// <summary>Text in the base asked for; a version 0 CID has only its own spelling.</summary>
    public string ToString(MultibaseKind kind) =>
        Version == 0 ? Base58.Encode(_bytes) : Multibase.Encode(kind, _bytes);

    /// <summary>The usual text: base 32 for version 1, <c>Qm...</c> for version 0.</summary>
    public override string ToString() => ToString(MultibaseKind.Base32);

    /// <summary>Same bytes.</summary>
    public bool Equals(Cid? other) => other is not null && Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Cid);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        System.HashCode hash = default;
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    private static bool IsVersion0(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 34 && bytes[0] == 0x12 && bytes[1] == 0x20;

    private static bool TryMeasure(
        ReadOnlySpan<byte> bytes,
        out ulong codec,
        out ulong hashCode,
        out int multihashStart,
        out int digestStart,
        out int length)
    {
        codec = hashCode = 0;
        multihashStart = digestStart = length = 0;
        int at = 0;
        if (!TryNext(bytes, ref at, out ulong version) || version != 1 || !TryNext(bytes, ref at, out codec))
            return false;
        multihashStart = at;
        if (!TryNext(bytes, ref at, out hashCode) || !TryNext(bytes, ref at, out ulong digestLength))
            return false;
        if (digestLength > DigestMax || digestLength > (ulong)(bytes.Length - at))
            return false;
        digestStart = at;
        length = at + (int)digestLength;
        return true;
    }

    private static bool TryNext(ReadOnlySpan<byte> bytes, ref int at, out ulong value)
    {
        if (Varint.TryRead(bytes[at..], out value, out int length) != VarintStatus.Done)
            return false;
        at += length;
        return true;
    }
}
