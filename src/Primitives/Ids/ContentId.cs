using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Ids;

/// <summary>Names bytes: their BLAKE3-256, which is also the root of their bao tree.</summary>
/// <remarks>
/// Other spellings that parse: <c>blake3:&lt;64 hex&gt;</c> and CIDv1 <c>bafkr4i...</c>.
/// Text: <c>b3:&lt;64 hex&gt;</c>, lower case.
/// <c>default</c> (all zero) names nothing and is refused at boundaries.
/// </remarks>
public readonly record struct ContentId : IComparable<ContentId>
{
    /// <summary>First characters of the text form.</summary>
    public const string Prefix = "b3:";

    /// <summary>Longer first characters that are read too, never written.</summary>
    public const string LongPrefix = "blake3:";

    private readonly Hash256 _hash;

    private ContentId(Hash256 hash) => _hash = hash;

    /// <summary>The 32 bytes as a hash.</summary>
    public Hash256 Hash => _hash;

    /// <summary>True for 32 zero bytes.</summary>
    public bool IsDefault => _hash.IsDefault;

    /// <summary>Gives a hash this meaning; nothing is checked.</summary>
    public static ContentId From(Hash256 hash) => new(hash);

    /// <summary>Hashes bytes that are all at hand; large content goes through the incremental hasher.</summary>
    public static ContentId Of(ReadOnlySpan<byte> content) => new(Blake3.Hash(content));

    /// <summary>
    /// Reads <c>b3:</c> or <c>blake3:</c> with 64 lower-case hex digits, or a CIDv1 of codec raw (0x55) with a
    /// BLAKE3-256 multihash (0x1e) in any base that <see cref="Multibase"/> knows. Prefixes of ids are
    /// <see cref="IdText"/>'s.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ContentId id)
    {
        bool parsed = HashText.TryParse(text, Prefix, out Hash256 hash)
            || HashText.TryParse(text, LongPrefix, out hash);
        id = new(hash);
        return parsed || (Cid.TryParse(text, out Cid? cid) && TryFromCid(cid, out id));
    }

    /// <summary>The id inside a CID, when that is version 1, codec raw and a 32-byte BLAKE3 digest.</summary>
    public static bool TryFromCid(Cid cid, out ContentId id)
    {
        ArgumentNullException.ThrowIfNull(cid);
        id = default;
        if (cid.Version != 1 || cid.Codec != Cid.CodecRaw || cid.HashCode != Cid.HashBlake3 || cid.Digest.Length != 32)
            return false;
        id = new(Hash256.From(cid.Digest));
        return true;
    }

    /// <summary>CIDv1 of codec raw and multihash BLAKE3-256, 36 bytes; its text starts with <c>bafkr4i</c>.</summary>
    public Cid ToCid() => Cid.Create(Cid.CodecRaw, Cid.HashBlake3, _hash.AsSpan());

    /// <summary>The 32 bytes, inside this value.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> AsSpan() => _hash.AsSpan();

    /// <summary>Unsigned bytewise order.</summary>
    public int CompareTo(ContentId other) => _hash.CompareTo(other._hash);

    /// <summary>The text form, 3 + 64 characters.</summary>
    public override string ToString() => HashText.Format(Prefix, _hash);

    /// <summary>Bytewise order.</summary>
    public static bool operator <(ContentId left, ContentId right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(ContentId left, ContentId right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(ContentId left, ContentId right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(ContentId left, ContentId right) => left.CompareTo(right) >= 0;
}
