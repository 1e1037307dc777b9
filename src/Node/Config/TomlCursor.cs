using System.Globalization;
using System.Text;

namespace Omega.P2P.Node.Config;

/// <summary>A place in a TOML text, and the moves that need no grammar.</summary>
internal sealed class TomlCursor(string text)
{
    private int _at;

    /// <summary>1-based.</summary>
    public int Line { get; private set; } = 1;

    public bool AtEnd => _at >= text.Length;

    /// <summary>The next character; U+0000 at the end.</summary>
    public char Peek => AtEnd ? '\0' : text[_at];

    public bool Take(char wanted)
    {
        if (AtEnd || text[_at] != wanted) return false;
        _at++;
        if (wanted == '\n') Line++;
        return true;
    }

    public string TakeWhile(Func<char, bool> accepts)
    {
        var start = _at;
        while (!AtEnd && accepts(text[_at])) _at++;
        return text[start.._at];
    }

    /// <summary>Spaces, tabs and comments; also line ends where asked.</summary>
    public void SkipBlank(bool newlines)
    {
        while (!AtEnd)
        {
            if (text[_at] is ' ' or '\t') _at++;
            else if (text[_at] == '#') TakeWhile(c => c != '\n');
            else if (!newlines || !Take('\n')) return;
        }
    }

    /// <summary>A basic ("") or literal ('') string on one line; returns what is wrong, or null.</summary>
    public string? QuotedText(out string value)
    {
        value = "";
        var quote = text[_at++];
        if (text.AsSpan(_at).StartsWith([quote, quote])) return "strings over several lines are not supported";
        var built = new StringBuilder();
        while (true)
        {
            if (AtEnd || text[_at] == '\n') return "the string has no end";
            var c = text[_at++];
            if (c == quote) break;
            if (char.IsControl(c) && c != '\t') return "a control character stands in the string";
            if (c != '\\' || quote == '\'') built.Append(c);
            else if (Escape(built) is { } problem) return problem;
        }

        value = built.ToString();
        return null;
    }

    private string? Escape(StringBuilder built)
    {
        if (AtEnd) return "the string has no end";
        var c = text[_at++];
        if (c is 'u' or 'U') return CodePoint(c == 'u' ? 4 : 8, built);
        var known = "btnfr\"\\".IndexOf(c, StringComparison.Ordinal);
        if (known < 0) return $"\\{c} is no escape";
        built.Append("\b\t\n\f\r\"\\"[known]);
        return null;
    }

    private string? CodePoint(int digits, StringBuilder built)
    {
        if (_at + digits > text.Length ||
            !uint.TryParse(text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, null, out var code) ||
            !Rune.IsValid(code))
            return $"\\{(digits == 4 ? 'u' : 'U')} needs {digits} hex digits of a character";
        _at += digits;
        built.Append(new Rune(code).ToString());
        return null;
    }
}
