namespace Omega.P2P.Primitives.Encoding;

/// <summary>Base 16 text, two digits a byte.</summary>
public static class Hex
{
    /// <summary>Lower-case digits.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    /// <summary>
    /// Reads an even number of lower-case digits, all of the text; the only spelling that programs exchange.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 2 != 0)
            return false;
        byte[] decoded = new byte[text.Length / 2];
        if (!TryDecode(text, decoded))
            return false;
        bytes = decoded;
        return true;
    }

    /// <summary>Reads exactly <c>2 * destination.Length</c> lower-case digits.</summary>
    /// <returns>False for any other length or digit; the destination's content is then unspecified.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination)
    {
        if (text.Length != destination.Length * 2L)
            return false;
        for (int i = 0; i < destination.Length; i++)
        {
            int high = Digit(text[2 * i]);
            int low = Digit(text[(2 * i) + 1]);
            if ((high | low) < 0)
                return false;
            destination[i] = (byte)((high << 4) | low);
        }

        return true;
    }

    /// <summary>The value 0 to 15 of a lower-case digit, or -1.</summary>
    public static int Digit(char digit) => digit switch
    {
        >= '0' and <= '9' => digit - '0',
        >= 'a' and <= 'f' => digit - 'a' + 10,
        _ => -1,
    };
}
