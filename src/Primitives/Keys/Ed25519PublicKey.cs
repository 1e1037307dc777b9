using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Primitives.Keys;

/// <summary>An Ed25519 public key (RFC 8032), 32 bytes.</summary>
/// <remarks>
/// Any 32 bytes can be held; a value that is no key simply verifies nothing. Text forms: <c>did:key:z6Mk...</c> (W3C
/// did:key; multicodec <c>ed 01</c> + key, base 58), the same without <c>did:key:</c>, and the libp2p peer id
/// <c>12D3KooW...</c>. <c>default</c> (all zero) is no key and is refused at boundaries.
/// </remarks>
public readonly struct Ed25519PublicKey : IEquatable<Ed25519PublicKey>, IComparable<Ed25519PublicKey>
{
    /// <summary>Bytes of the key.</summary>
    public const int Length = 32;

    /// <summary>Bytes of a signature.</summary>
    public const int SignatureLength = 64;

    /// <summary>What stands before the multibase text in a did.</summary>
    public const string DidPrefix = "did:key:";

    // Longest accepted spelling: a did of 56 characters; a base 16 peer id CID needs 81.
    private const int TextMax = 128;

    private readonly Bytes32 _bytes;

    private Ed25519PublicKey(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes);

    /// <summary>True for 32 zero bytes.</summary>
    public bool IsDefault => AsSpan().IndexOfAnyExcept((byte)0) < 0;

    /// <summary>Takes exactly 32 bytes; whether they are a point of the curve shows when verifying.</summary>
    /// <exception cref="ArgumentException">Any other length.</exception>
    public static Ed25519PublicKey From(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException("An Ed25519 public key has 32 bytes.", nameof(bytes));
        return new(bytes);
    }

    /// <summary>
    /// Reads a did, a bare <c>z6Mk...</c>, or a peer id in either of its spellings. All of the text counts.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Ed25519PublicKey key)
    {
        key = default;
        if (text.Length > TextMax)
            return false;
        if (text.StartsWith(DidPrefix, StringComparison.Ordinal))
            return TryParseMultikey(text[DidPrefix.Length..], out key);
        return TryParseMultikey(text, out key)
            || (PeerId.TryParse(text, out PeerId peer) && peer.TryGetEd25519(out key));
    }

    /// <summary>The 32 bytes, inside this value.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> AsSpan() => _bytes;

    /// <summary>A new array of the 32 bytes.</summary>
    public byte[] ToArray() => AsSpan().ToArray();

    /// <summary>Whether a signature of all of <paramref name="message"/> verifies under this key.</summary>
    /// <remarks>
    /// Strict, as libsodium is: false too for another length than 64, an S at or above the group order, a key or R of
    /// small order, and a key that is not a canonical point. So the bytes of a valid signature cannot be altered by
    /// others.
    /// </remarks>
    public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureLength &&
        Sodium.VerifyDetached(signature, message, (ulong)message.Length, AsSpan()) == 0;

    /// <summary><c>did:key:z6Mk...</c>, 56 characters.</summary>
    public string ToDid()
    {
        Span<byte> bytes = stackalloc byte[2 + Length];
        bytes[0] = 0xed;
        bytes[1] = 0x01;
        AsSpan().CopyTo(bytes[2..]);
        return DidPrefix + Multibase.Encode(MultibaseKind.Base58, bytes);
    }

    /// <summary>The libp2p peer id whose text is <c>12D3KooW...</c>.</summary>
    public PeerId ToPeerId() => PeerId.From(this);

    /// <summary><c>ed25519:</c> and the last 4 characters of the did: for people to compare, proves nothing.</summary>
    public string ToShort() => "ed25519:" + ToDid()[^4..];

    /// <summary>Unsigned bytewise order.</summary>
    public int CompareTo(Ed25519PublicKey other) => AsSpan().SequenceCompareTo(other.AsSpan());

    /// <summary>Same 32 bytes.</summary>
    public bool Equals(Ed25519PublicKey other) => AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Ed25519PublicKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(AsSpan());
        return hash.ToHashCode();
    }

    /// <summary>The did.</summary>
    public override string ToString() => ToDid();

    /// <summary>Same bytes.</summary>
    public static bool operator ==(Ed25519PublicKey left, Ed25519PublicKey right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(Ed25519PublicKey left, Ed25519PublicKey right) => !left.Equals(right);

    /// <summary>Bytewise order.</summary>
    public static bool operator <(Ed25519PublicKey left, Ed25519PublicKey right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(Ed25519PublicKey left, Ed25519PublicKey right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(Ed25519PublicKey left, Ed25519PublicKey right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(Ed25519PublicKey left, Ed25519PublicKey right) => left.CompareTo(right) >= 0;

    private static bool TryParseMultikey(ReadOnlySpan<char> text, out Ed25519PublicKey key)
    {
        key = default;
        if (!Multibase.TryDecode(text, out MultibaseKind kind, out byte[] bytes) || kind != MultibaseKind.Base58)
            return false;
        if (bytes.Length != 2 + Length || bytes[0] != 0xed || bytes[1] != 0x01)
            return false;
        key = new(bytes.AsSpan(2));
        return true;
    }

    [InlineArray(Length)]
    private struct Bytes32
    {
        private byte _first;
    }
}
