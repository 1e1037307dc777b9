namespace Omega.P2P.Primitives.Artifacts;

/// <summary>
/// The grammar of type tags, roles and the names of branes, nodes, audiences and tenants:
/// <c>[a-z0-9][a-z0-9._-]{0,63}</c>, so 1 to 64 bytes that need no escape in a path, a URL or a terminal.
/// </summary>
public static class Tag
{
    /// <summary>Longest tag, in characters and bytes.</summary>
    public const int LengthMax = 64;

    /// <summary>True iff the text is a tag.</summary>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > LengthMax || !IsLetterOrDigit(text[0]))
            return false;
        foreach (var c in text)
        {
            if (!IsLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        }
        return true;
    }

    private static bool IsLetterOrDigit(char c) => c is (>= 'a' and <= 'z') or (>= '0' and <= '9');
}
