using System.Globalization;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Config;

/// <summary>
/// Makes a <see cref="NodeConfig"/> of the file and the environment; an unknown or impossible key stops the start.
/// </summary>
internal static class ConfigReader
{
    /// <summary>Each key, how it is set, in the order `omega paths` and the documents show them.</summary>
    private static readonly (string Key, Func<NodeConfig, TomlValue, NodeConfig> Set)[] Keys =
    [
        ("name", (c, v) => c with { Name = Text(v) }),
        ("listen", (c, v) => c with { Listen = Texts(v) }),
        ("control", (c, v) => c with { Control = Text(v) }),
        ("discovery", (c, v) => c with { Discovery = Flag(v) }),
        ("limits.upload_bytes_per_s", (c, v) => c with { UploadBytesPerSecond = Bytes(v) }),
        ("limits.peer_upload_bytes_per_s", (c, v) => c with { PeerUploadBytesPerSecond = Bytes(v) }),
        ("quota.bytes", (c, v) => c with { QuotaBytes = Bytes(v) }),
        ("quota.files", (c, v) => c with { QuotaFiles = Whole(v, 0, long.MaxValue) }),
        ("index.memory", (c, v) => c with { IndexMemory = AtLeast(Bytes(v), 1 << 20, "1 MiB") }),
        ("evict.holders", (c, v) => c with { EvictHolders = (int)Whole(v, 1, 64) }),
        ("witness.listen", (c, v) => c with { WitnessListen = Text(v) }),
    ];

    public static NodeConfig Load(string path, Func<string, string?> environment)
    {
        var config = new NodeConfig();
        if (File.Exists(path)) config = FromFile(path, config);
        foreach (var (key, set) in Keys)
        {
            var variable = "OMEGA_" + key.Replace('.', '_').ToUpperInvariant();
            if (environment(variable) is { Length: > 0 } text)
                config = Apply(config, set, variable, FromVariable(text), variable);
        }

        return config;
    }

    private static NodeConfig FromFile(string path, NodeConfig config)
    {
        if (new FileInfo(path).Length > 4L * TomlReader.CharactersMax) throw Bad(path, $"{path} is too large", null);
        if (!TomlReader.TryRead(File.ReadAllText(path), out var values, out var error))
            throw Bad(path, $"{path}: {error}", error.Key);
        foreach (var (key, value) in values)
        {
            var known = Array.Find(Keys, k => k.Key == key);
            if (known.Set is null) throw Unknown(path, key, value.Line);
            config = Apply(config, known.Set, $"{path} line {value.Line}, {key}", value, key);
        }

        return config;
    }

    private static NodeConfig Apply(NodeConfig config, Func<NodeConfig, TomlValue, NodeConfig> set, string where,
        TomlValue value, string field)
    {
        try
        {
            return set(config, value);
        }
        catch (FormatException e)
        {
            throw Bad(where, $"{where}: {e.Message}", field);
        }
    }

    private static OmegaException Bad(string where, string message, string? field) =>
        new(ExitCode.Usage, "bad_config", message) { Field = field ?? where };

    private static OmegaException Unknown(string path, string key, int line)
    {
        var near = Keys.Select(k => k.Key).OrderBy(k => Distance(k, key)).First();
        return new(ExitCode.Usage, "bad_config", $"{path} line {line}: there is no key {key}")
        {
            Field = key,
            Hint = Distance(near, key) <= 4
                ? $"{near} is one"
                : $"known keys: {string.Join(", ", Keys.Select(k => k.Key))}",
        };
    }

    /// <summary>A variable's text as the value it looks like; a comma makes a list.</summary>
    private static TomlValue FromVariable(string text)
    {
        if (text is "true" or "false") return new TomlValue.Flag(text == "true", 0);
        if (TomlNumber.TryReadWhole(text, out var whole)) return new TomlValue.Whole(whole, 0);
        return new TomlValue.Text(text, 0);
    }

    private static string Text(TomlValue value) => value is TomlValue.Text { Value.Length: > 0 } text
        ? text.Value
        : throw new FormatException("expected text in quotes");

    private static List<string> Texts(TomlValue value) => value switch
    {
        TomlValue.List list => list.Items.Select(Text).ToList(),
        TomlValue.Text text => [.. text.Value.Split(',').Select(t => t.Trim()).Where(t => t.Length > 0)],
        _ => throw new FormatException("expected a list of texts"),
    };

    private static bool Flag(TomlValue value) =>
        value is TomlValue.Flag flag ? flag.Value : throw new FormatException("expected true or false");

    private static long Whole(TomlValue value, long least, long most) =>
        value is TomlValue.Whole whole && whole.Value >= least && whole.Value <= most
            ? whole.Value
            : throw new FormatException(most == long.MaxValue
                ? $"expected a whole number of at least {least}"
                : $"expected a whole number from {least} to {most}");

    private static long Bytes(TomlValue value) => value switch
    {
        TomlValue.Whole { Value: >= 0 } whole => whole.Value,
        TomlValue.Text text when ByteCount.TryParse(text.Value, out var bytes) => bytes,
        _ => throw new FormatException("expected a number of bytes, or text such as \"4 GiB\""),
    };

    private static long AtLeast(long value, long least, string shown) =>
        value >= least ? value : throw new FormatException($"expected at least {shown}");

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}

/// <summary>Byte counts as people write them: `4 GiB`, `500MB`, `1024`.</summary>
internal static class ByteCount
{
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        if (!decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out var amount))
            return false;
        decimal unit = text[digits..].Trim().ToUpperInvariant() switch
        {
            "" or "B" => 1,
            "K" or "KIB" => 1L << 10,
            "M" or "MIB" => 1L << 20,
            "G" or "GIB" => 1L << 30,
            "T" or "TIB" => 1L << 40,
            "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "TB" => 1_000_000_000_000,
            _ => 0,
        };
        if (unit == 0 || amount > long.MaxValue / unit) return false;
        bytes = (long)(amount * unit);
        return true;
    }
}
