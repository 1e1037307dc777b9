namespace Omega.P2P.Primitives.Encoding;

/// <summary>Base 32 of RFC 4648 section 6, lower case and without padding (multibase <c>b</c>).</summary>
public static class Base32
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>Five bits a digit, the last digit filled up with zero bits.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        char[] text = new char[(int)(((bytes.Length * 8L) + 4) / 5)];
        int used = 0;
        int bits = 0;
        uint window = 0;
        foreach (byte b in bytes)
        {
            window = ((window & 0x1f) << 8) | b;
            bits += 8;
            while (bits >= 5)
            {
                bits -= 5;
                text[used++] = Alphabet[(int)((window >> bits) & 0x1f)];
            }
        }

        if (bits > 0)
            text[used] = Alphabet[(int)((window << (5 - bits)) & 0x1f)];
        return new string(text);
    }

    /// <summary>
    /// Reads all of the text. Refused: other characters (capitals too), a length no byte count gives, and fill bits
    /// that are not zero, so that one byte string has one spelling.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 8 is 1 or 3 or 6)
            return false;
        byte[] decoded = new byte[(int)(text.Length * 5L / 8)];
        int used = 0;
        int bits = 0;
        uint window = 0;
        foreach (char c in text)
        {
            int digit = Digit(c);
            if (digit < 0)
                return false;
            window = ((window & 0xff) << 5) | (uint)digit;
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            decoded[used++] = (byte)(window >> bits);
        }

        if ((window & ((1u << bits) - 1)) != 0)
            return false;
        bytes = decoded;
        return true;
    }

    private static int Digit(char c) => c switch
    {
        >= 'a' and <= 'z' => c - 'a',
        >= '2' and <= '7' => c - '2' + 26,
        _ => -1,
    };
}
