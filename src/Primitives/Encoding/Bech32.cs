namespace Omega.P2P.Primitives.Encoding;

/// <summary>
/// Bech32 (BIP 173) as age uses it: prefix, <c>1</c>, 5-bit digits, six digits of checksum, without BIP 173's bound of
/// 90 characters. Works on ASCII bytes, so that text holding a secret can be wiped.
/// </summary>
public static class Bech32
{
    private const int ChecksumDigits = 6;

    private static ReadOnlySpan<byte> Alphabet => "qpzry9x8gf2tvdw0s3jn54khce6mua7l"u8;

    /// <summary>Characters that so many bytes take behind a prefix of so many.</summary>
    public static int EncodedLength(int prefixLength, int byteCount) =>
        prefixLength + 1 + DigitsOf(byteCount) + ChecksumDigits;

    /// <summary>Writes lower-case text.</summary>
    /// <param name="prefix">Lower-case ASCII without the separator.</param>
    /// <param name="bytes">What is encoded.</param>
    /// <param name="text">Exactly <see cref="EncodedLength"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="text"/> has another length.</exception>
    public static void Encode(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> bytes, Span<byte> text)
    {
        if (text.Length != EncodedLength(prefix.Length, bytes.Length))
            throw new ArgumentException("The destination has another length.", nameof(text));
        prefix.CopyTo(text);
        text[prefix.Length] = (byte)'1';
        var digits = text[(prefix.Length + 1)..];
        var (held, bits, at) = (0, 0, 0);
        foreach (var value in bytes)
        {
            held = ((held << 8) | value) & 0xfff;
            for (bits += 8; bits >= 5; bits -= 5)
                digits[at++] = (byte)((held >> (bits - 5)) & 31);
        }
        if (bits > 0)
            digits[at++] = (byte)((held << (5 - bits)) & 31);
        var checksum = Step(Checksum(prefix, digits[..at]), ChecksumDigits) ^ 1;
        for (var i = 0; i < ChecksumDigits; i++)
            digits[at + i] = (byte)((checksum >> (5 * (ChecksumDigits - 1 - i))) & 31);
        foreach (ref var digit in digits)
            digit = Alphabet[digit];
    }

    /// <summary>
    /// Reads text that must have this prefix and exactly as many bytes as <paramref name="bytes"/> takes. Total: false
    /// for anything else, mixed case, a wrong checksum and stray bits among them.
    /// </summary>
    /// <param name="text">All lower or all upper case; at most a few thousand bytes, the caller bounds it.</param>
    /// <param name="prefix">Lower-case ASCII.</param>
    /// <param name="bytes">Filled on success, undefined otherwise.</param>
    public static bool TryDecode(ReadOnlySpan<byte> text, ReadOnlySpan<byte> prefix, Span<byte> bytes)
    {
        if (text.Length != EncodedLength(prefix.Length, bytes.Length) || text[prefix.Length] != '1' || IsMixed(text))
            return false;
        for (var i = 0; i < prefix.Length; i++)
        {
            if (Lower(text[i]) != prefix[i])
                return false;
        }
        var digits = text[(prefix.Length + 1)..];
        var check = Checksum(prefix, []);
        var (held, bits, at) = (0, 0, 0);
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = Alphabet.IndexOf(Lower(digits[i]));
            if (digit < 0)
                return false;
            check = Step(check) ^ (uint)digit;
            if (i >= digits.Length - ChecksumDigits)
                continue;
            held = ((held << 5) | digit) & 0xfff;
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes[at++] = (byte)(held >> bits);
        }
        return check == 1 && (held & ((1 << bits) - 1)) == 0;
    }

    private static int DigitsOf(int byteCount) => ((8 * byteCount) + 4) / 5;

    private static byte Lower(byte c) => c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;

    private static bool IsMixed(ReadOnlySpan<byte> text) =>
        text.ContainsAnyInRange((byte)'a', (byte)'z') && text.ContainsAnyInRange((byte)'A', (byte)'Z');

    private static uint Checksum(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> digits)
    {
        var check = 1u;
        foreach (var c in prefix)
            check = Step(check) ^ (uint)(c >> 5);
        check = Step(check);
        foreach (var c in prefix)
            check = Step(check) ^ (uint)(c & 31);
        foreach (var digit in digits)
            check = Step(check) ^ digit;
        return check;
    }

    private static uint Step(uint check, int times)
    {
        for (var i = 0; i < times; i++)
            check = Step(check);
        return check;
    }

    private static uint Step(uint check)
    {
        ReadOnlySpan<uint> generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
        var top = check >> 25;
        check = (check & 0x1ffffff) << 5;
        for (var i = 0; i < generator.Length; i++)
            check ^= ((top >> i) & 1) == 1 ? generator[i] : 0;
        return check;
    }
}
