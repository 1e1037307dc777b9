using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Omega.P2P.Primitives.Notes;

// The small grammars that the C2SP formats share: base64 without slack, decimals without leading zeroes, key names.
internal static class NoteText
{
    private static readonly UTF8Encoding StrictUtf8 =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // RFC 4648 section 4 with padding; the one spelling of its bytes, so no white space and no stray low bits.
    public static bool TryDecodeBase64(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length % 4 != 0)
            return false;
        var buffer = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(text, buffer, out var written))
            return false;
        var decoded = buffer.AsSpan(0, written);
        if (!text.SequenceEqual(Convert.ToBase64String(decoded)))
            return false;
        bytes = decoded.ToArray();
        return true;
    }

    public static bool TryParseDecimal(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        return text.Length is > 0 and <= 19
            && !text.ContainsAnyExceptInRange('0', '9')
            && (text[0] != '0' || text.Length == 1)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    public static bool IsKeyName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty)
            return false;
        foreach (var rune in name.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || rune.Value < 0x20 || rune.Value == '+' || rune == Rune.ReplacementChar)
                return false;
        }
        return true;
    }

    // UTF-8 to text, refusing malformed sequences and control characters other than newline.
    public static bool TryDecodeUtf8(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out string? text)
    {
        text = null;
        foreach (var b in utf8)
        {
            if (b < 0x20 && b != (byte)'\n')
                return false;
        }
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
            return false;
        text = StrictUtf8.GetString(utf8);
        return true;
    }

    public static byte[] ToUtf8(string text) => StrictUtf8.GetBytes(text);
}
