using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Primitives.Ids;

/// <summary>What a typed id says it names.</summary>
public enum IdKind
{
    /// <summary>Hex digits without a word: any of the others.</summary>
    Any,

    /// <summary>A <see cref="ContentId"/>.</summary>
    Content,

    /// <summary>A <see cref="BlockId"/>.</summary>
    Block,

    /// <summary>An <see cref="ArtifactKey"/>.</summary>
    Key,

    /// <summary>The SHA-256 of a content, stored beside its own id where it was asked for.</summary>
    Sha256,
}

/// <summary>An id as a person typed it: whole, or the first digits of one.</summary>
/// <param name="Kind">What it names.</param>
/// <param name="HexPrefix">4 to 64 lower-case hex digits; 64 of them are a whole id.</param>
public readonly record struct ParsedId(IdKind Kind, string HexPrefix)
{
    /// <summary>True when all 64 digits were given.</summary>
    public bool IsFull => HexPrefix is { Length: HashText.HexDigits };

    /// <summary>The whole hash.</summary>
    /// <exception cref="InvalidOperationException">Only a prefix was given.</exception>
    public Hash256 Hash => IsFull ? First : throw new InvalidOperationException("Only a prefix of an id is known.");

    /// <summary>The smallest id that starts with the digits: where a scan of sorted ids begins.</summary>
    public Hash256 First => Filled('0');

    /// <summary>The largest id that starts with the digits: where such a scan ends, itself included.</summary>
    public Hash256 Last => Filled('f');

    /// <summary>Whether an id starts with the digits. Kinds are the caller's to compare.</summary>
    public bool Matches(Hash256 hash) => First.CompareTo(hash) <= 0 && hash.CompareTo(Last) <= 0;

    /// <summary>The word of the kind and the digits, as they may be typed again.</summary>
    public override string ToString() => IdText.PrefixOf(Kind) + HexPrefix;

    private Hash256 Filled(char digit) =>
        HashText.TryParseHex((HexPrefix ?? "").PadRight(HashText.HexDigits, digit), out Hash256 hash) ? hash : default;
}

/// <summary>Reads ids as people type them.</summary>
/// <remarks>
/// Accepted: <c>b3:</c>, <c>blake3:</c>, <c>blk:</c>, <c>key:</c>, <c>sha256:</c> or no word, then 4 to 64 hex digits;
/// or a CIDv1 of codec raw with a BLAKE3-256 digest, which is content. Capitals are folded in the word and the hex
/// digits.
/// </remarks>
public static class IdText
{
    /// <summary>Fewest digits of a prefix (design section 5).</summary>
    public const int DigitsMin = 4;

    /// <summary>The word before a SHA-256.</summary>
    public const string Sha256Prefix = "sha256:";

    // Longest accepted text: base 16 multibase of a 36-byte CID.
    private const int TextMax = 1 + (2 * 36);

    /// <summary>Reads all of the text; false for anything that no rule above covers, null included.</summary>
    public static bool TryParse(string? text, out ParsedId id)
    {
        id = default;
        if (text is null || text.Length > TextMax)
            return false;
        if (ContentId.TryParse(text, out ContentId content))
        {
            id = new(IdKind.Content, content.Hash.ToString());
            return true;
        }

        IdKind kind = SplitWord(text, out ReadOnlySpan<char> digits);
        if (digits.Length is < DigitsMin or > HashText.HexDigits)
            return false;
        Span<char> folded = stackalloc char[digits.Length];
        for (int i = 0; i < digits.Length; i++)
        {
            folded[i] = char.ToLowerInvariant(digits[i]);
            if (Hex.Digit(folded[i]) < 0)
                return false;
        }

        id = new(kind, new string(folded));
        return true;
    }

    /// <summary>The word before the digits, colon included; empty for <see cref="IdKind.Any"/>.</summary>
    public static string PrefixOf(IdKind kind) => kind switch
    {
        IdKind.Content => ContentId.Prefix,
        IdKind.Block => BlockId.Prefix,
        IdKind.Key => ArtifactKey.Prefix,
        IdKind.Sha256 => Sha256Prefix,
        _ => "",
    };

    private static IdKind SplitWord(ReadOnlySpan<char> text, out ReadOnlySpan<char> digits)
    {
        ReadOnlySpan<(string Word, IdKind Kind)> words =
        [
            (ContentId.Prefix, IdKind.Content), (ContentId.LongPrefix, IdKind.Content),
            (BlockId.Prefix, IdKind.Block), (ArtifactKey.Prefix, IdKind.Key),
            (Sha256Prefix, IdKind.Sha256),
        ];
        foreach ((string word, IdKind kind) in words)
        {
            if (!text.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                continue;
            digits = text[word.Length..];
            return kind;
        }

        digits = text;
        return IdKind.Any;
    }
}
