using System.Text.Json;

namespace Omega.P2P.Storage.Schemas;

/// <summary>Objects and arrays.</summary>
internal sealed partial class JsonSchema
{
    private SchemaError? CheckObject(JsonElement schema, JsonElement value, string at, Run run)
    {
        if (Missing(schema, value, at) is { } missing)
        {
            return missing;
        }

        var count = value.EnumerateObject().Count();
        if (Bounds(schema, "minProperties", "maxProperties", count) is { } bound)
        {
            return new SchemaError(at, $"it has {count} members, {bound}");
        }

        foreach (var member in value.EnumerateObject())
        {
            if (CheckMember(schema, member, $"{at}/{Escape(member.Name)}", run) is { } error)
            {
                return error;
            }
        }

        if (schema.TryGetProperty("dependentSchemas", out var dependent))
        {
            foreach (var entry in dependent.EnumerateObject())
            {
                if (value.TryGetProperty(entry.Name, out _) && Check(entry.Value, value, at, run) is { } error)
                {
                    return error;
                }
            }
        }

        return null;
    }

    private static SchemaError? Missing(JsonElement schema, JsonElement value, string at)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray().Select(item => item.GetString()!))
            {
                if (!value.TryGetProperty(name, out _))
                {
                    return new SchemaError($"{at}/{Escape(name)}", "it is required and missing");
                }
            }
        }

        if (schema.TryGetProperty("dependentRequired", out var dependent))
        {
            foreach (var entry in dependent.EnumerateObject().Where(entry => value.TryGetProperty(entry.Name, out _)))
            {
                foreach (var name in entry.Value.EnumerateArray().Select(item => item.GetString()!))
                {
                    if (!value.TryGetProperty(name, out _))
                    {
                        return new SchemaError(
                            $"{at}/{Escape(name)}", $"it is required beside {entry.Name} and missing");
                    }
                }
            }
        }

        return null;
    }

    private SchemaError? CheckMember(JsonElement schema, JsonProperty member, string at, Run run)
    {
        var isKnown = false;
        if (schema.TryGetProperty("properties", out var named) && named.TryGetProperty(member.Name, out var own))
        {
            isKnown = true;
            if (Check(own, member.Value, at, run) is { } error)
            {
                return error;
            }
        }

        if (schema.TryGetProperty("patternProperties", out var byPattern))
        {
            foreach (var entry in byPattern.EnumerateObject().Where(e => patterns[e.Name].IsMatch(member.Name)))
            {
                isKnown = true;
                if (Check(entry.Value, member.Value, at, run) is { } error)
                {
                    return error;
                }
            }
        }

        if (schema.TryGetProperty("propertyNames", out var names))
        {
            using var name = JsonDocument.Parse($"\"{JsonEncodedText.Encode(member.Name)}\"");
            if (Check(names, name.RootElement, at, run) is { } error)
            {
                return error with { Message = $"its name: {error.Message}" };
            }
        }

        if (isKnown || !schema.TryGetProperty("additionalProperties", out var others))
        {
            return null;
        }

        return others.ValueKind == JsonValueKind.False
            ? new SchemaError(at, "the schema has no such member")
            : Check(others, member.Value, at, run);
    }

    private SchemaError? CheckArray(JsonElement schema, JsonElement value, string at, Run run)
    {
        var count = value.GetArrayLength();
        if (Bounds(schema, "minItems", "maxItems", count) is { } bound)
        {
            return new SchemaError(at, $"it has {count} items, {bound}");
        }

        // Draft 7 spells prefixItems and items as an array of items and additionalItems.
        var isOld = schema.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array;
        var hasFirst = isOld || schema.TryGetProperty("prefixItems", out items);
        var first = hasFirst ? items.GetArrayLength() : 0;
        var hasRest = schema.TryGetProperty(isOld ? "additionalItems" : "items", out var rest);
        for (var i = 0; i < count; i++)
        {
            var error = i < first ? Check(items[i], value[i], $"{at}/{i}", run)
                : hasRest ? Check(rest, value[i], $"{at}/{i}", run) : null;
            if (error is not null)
            {
                return error;
            }
        }

        return CheckContains(schema, value, at, run) ?? CheckUnique(schema, value, at, run);
    }

    private SchemaError? CheckContains(JsonElement schema, JsonElement value, string at, Run run)
    {
        if (!schema.TryGetProperty("contains", out var wanted))
        {
            return null;
        }

        var count = value.EnumerateArray().Count(item => Check(wanted, item, at, run) is null);
        var least = schema.TryGetProperty("minContains", out var min) ? min.GetInt32() : 1;
        return count < least || (schema.TryGetProperty("maxContains", out var max) && count > max.GetInt32())
            ? new SchemaError(at, $"{count} of its items are what contains asks for")
            : null;
    }

    private static SchemaError? CheckUnique(JsonElement schema, JsonElement value, string at, Run run)
    {
        if (!schema.TryGetProperty("uniqueItems", out var unique) || unique.ValueKind != JsonValueKind.True)
        {
            return null;
        }

        var items = value.EnumerateArray().ToList();
        for (var i = 1; i < items.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (++run.Steps > StepsMax)
                {
                    return new SchemaError(at, "the schema takes too long to check");
                }

                if (JsonElement.DeepEquals(items[i], items[j]))
                {
                    return new SchemaError($"{at}/{i}", $"it stands at {j} already");
                }
            }
        }

        return null;
    }
}
