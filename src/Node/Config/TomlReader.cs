using System.Globalization;

namespace Omega.P2P.Node.Config;

/// <summary>
/// Reads the part of TOML 1.0 that omega.toml needs: comments, [tables], bare, quoted and dotted keys, basic and
/// literal strings on one line, integers (also 0x, 0o, 0b and with _), floats, booleans, arrays over several lines.
/// Dates, inline tables, arrays of tables and multi-line strings are refused by name. Total: a value or one error.
/// </summary>
internal sealed class TomlReader
{
    public const int CharactersMax = 64 * 1024;
    public const int KeysMax = 512;
    private const int NestingMax = 4;
    private const int ItemsMax = 256;

    private readonly TomlCursor _cursor;
    private readonly Dictionary<string, TomlValue> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tables = new(StringComparer.Ordinal);
    private string _table = "";
    private string? _key;

    private TomlReader(string text) => _cursor = new TomlCursor(text);

    /// <summary>Keys are full paths, `limits.upload_bytes_per_s`.</summary>
    public static bool TryRead(string text, out IReadOnlyDictionary<string, TomlValue> values, out TomlError error)
    {
        values = new Dictionary<string, TomlValue>();
        if (text.Length > CharactersMax)
        {
            error = new(1, null, $"the file is over {CharactersMax} characters");
            return false;
        }

        var reader = new TomlReader(text.Replace("\r\n", "\n", StringComparison.Ordinal));
        var problem = reader.Document();
        values = reader._values;
        error = problem is null ? default : new(reader._cursor.Line, reader._key, problem);
        return problem is null;
    }

    /// <summary>Each step returns what is wrong, or null.</summary>
    private string? Document()
    {
        while (true)
        {
            _cursor.SkipBlank(newlines: true);
            if (_cursor.AtEnd) return null;
            _key = null;
            var problem = _cursor.Peek == '[' ? TableHeading() : KeyAndValue();
            if (problem is not null) return problem;
            _cursor.SkipBlank(newlines: false);
            if (!_cursor.AtEnd && !_cursor.Take('\n')) return $"expected the end of the line, found '{_cursor.Peek}'";
        }
    }

    private string? TableHeading()
    {
        _cursor.Take('[');
        if (_cursor.Peek == '[') return "arrays of tables are not supported";
        if (KeyPath(out var path) is { } problem) return problem;
        if (!_cursor.Take(']')) return "expected ']' after the table's name";
        if (!_tables.Add(path) || _values.ContainsKey(path)) return $"[{path}] stands twice";
        _table = path + ".";
        return null;
    }

    private string? KeyAndValue()
    {
        if (KeyPath(out var path) is { } problem) return problem;
        _key = _table + path;
        if (!_cursor.Take('=')) return "expected '=' after the key";
        _cursor.SkipBlank(newlines: false);
        if (Value(0, out var value) is { } wrong) return wrong;
        if (_values.Count >= KeysMax) return $"more than {KeysMax} keys";
        return _values.TryAdd(_key, value!) && !_tables.Contains(_key) ? null : "the key stands twice";
    }

    private string? KeyPath(out string path)
    {
        path = "";
        do
        {
            _cursor.SkipBlank(newlines: false);
            string part;
            if (_cursor.Peek is '"' or '\'')
            {
                if (_cursor.QuotedText(out part) is { } problem) return problem;
                if (part.Contains('.', StringComparison.Ordinal)) return "a dot inside a quoted key is not supported";
            }
            else
            {
                part = _cursor.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
            }

            if (part.Length == 0) return _cursor.AtEnd ? "expected a key" : $"'{_cursor.Peek}' is not part of a key";
            path = path.Length == 0 ? part : $"{path}.{part}";
            _cursor.SkipBlank(newlines: false);
        }
        while (_cursor.Take('.'));

        return null;
    }

    private string? Value(int depth, out TomlValue? value)
    {
        value = null;
        var line = _cursor.Line;
        switch (_cursor.Peek)
        {
            case '"' or '\'':
                if (_cursor.QuotedText(out var text) is { } problem) return problem;
                value = new TomlValue.Text(text, line);
                return null;
            case '[':
                return Array(depth, line, out value);
            case '{':
                return "inline tables are not supported";
            default:
                return Word(line, out value);
        }
    }

    private string? Array(int depth, int line, out TomlValue? value)
    {
        value = null;
        if (depth >= NestingMax) return $"arrays nest deeper than {NestingMax}";
        _cursor.Take('[');
        var items = new List<TomlValue>();
        while (true)
        {
            _cursor.SkipBlank(newlines: true);
            if (_cursor.Take(']')) break;
            if (_cursor.AtEnd) return "the array has no end";
            if (items.Count >= ItemsMax) return $"the array has more than {ItemsMax} items";
            if (Value(depth + 1, out var item) is { } problem) return problem;
            if (items.Count > 0 && items[0].GetType() != item!.GetType()) return "the array mixes kinds of values";
            items.Add(item!);
            _cursor.SkipBlank(newlines: true);
            if (_cursor.Take(',')) continue;
            if (_cursor.Take(']')) break;
            return _cursor.AtEnd ? "the array has no end" : "expected ',' or ']' in the array";
        }

        value = new TomlValue.List(items, line);
        return null;
    }

    private string? Word(int line, out TomlValue? value)
    {
        value = null;
        var word = _cursor.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+' or '.' or ':');
        if (word.Length == 0)
            return _cursor.Peek is '\0' or '\n' ? "the value is missing" : $"'{_cursor.Peek}' starts no value";
        if (word is "true" or "false")
        {
            value = new TomlValue.Flag(word == "true", line);
            return null;
        }

        if (TomlNumber.TryReadWhole(word, out var whole)) value = new TomlValue.Whole(whole, line);
        else if (TomlNumber.TryReadReal(word, out var real)) value = new TomlValue.Real(real, line);
        return value is not null ? null : $"{word} is no number, true or false; text needs quotes";
    }
}

/// <summary>Numbers of TOML: underscores only between digits, no leading zeros, no infinities.</summary>
internal static class TomlNumber
{
    public static bool TryReadWhole(string word, out long value)
    {
        value = 0;
        if (!Digits(word, out var plain)) return false;
        var (radix, digits) = plain.Length > 2 && plain[0] == '0' ? plain[1] switch
        {
            'x' => (16, plain[2..]),
            'o' => (8, plain[2..]),
            'b' => (2, plain[2..]),
            _ => (10, plain),
        } : (10, plain);
        if (radix == 10)
        {
            var unsigned = plain.TrimStart('+', '-');
            return !(unsigned.Length > 1 && unsigned[0] == '0') &&
                long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        }

        return TryReadRadix(digits, radix, out value);
    }

    public static bool TryReadReal(string word, out double value)
    {
        value = 0;
        return Digits(word, out var plain) && plain.AsSpan().IndexOfAny('.', 'e', 'E') > 0 &&
            char.IsAsciiDigit(plain[^1]) &&
            double.TryParse(plain, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint |
                NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    private static bool TryReadRadix(string digits, int radix, out long value)
    {
        value = 0;
        foreach (var c in digits)
        {
            if (!char.IsAsciiHexDigit(c)) return false;
            var digit = Convert.ToInt32(c.ToString(), 16);
            if (digit >= radix || value > (long.MaxValue - digit) / radix) return false;
            value = value * radix + digit;
        }

        return true;
    }

    private static bool Digits(string word, out string plain)
    {
        plain = word.Replace("_", "", StringComparison.Ordinal);
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] != '_') continue;
            if (i == 0 || i == word.Length - 1) return false;
            if (!char.IsAsciiHexDigit(word[i - 1]) || !char.IsAsciiHexDigit(word[i + 1])) return false;
        }

        return plain.Length > 0;
    }
}
