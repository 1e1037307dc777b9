namespace Omega.P2P.Primitives.Encoding;

/// <summary>Outcome of reading a <see cref="Varint"/> from bytes that may be incomplete.</summary>
public enum VarintStatus
{
    /// <summary>A value was read.</summary>
    Done,

    /// <summary>Every byte so far has its continuation bit set and the limit of nine is not reached.</summary>
    NeedMore,

    /// <summary>Longer than nine bytes, or not the shortest spelling of its value.</summary>
    Invalid,
}

/// <summary>Unsigned variable-length integers of the multiformats <c>unsigned-varint</c> specification.</summary>
/// <remarks>
/// Seven bits a byte, least significant group first, high bit set on every byte but the last; at most nine bytes, so
/// values go up to 2^63 - 1; only the shortest spelling is accepted.
/// </remarks>
public static class Varint
{
    /// <summary>Longest encoding, in bytes (unsigned-varint specification, "practical maximum").</summary>
    public const int LengthMax = 9;

    /// <summary>Largest value that has an encoding.</summary>
    public const ulong ValueMax = long.MaxValue;

    /// <summary>Bytes that <see cref="Write"/> uses for a value, 1 to 9.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is above <see cref="ValueMax"/>.</exception>
    public static int Length(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ValueMax);
        int bits = 64 - System.Numerics.BitOperations.LeadingZeroCount(value | 1);
        return (bits + 6) / 7;
    }

    /// <summary>Writes a value at the start of <paramref name="destination"/> and returns the bytes used.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is above <see cref="ValueMax"/>.</exception>
    /// <exception cref="ArgumentException">The destination is shorter than <see cref="Length"/>.</exception>
    public static int Write(ulong value, Span<byte> destination)
    {
        int length = Length(value);
        if (destination.Length < length)
            throw new ArgumentException("The destination is shorter than the varint.", nameof(destination));
        for (int i = 0; i < length - 1; i++)
        {
            destination[i] = (byte)((value & 0x7f) | 0x80);
            value >>= 7;
        }

        destination[length - 1] = (byte)value;
        return length;
    }

    /// <summary>Reads the value at the start of <paramref name="source"/>; later bytes are left alone.</summary>
    /// <param name="source">Bytes from outside.</param>
    /// <param name="value">The value, or 0 unless the status is <see cref="VarintStatus.Done"/>.</param>
    /// <param name="length">Bytes used, or 0 unless the status is <see cref="VarintStatus.Done"/>.</param>
    public static VarintStatus TryRead(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        length = 0;
        ulong sum = 0;
        int limit = Math.Min(source.Length, LengthMax);
        for (int i = 0; i < limit; i++)
        {
            byte b = source[i];
            sum |= (ulong)(b & 0x7f) << (7 * i);
            if ((b & 0x80) != 0)
                continue;
            if (b == 0 && i > 0)
                return VarintStatus.Invalid;
            value = sum;
            length = i + 1;
            return VarintStatus.Done;
        }

        return source.Length >= LengthMax ? VarintStatus.Invalid : VarintStatus.NeedMore;
    }
}
