using System.Text.RegularExpressions;

namespace Omega.P2P.House.Tests;

/// <summary>
/// Lengths of function bodies, read from the layout that `dotnet format` enforces: a body is a lone brace up to the
/// closing brace of the same indentation, below a header that has a parameter list and declares no type.
/// </summary>
internal static partial class FunctionLengths
{
    public static IEnumerable<(int StartLine, int Lines)> Of(string[] lines)
    {
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim() != "{" || !IsFunctionHeader(lines, i)) continue;
            var indent = lines[i].Length - lines[i].TrimStart().Length;
            var closing = new string(' ', indent) + "}";
            var end = Array.FindIndex(lines, i, l => l.StartsWith(closing, StringComparison.Ordinal));
            if (end > i) yield return (i + 1, end - i - 1);
        }
    }

    private static bool IsFunctionHeader(string[] lines, int brace)
    {
        var indent = lines[brace].Length - lines[brace].TrimStart().Length;
        if (indent is not (4 or 8)) return false;
        var first = brace - 1;
        while (first > 0 && Indent(lines[first]) > indent) first--;
        var header = string.Join(' ', lines[first..brace]);
        return header.Contains('(') && !TypeHeader().IsMatch(header) && !Statement().IsMatch(header);
    }

    private static int Indent(string line) => line.Length - line.TrimStart().Length;

    [GeneratedRegex(@"\b(class|struct|interface|enum|namespace|record)\b")]
    private static partial Regex TypeHeader();

    [GeneratedRegex(@"^\s*(if|for|foreach|while|switch|using|lock|fixed|else|try|catch|finally|do|case)\b")]
    private static partial Regex Statement();
}
