using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Omega.P2P.Primitives.Hashing;

/// <summary>
/// A 256-bit digest held inline: 32 bytes in digest order, no heap reference. The default value is all zero bytes;
/// no known input hashes to it, so boundaries treat it as "absent" (<see cref="IsDefault"/>).
/// </summary>
public readonly struct Hash256 : IEquatable<Hash256>, IComparable<Hash256>
{
    /// <summary>Size in bytes: 32.</summary>
    public const int Size = 32;

    private readonly Bytes32 _bytes;

    private Hash256(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes);

    /// <summary>True for the all-zero value.</summary>
    public bool IsDefault => !AsSpan().ContainsAnyExcept((byte)0);

    /// <summary>Copies exactly 32 bytes. Throws <see cref="ArgumentException"/> for any other length.</summary>
    public static Hash256 From(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size
            ? new Hash256(bytes)
            : throw new ArgumentException("A digest has 32 bytes.", nameof(bytes));

    /// <summary>Parses exactly 64 hexadecimal digits of either case; anything else gives false and default.</summary>
    public static bool TryParseHex(ReadOnlySpan<char> text, out Hash256 value)
    {
        value = default;
        if (text.Length != 2 * Size) return false;
        Span<byte> bytes = stackalloc byte[Size];
        if (Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done) return false;
        value = new Hash256(bytes);
        return true;
    }

    /// <summary>The 32 bytes in place; the span lives as long as the variable that holds this value.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> AsSpan() => _bytes;

    /// <summary>
    /// Writes the 32 bytes at the start of <paramref name="destination"/>; throws when it is shorter.
    /// </summary>
    public void CopyTo(Span<byte> destination) => AsSpan().CopyTo(destination);

    /// <summary>A new array of 32 bytes, owned by the caller.</summary>
    public byte[] ToArray() => AsSpan().ToArray();

    /// <summary>Byte-wise equality. Not constant time: digests here are public names, never secrets.</summary>
    public bool Equals(Hash256 other) => AsSpan().SequenceEqual(other.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Hash256 other && Equals(other);

    /// <summary>The first four bytes: uniform already, so nothing is mixed.</summary>
    public override int GetHashCode() => MemoryMarshal.Read<int>(AsSpan());

    /// <summary>Lexicographic order of the bytes taken as unsigned.</summary>
    public int CompareTo(Hash256 other) => AsSpan().SequenceCompareTo(other.AsSpan());

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(AsSpan());

    /// <summary>Byte-wise equality.</summary>
    public static bool operator ==(Hash256 left, Hash256 right) => left.Equals(right);

    /// <summary>Byte-wise inequality.</summary>
    public static bool operator !=(Hash256 left, Hash256 right) => !left.Equals(right);

    /// <summary>Unsigned byte order.</summary>
    public static bool operator <(Hash256 left, Hash256 right) => left.CompareTo(right) < 0;

    /// <summary>Unsigned byte order.</summary>
    public static bool operator <=(Hash256 left, Hash256 right) => left.CompareTo(right) <= 0;

    /// <summary>Unsigned byte order.</summary>
    public static bool operator >(Hash256 left, Hash256 right) => left.CompareTo(right) > 0;

    /// <summary>Unsigned byte order.</summary>
    public static bool operator >=(Hash256 left, Hash256 right) => left.CompareTo(right) >= 0;

    [InlineArray(Size)]
    private struct Bytes32
    {
        private byte _first;
    }
}
