using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Ids;

/// <summary>The spelling <c>word:&lt;64 hex&gt;</c> that all 32-byte ids share.</summary>
internal static class HashText
{
    public const int HexDigits = 64;

    public static string Format(string prefix, Hash256 hash) => prefix + Hex.Encode(hash.AsSpan());

    public static bool TryParse(ReadOnlySpan<char> text, string prefix, out Hash256 hash)
    {
        hash = default;
        return text.StartsWith(prefix, StringComparison.Ordinal) && TryParseHex(text[prefix.Length..], out hash);
    }

    public static bool TryParseHex(ReadOnlySpan<char> hex, out Hash256 hash)
    {
        hash = default;
        Span<byte> bytes = stackalloc byte[32];
        if (!Hex.TryDecode(hex, bytes))
            return false;
        hash = Hash256.From(bytes);
        return true;
    }
}
