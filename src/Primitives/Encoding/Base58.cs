namespace Omega.P2P.Primitives.Encoding;

/// <summary>
/// Base 58 with the Bitcoin alphabet (multibase <c>z</c>); each leading zero byte is a leading <c>1</c>.
/// </summary>
/// <remarks>Conversion takes time in the square of the length, so both directions are bounded.</remarks>
public static class Base58
{
    /// <summary>Longest byte string that is encoded. Origin: guess, three times the longest id in use.</summary>
    public const int BytesMax = 256;

    /// <summary>Longest text that is decoded: the digits that <see cref="BytesMax"/> bytes can need.</summary>
    public const int TextMax = 350;

    private const string Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    /// <summary>Encodes at most <see cref="BytesMax"/> bytes.</summary>
    /// <exception cref="ArgumentException">The input is longer.</exception>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BytesMax)
            throw new ArgumentException("Base 58 is bounded to 256 bytes.", nameof(bytes));
        int zeros = bytes.IndexOfAnyExcept((byte)0);
        if (zeros < 0)
            return new string('1', bytes.Length);

        Span<byte> digits = stackalloc byte[TextMax];
        int length = 0;
        foreach (byte b in bytes[zeros..])
            length = MultiplyAdd(digits, length, factor: 256, addend: b, radix: 58);

        return string.Create(zeros + length, new Digits(digits[..length], zeros), static (text, state) =>
        {
            text[..state.Zeros].Fill('1');
            for (int i = 0; i < state.Values.Length; i++)
                text[^(i + 1)] = Alphabet[state.Values[i]];
        });
    }

    /// <summary>Reads all of a text of at most <see cref="TextMax"/> characters.</summary>
    /// <returns>False for another character, too long a text, or more than <see cref="BytesMax"/> bytes.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length > TextMax)
            return false;
        int ones = text.IndexOfAnyExcept('1');
        if (ones < 0)
            ones = text.Length;

        Span<byte> reversed = stackalloc byte[TextMax];
        int length = 0;
        foreach (char c in text[ones..])
        {
            int digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
            if (digit < 0)
                return false;
            length = MultiplyAdd(reversed, length, factor: 58, addend: digit, radix: 256);
        }

        if (ones + length > BytesMax)
            return false;
        bytes = new byte[ones + length];
        reversed[..length].Reverse();
        reversed[..length].CopyTo(bytes.AsSpan(ones));
        return true;
    }

    // Number in `radix`, least significant digit first: number = number * factor + addend. Returns its new length.
    private static int MultiplyAdd(Span<byte> number, int length, int factor, int addend, int radix)
    {
        int carry = addend;
        for (int i = 0; i < length; i++)
        {
            carry += number[i] * factor;
            number[i] = (byte)(carry % radix);
            carry /= radix;
        }

        while (carry > 0)
        {
            number[length++] = (byte)(carry % radix);
            carry /= radix;
        }

        return length;
    }

    private readonly ref struct Digits(ReadOnlySpan<byte> values, int zeros)
    {
        public ReadOnlySpan<byte> Values { get; } = values;

        public int Zeros { get; } = zeros;
    }
}
