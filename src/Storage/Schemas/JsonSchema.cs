using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Omega.P2P.Primitives.Cbor;

namespace Omega.P2P.Storage.Schemas;

/// <summary>
/// Checks documents against a schema whose form <see cref="SchemaCheck"/> has found good. Work and depth are bounded: a
/// schema that goes in circles, or doubles at every step, is a violation, not a hang.
/// </summary>
internal sealed partial class JsonSchema(JsonElement root, IReadOnlyDictionary<string, Regex> patterns) : ISchema
{
    private const int StepsMax = 100_000;
    private const int DepthMax = 256;

    public SchemaError? Check(CborValue.Map meta)
    {
        using var document = JsonDocument.Parse(meta.ToJson());
        var run = new Run();
        return Check(root, document.RootElement, "", run);
    }

    /// <summary>A name as part of a pointer (RFC 6901).</summary>
    public static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private SchemaError? Check(JsonElement schema, JsonElement value, string at, Run run)
    {
        if (schema.ValueKind == JsonValueKind.True)
        {
            return null;
        }

        if (schema.ValueKind == JsonValueKind.False)
        {
            return new SchemaError(at, "nothing is allowed here");
        }

        if (++run.Steps > StepsMax || ++run.Depth > DepthMax)
        {
            run.Steps = StepsMax;
            return new SchemaError(at, "the schema takes too long to check");
        }

        try
        {
            return CheckAny(schema, value, at, run) ?? CheckCombined(schema, value, at, run) ?? value.ValueKind switch
            {
                JsonValueKind.Object => CheckObject(schema, value, at, run),
                JsonValueKind.Array => CheckArray(schema, value, at, run),
                JsonValueKind.String => CheckString(schema, value, at),
                JsonValueKind.Number => CheckNumber(schema, value, at),
                _ => null,
            };
        }
        finally
        {
            run.Depth--;
        }
    }

    private SchemaError? CheckAny(JsonElement schema, JsonElement value, string at, Run run)
    {
        if (schema.TryGetProperty("type", out var type) && !IsType(type, value))
        {
            return new SchemaError(at, $"it is not of type {Shown(type)}");
        }

        if (schema.TryGetProperty("const", out var only) && !JsonElement.DeepEquals(only, value))
        {
            return new SchemaError(at, $"it is not {Shown(only)}");
        }

        if (schema.TryGetProperty("enum", out var list)
            && !list.EnumerateArray().Any(item => JsonElement.DeepEquals(item, value)))
        {
            return new SchemaError(at, $"it is none of {Shown(list)}");
        }

        return schema.TryGetProperty("$ref", out var reference)
            && SchemaCheck.TryResolve(root, reference.GetString()!, out var target)
            ? Check(target, value, at, run)
            : null;
    }

    private SchemaError? CheckCombined(JsonElement schema, JsonElement value, string at, Run run)
    {
        if (schema.TryGetProperty("allOf", out var all))
        {
            foreach (var part in all.EnumerateArray())
            {
                if (Check(part, value, at, run) is { } error)
                {
                    return error;
                }
            }
        }

        if (schema.TryGetProperty("anyOf", out var any)
            && any.EnumerateArray().All(part => Check(part, value, at, run) is not null))
        {
            return new SchemaError(at, "it keeps none of the alternatives of anyOf");
        }

        if (schema.TryGetProperty("oneOf", out var one)
            && one.EnumerateArray().Count(part => Check(part, value, at, run) is null) is var count and not 1)
        {
            return new SchemaError(at, $"it keeps {count} of the alternatives of oneOf, not one");
        }

        if (schema.TryGetProperty("not", out var not) && Check(not, value, at, run) is null)
        {
            return new SchemaError(at, "it is what not forbids");
        }

        // A check that ran out of work must not turn into a yes on the way through not or anyOf.
        if (run.Steps >= StepsMax)
        {
            return new SchemaError(at, "the schema takes too long to check");
        }

        return schema.TryGetProperty("if", out var condition)
            && schema.TryGetProperty(Check(condition, value, at, run) is null ? "then" : "else", out var branch)
            ? Check(branch, value, at, run)
            : null;
    }

    private SchemaError? CheckString(JsonElement schema, JsonElement value, string at)
    {
        var text = value.GetString()!;
        var length = text.EnumerateRunes().Count();
        if (Bounds(schema, "minLength", "maxLength", length) is { } bound)
        {
            return new SchemaError(at, $"it has {length} characters, {bound}");
        }

        return schema.TryGetProperty("pattern", out var pattern) && !patterns[pattern.GetString()!].IsMatch(text)
            ? new SchemaError(at, $"it does not match {pattern.GetString()}")
            : null;
    }

    private static SchemaError? CheckNumber(JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("minimum", out var least) && Compare(value, least) < 0)
        {
            return new SchemaError(at, $"it is below {least}");
        }

        if (schema.TryGetProperty("maximum", out var most) && Compare(value, most) > 0)
        {
            return new SchemaError(at, $"it is above {most}");
        }

        if (schema.TryGetProperty("exclusiveMinimum", out var above) && Compare(value, above) <= 0)
        {
            return new SchemaError(at, $"it is not above {above}");
        }

        if (schema.TryGetProperty("exclusiveMaximum", out var below) && Compare(value, below) >= 0)
        {
            return new SchemaError(at, $"it is not below {below}");
        }

        return schema.TryGetProperty("multipleOf", out var step) && !IsMultiple(value, step)
            ? new SchemaError(at, $"it is no multiple of {step}")
            : null;
    }

    /// <summary>What bound is broken, in words; null for none.</summary>
    private static string? Bounds(JsonElement schema, string least, string most, int count) =>
        schema.TryGetProperty(least, out var min) && count < min.GetInt32() ? $"fewer than {min}"
        : schema.TryGetProperty(most, out var max) && count > max.GetInt32() ? $"more than {max}"
        : null;

    private static bool IsType(JsonElement type, JsonElement value) => type.ValueKind == JsonValueKind.Array
        ? type.EnumerateArray().Any(one => IsType(one, value))
        : type.GetString() switch
        {
            "null" => value.ValueKind == JsonValueKind.Null,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "number" => value.ValueKind == JsonValueKind.Number,
            "string" => value.ValueKind == JsonValueKind.String,
            _ => value.ValueKind == JsonValueKind.Number && IsWhole(value), // integer
        };

    private static bool IsWhole(JsonElement value) => value.TryGetDecimal(out var exact)
        ? decimal.Truncate(exact) == exact
        : Math.Truncate(value.GetDouble()) == value.GetDouble();

    private static int Compare(JsonElement left, JsonElement right) =>
        left.TryGetDecimal(out var l) && right.TryGetDecimal(out var r)
            ? l.CompareTo(r)
            : left.GetDouble().CompareTo(right.GetDouble());

    private static bool IsMultiple(JsonElement value, JsonElement step) =>
        value.TryGetDecimal(out var v) && step.TryGetDecimal(out var s) && s != 0
            ? v % s == 0
            : Math.IEEERemainder(value.GetDouble(), step.GetDouble()) == 0;

    private static string Shown(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 200 ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, 200)}…");
    }

    private sealed class Run
    {
        public int Steps { get; set; }

        public int Depth { get; set; }
    }
}
