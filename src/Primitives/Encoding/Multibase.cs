namespace Omega.P2P.Primitives.Encoding;

/// <summary>The multibase spellings that ids use; the enum value is the prefix character.</summary>
public enum MultibaseKind
{
    /// <summary>Base 16, lower case: prefix <c>f</c>.</summary>
    Base16 = 'f',

    /// <summary>Base 32, lower case, no padding: prefix <c>b</c>.</summary>
    Base32 = 'b',

    /// <summary>Base 58, Bitcoin alphabet: prefix <c>z</c>.</summary>
    Base58 = 'z',
}

/// <summary>Text that names its own base in its first character (multiformats/multibase).</summary>
public static class Multibase
{
    /// <summary>
    /// Longest text that is decoded, in characters. Origin: guess, five times the longest CID in use.
    /// </summary>
    public const int TextMax = 1024;

    /// <summary>The prefix character followed by the encoding.</summary>
    /// <exception cref="ArgumentException">Base 58 of more than <see cref="Base58.BytesMax"/> bytes.</exception>
    public static string Encode(MultibaseKind kind, ReadOnlySpan<byte> bytes) => kind switch
    {
        MultibaseKind.Base16 => "f" + Hex.Encode(bytes),
        MultibaseKind.Base32 => "b" + Base32.Encode(bytes),
        MultibaseKind.Base58 => "z" + Base58.Encode(bytes),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Reads all of a text of at most <see cref="TextMax"/> characters; unknown bases are refused.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out MultibaseKind kind, out byte[] bytes)
    {
        bytes = [];
        kind = default;
        if (text.IsEmpty || text.Length > TextMax)
            return false;
        kind = (MultibaseKind)text[0];
        return kind switch
        {
            MultibaseKind.Base16 => Hex.TryDecode(text[1..], out bytes),
            MultibaseKind.Base32 => Base32.TryDecode(text[1..], out bytes),
            MultibaseKind.Base58 => Base58.TryDecode(text[1..], out bytes),
            _ => false,
        };
    }
}
