using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Omega.P2P.Storage.Schemas;

/// <summary>
/// A stated part of JSON Schema 2020-12, and of draft 7 where it says the same (ADR 44): every assertion but those
/// below, with references inside the document only. Refused, rather than passed over: remote references,
/// <c>$anchor</c>, <c>$dynamicRef</c>, <c>$dynamicAnchor</c>, <c>$recursiveRef</c>, an inner <c>$id</c>,
/// <c>unevaluatedProperties</c>, <c>unevaluatedItems</c>, and patterns that only backtracking can match. <c>format</c>
/// and <c>content…</c> annotate, as the standard's default has it. Unknown words are annotations.
/// </summary>
public sealed class SchemaValidator : ISchemaValidator
{
    /// <summary>Longest schema in bytes (guess).</summary>
    public const int SizeBytesMax = 64 * 1024;

    /// <summary>Deepest nesting of a schema (guess).</summary>
    public const int DepthMax = 64;

    private SchemaValidator()
    {
    }

    /// <summary>The one there is: it has no state.</summary>
    public static SchemaValidator Instance { get; } = new();

    /// <inheritdoc/>
    public bool TryCompile(ReadOnlySpan<byte> json, [NotNullWhen(true)] out ISchema? schema, out SchemaError error)
    {
        schema = null;
        if (json.Length > SizeBytesMax)
        {
            error = new SchemaError("", $"a schema has at most {SizeBytesMax} bytes");
            return false;
        }

        JsonElement root;
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DepthMax });
            using var document = JsonDocument.ParseValue(ref reader);
            root = document.RootElement.Clone();
            if (reader.Read())
            {
                error = new SchemaError("", "something follows the schema");
                return false;
            }
        }
        catch (JsonException malformed)
        {
            error = new SchemaError("", $"it is no JSON (line {malformed.LineNumber + 1})");
            return false;
        }

        if (!IsUnicode(root))
        {
            error = new SchemaError("", "its text is not Unicode");
            return false;
        }

        var check = new SchemaCheck(root);
        if (check.Run() is { } refused)
        {
            error = refused;
            return false;
        }

        error = default;
        schema = new JsonSchema(root, check.Patterns);
        return true;
    }

    /// <summary>Whether all names and strings are whole characters: the parser lets bad UTF-8 and lone surrogates
    /// through, and throws when they are read.</summary>
    private static bool IsUnicode(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.Object => element.EnumerateObject().All(p => p.Name.Length >= 0 && IsUnicode(p.Value)),
                JsonValueKind.Array => element.EnumerateArray().All(IsUnicode),
                JsonValueKind.String => element.GetString() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}

/// <summary>Walks a schema once before it is used: every word has the form that checking relies on.</summary>
internal sealed class SchemaCheck(JsonElement root)
{
    private const int PatternMax = 256;
    private const int RepetitionMax = 1_000;

    private static readonly string[] Refused =
    [
        "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "unevaluatedProperties",
        "unevaluatedItems",
    ];

    private static readonly string[] Types = ["null", "boolean", "object", "array", "number", "string", "integer"];

    private SchemaError? _refused;

    /// <summary>Compiled patterns by their text.</summary>
    public Dictionary<string, Regex> Patterns { get; } = new(StringComparer.Ordinal);

    /// <summary>The pointer's target; false where it leads nowhere.</summary>
    public static bool TryResolve(JsonElement root, string reference, out JsonElement target)
    {
        target = root;
        if (reference == "#")
        {
            return true;
        }

        if (!reference.StartsWith("#/", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var part in reference[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if (target.ValueKind == JsonValueKind.Object && target.TryGetProperty(name, out var member))
            {
                target = member;
            }
            else if (target.ValueKind == JsonValueKind.Array && int.TryParse(name, out var index)
                && index >= 0 && index < target.GetArrayLength())
            {
                target = target[index];
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    public SchemaError? Run()
    {
        Schema(root, "");
        return _refused;
    }

    private void Schema(JsonElement schema, string at)
    {
        if (_refused is not null || schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return;
        }

        if (schema.ValueKind != JsonValueKind.Object)
        {
            Refuse(at, "a schema is an object, true or false");
            return;
        }

        foreach (var word in schema.EnumerateObject())
        {
            var place = $"{at}/{JsonSchema.Escape(word.Name)}";
            if (Refused.Contains(word.Name) || (word.Name == "$id" && at.Length > 0))
            {
                Refuse(place, $"{word.Name} is not supported");
            }
            else if (!Word(word.Name, word.Value, place))
            {
                Refuse(place, $"the value of {word.Name} has the wrong form");
            }
        }
    }

    /// <summary>False for a value that the word may not have.</summary>
    private bool Word(string name, JsonElement value, string at) => name switch
    {
        "$schema" => Dialect(value, at),
        "$ref" => Reference(value, at),
        "not" or "if" or "then" or "else" or "contains" or "additionalProperties" or "propertyNames"
            or "additionalItems" => One(value, at),
        "items" => value.ValueKind == JsonValueKind.Array ? List(value, at) : One(value, at),
        "allOf" or "anyOf" or "oneOf" or "prefixItems" => value.ValueKind == JsonValueKind.Array && List(value, at),
        "properties" or "$defs" or "definitions" or "dependentSchemas" => Named(value, at),
        "patternProperties" => Named(value, at) && value.EnumerateObject().All(p => Pattern(p.Name, at)),
        "pattern" => value.ValueKind == JsonValueKind.String && Pattern(value.GetString()!, at),
        "type" => value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().All(IsType)
            : IsType(value),
        "required" => IsStrings(value),
        "dependentRequired" => value.ValueKind == JsonValueKind.Object
            && value.EnumerateObject().All(p => IsStrings(p.Value)),
        "enum" => value.ValueKind == JsonValueKind.Array,
        "minLength" or "maxLength" or "minItems" or "maxItems" or "minProperties" or "maxProperties" or "minContains"
            or "maxContains" => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) && n >= 0,
        "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" => value.ValueKind == JsonValueKind.Number,
        "multipleOf" => value.ValueKind == JsonValueKind.Number && value.GetDouble() > 0,
        "uniqueItems" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "dependencies" => Refuse(at, "write dependentRequired or dependentSchemas for dependencies"),
        _ => true,
    };

    private bool Dialect(JsonElement value, string at)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()!.TrimEnd('#') : "";
        return text is "https://json-schema.org/draft/2020-12/schema" or "https://json-schema.org/draft/2019-09/schema"
            or "http://json-schema.org/draft-07/schema"
            || Refuse(at, "only draft 7, 2019-09 and 2020-12 are known");
    }

    private bool Reference(JsonElement value, string at)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        var text = value.GetString()!;
        if (!text.StartsWith('#'))
        {
            return Refuse(at, "references to other documents are refused: nothing is fetched");
        }

        return (TryResolve(root, text, out var target)
                && target.ValueKind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False)
            || Refuse(at, $"{text} leads nowhere");
    }

    private bool Pattern(string pattern, string at)
    {
        if (Patterns.ContainsKey(pattern))
        {
            return true;
        }

        if (pattern.Length > PatternMax || Repetitions(pattern) > RepetitionMax)
        {
            return Refuse(at, $"a pattern has at most {PatternMax} characters and {RepetitionMax} counted repetitions");
        }

        try
        {
            Patterns[pattern] = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return true;
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException)
        {
            return Refuse(at, "the pattern is malformed, or only backtracking could match it");
        }
    }

    /// <summary>The product of all counts in braces: more than the states that nested repetitions can need.</summary>
    private static long Repetitions(string pattern)
    {
        long product = 1;
        foreach (var piece in pattern.Split('{').Skip(1))
        {
            var end = piece.IndexOf('}', StringComparison.Ordinal);
            var counts = (end < 0 ? "" : piece[..end]).Split(',');
            var count = counts.Select(text => long.TryParse(text, out var n) ? n : 0).Max();
            product = Math.Min(long.MaxValue >> 32, product * Math.Clamp(count, 1, int.MaxValue));
        }

        return product;
    }

    private bool One(JsonElement value, string at)
    {
        Schema(value, at);
        return true;
    }

    private bool List(JsonElement value, string at)
    {
        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            Schema(item, $"{at}/{index++}");
        }

        return true;
    }

    private bool Named(JsonElement value, string at)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        foreach (var member in value.EnumerateObject())
        {
            Schema(member.Value, $"{at}/{JsonSchema.Escape(member.Name)}");
        }

        return true;
    }

    private static bool IsType(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Types.Contains(value.GetString());

    private static bool IsStrings(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array
        && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String);

    /// <summary>Keeps the first refusal. True: the word's form is not what is wrong.</summary>
    private bool Refuse(string at, string why)
    {
        _refused ??= new SchemaError(at, why);
        return true;
    }
}
