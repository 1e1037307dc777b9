using System.Buffers.Binary;

namespace Omega.P2P.Primitives.Cbor;

/// <summary>The initial byte of an item and its argument (RFC 8949 section 3), shortest form only.</summary>
/// <remarks>
/// High three bits: major type. Low five: the argument itself up to 23, or 24, 25, 26, 27 for 1, 2, 4, 8 bytes that
/// follow, big-endian. 28 to 31 (reserved, indefinite) are refused. Major 7 is not covered: its argument has other
/// rules.
/// </remarks>
internal static class CborHead
{
    public const int LengthMax = 9;

    public static int Write(int major, ulong argument, Span<byte> destination)
    {
        byte top = (byte)(major << 5);
        switch (argument)
        {
            case < 24:
                destination[0] = (byte)(top | (byte)argument);
                return 1;
            case <= byte.MaxValue:
                destination[0] = (byte)(top | 24);
                destination[1] = (byte)argument;
                return 2;
            case <= ushort.MaxValue:
                destination[0] = (byte)(top | 25);
                BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)argument);
                return 3;
            case <= uint.MaxValue:
                destination[0] = (byte)(top | 26);
                BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)argument);
                return 5;
            default:
                destination[0] = (byte)(top | 27);
                BinaryPrimitives.WriteUInt64BigEndian(destination[1..], argument);
                return 9;
        }
    }

    /// <summary>Null when read; else the code of the refusal.</summary>
    public static string? Read(ReadOnlySpan<byte> source, out int major, out ulong argument, out int length)
    {
        major = 0;
        argument = 0;
        length = 0;
        if (source.IsEmpty)
            return CborCode.Truncated;
        major = source[0] >> 5;
        int info = source[0] & 0x1f;
        if (info < 24)
        {
            argument = (ulong)info;
            length = 1;
            return null;
        }

        if (info > 27)
            return info == 31 ? CborCode.Indefinite : CborCode.Reserved;
        int size = 1 << (info - 24);
        if (source.Length - 1 < size)
            return CborCode.Truncated;
        ReadOnlySpan<byte> digits = source.Slice(1, size);
        ulong smallest;
        (argument, smallest) = info switch
        {
            24 => (digits[0], 24UL),
            25 => (BinaryPrimitives.ReadUInt16BigEndian(digits), 1UL << 8),
            26 => (BinaryPrimitives.ReadUInt32BigEndian(digits), 1UL << 16),
            _ => (BinaryPrimitives.ReadUInt64BigEndian(digits), 1UL << 32),
        };
        length = 1 + size;
        return argument < smallest ? CborCode.NotShortest : null;
    }
}
