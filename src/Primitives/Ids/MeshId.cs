using System.Buffers.Binary;
using Omega.P2P.Primitives.Encoding;

namespace Omega.P2P.Primitives.Ids;

/// <summary>Names a mesh: 16 bytes, drawn at random when the mesh is made.</summary>
/// <remarks>
/// Text: base 32 (RFC 4648, lower case, no padding), 26 characters. Tickets, topic names and shared state carry it, so
/// that nothing crosses between meshes. <c>default</c> (all zero) names nothing and is refused at boundaries.
/// </remarks>
public readonly record struct MeshId : IComparable<MeshId>
{
    /// <summary>Bytes of the binary form.</summary>
    public const int Length = 16;

    // The 16 bytes read as one big-endian number, so that number order is byte order.
    private readonly UInt128 _value;

    private MeshId(UInt128 value) => _value = value;

    /// <summary>True for 16 zero bytes.</summary>
    public bool IsDefault => _value == UInt128.Zero;

    /// <summary>Reads exactly 16 bytes.</summary>
    /// <exception cref="ArgumentException">Any other length.</exception>
    public static MeshId From(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException("A mesh id has 16 bytes.", nameof(bytes));
        return new(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>Reads the 26 characters of the text form and nothing else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MeshId id)
    {
        id = default;
        if (text.Length != 26 || !Base32.TryDecode(text, out byte[] bytes))
            return false;
        id = From(bytes);
        return true;
    }

    /// <summary>Writes the 16 bytes at the start of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is shorter.</exception>
    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt128BigEndian(destination, _value);

    /// <summary>A new array of the 16 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Unsigned bytewise order.</summary>
    public int CompareTo(MeshId other) => _value.CompareTo(other._value);

    /// <summary>The text form.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Base32.Encode(bytes);
    }

    /// <summary>Bytewise order.</summary>
    public static bool operator <(MeshId left, MeshId right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(MeshId left, MeshId right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(MeshId left, MeshId right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(MeshId left, MeshId right) => left.CompareTo(right) >= 0;
}
