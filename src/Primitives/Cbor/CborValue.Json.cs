using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Omega.P2P.Primitives.Encoding;
using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Primitives.Cbor;

/// <summary>The JSON form: DAG-JSON's data model.</summary>
public abstract partial record CborValue
{
    /// <summary>Code of <see cref="DecodeError"/> for text that is no JSON or has no CBOR form.</summary>
    public const string JsonCode = "json";

    // A byte string is two JSON objects around its text.
    private const int JsonDepthMax = DagCbor.DepthMax + 2;

    /// <summary>Compact JSON in map order.</summary>
    /// <remarks>
    /// Byte strings are <c>{"/":{"bytes":"base64 without padding"}}</c>, links <c>{"/":"cid"}</c>; floats always show a
    /// point or an exponent, whole numbers never. Source: IPLD DAG-JSON specification.
    /// </remarks>
    public string ToJson()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
            WriteJson(this, writer);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads one JSON value by the rules of <see cref="ToJson"/>; keys may come in any order.</summary>
    /// <param name="utf8">Text from outside; the caller bounds its length.</param>
    /// <param name="value">The tree, or null.</param>
    /// <param name="error">Why not; its code is <see cref="JsonCode"/>.</param>
    public static bool FromJson(
        ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out CborValue? value, out DecodeError error)
    {
        value = null;
        string problem;
        try
        {
            Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = JsonDepthMax });
            problem = reader.Read() ? ReadJson(ref reader, out value) : "The text is empty.";
            if (problem.Length == 0 && reader.Read())
                problem = "Something follows the value.";
        }
        catch (JsonException malformed)
        {
            problem = $"The text is no JSON (line {malformed.LineNumber}, byte {malformed.BytePositionInLine}).";
        }

        error = problem.Length == 0 ? DecodeError.None : new DecodeError(JsonCode, "", problem);
        value = problem.Length == 0 ? value : null;
        return value is not null;
    }

    /// <summary>Reads one JSON value given as a string.</summary>
    /// <inheritdoc cref="FromJson(ReadOnlySpan{byte}, out CborValue?, out DecodeError)"/>
    public static bool FromJson(string json, [NotNullWhen(true)] out CborValue? value, out DecodeError error) =>
        FromJson(System.Text.Encoding.UTF8.GetBytes(json), out value, out error);

    private static void WriteJson(CborValue value, Utf8JsonWriter writer)
    {
        switch (value)
        {
            case Null:
                writer.WriteNullValue();
                break;
            case Bool { Value: var truth }:
                writer.WriteBooleanValue(truth);
                break;
            case Int { Value: var number }:
                writer.WriteRawValue(number.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
                break;
            case Float { Value: var number }:
                writer.WriteRawValue(JsonFloat(number), skipInputValidation: true);
                break;
            case Text { Value: var text }:
                writer.WriteStringValue(text);
                break;
            case Bytes { Value: var bytes }:
                WriteJsonBytes(bytes.AsSpan(), writer);
                break;
            case Link { Value: var cid }:
                writer.WriteStartObject();
                writer.WriteString("/", cid.ToString());
                writer.WriteEndObject();
                break;
            case Array { Items: var items }:
                writer.WriteStartArray();
                foreach (CborValue item in items)
                    WriteJson(item, writer);
                writer.WriteEndArray();
                break;
            case Map { Entries: var entries }:
                writer.WriteStartObject();
                foreach ((string key, CborValue item) in entries)
                {
                    writer.WritePropertyName(key);
                    WriteJson(item, writer);
                }

                writer.WriteEndObject();
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private static void WriteJsonBytes(ReadOnlySpan<byte> bytes, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("/");
        writer.WriteString("bytes", Convert.ToBase64String(bytes).TrimEnd('='));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string JsonFloat(double number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0";
    }

    // Reads the value whose first token is current; returns the problem, or nothing.
    private static string ReadJson(ref Utf8JsonReader reader, out CborValue? value)
    {
        value = null;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                value = new Null();
                return "";
            case JsonTokenType.True:
            case JsonTokenType.False:
                value = new Bool(reader.TokenType == JsonTokenType.True);
                return "";
            case JsonTokenType.Number:
                return ReadJsonNumber(ref reader, out value);
            case JsonTokenType.String:
                value = TryReadString(ref reader, out string text) ? new Text(text) : null;
                return value is null ? LoneSurrogate : "";
            case JsonTokenType.StartArray:
                return ReadJsonArray(ref reader, out value);
            default:
                return ReadJsonObject(ref reader, out value);
        }
    }

    private static string ReadJsonNumber(ref Utf8JsonReader reader, out CborValue? value)
    {
        value = null;
        if (reader.ValueSpan.ContainsAny((byte)'.', (byte)'e', (byte)'E'))
        {
            if (reader.TryGetDouble(out double number) && double.IsFinite(number))
                value = new Float(number);
        }
        else if (reader.TryGetInt64(out long signed))
        {
            value = new Int(signed);
        }
        else if (reader.TryGetUInt64(out ulong unsigned))
        {
            value = new Int(unsigned);
        }

        return value is null ? "A number is out of range." : "";
    }

    private static string ReadJsonArray(ref Utf8JsonReader reader, out CborValue? value)
    {
        value = null;
        var items = ImmutableArray.CreateBuilder<CborValue>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string problem = ReadJson(ref reader, out CborValue? item);
            if (item is null)
                return problem;
            items.Add(item);
        }

        if (items.Any(item => item.Depth >= DagCbor.DepthMax))
            return TooDeep;
        value = new Array(items.ToImmutable());
        return "";
    }

    private static string ReadJsonObject(ref Utf8JsonReader reader, out CborValue? value)
    {
        value = null;
        Dictionary<string, CborValue> entries = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (!TryReadString(ref reader, out string key))
                return LoneSurrogate;
            reader.Read();
            string problem = ReadJson(ref reader, out CborValue? item);
            if (item is null)
                return problem;
            if (!entries.TryAdd(key, item))
                return "A key stands twice in one object.";
        }

        if (entries.TryGetValue("/", out CborValue? special))
        {
            value = entries.Count == 1 ? Special(special) : null;
            return value is null ? "The key '/' is reserved for byte strings and links." : "";
        }

        if (entries.Values.Any(item => item.Depth >= DagCbor.DepthMax))
            return TooDeep;
        value = new Map(entries);
        return "";
    }

    // What stands under the key '/': a CID, or an object of base 64 in its one spelling.
    private static CborValue? Special(CborValue content)
    {
        if (content is Text { Value: var text })
            return Cid.TryParse(text, out Cid? cid) ? new Link(cid) : null;
        if (content is not Map { Entries: [{ Key: "bytes", Value: Text { Value: var base64 } }] })
            return null;
        byte[] bytes = new byte[(base64.Length + 3) / 4 * 3];
        string padded = base64.PadRight((base64.Length + 3) / 4 * 4, '=');
        if (!Convert.TryFromBase64String(padded, bytes, out int length))
            return null;
        bool isOnlySpelling = Convert.ToBase64String(bytes.AsSpan(0, length)).TrimEnd('=') == base64;
        return isOnlySpelling ? new Bytes([.. bytes.AsSpan(0, length)]) : null;
    }

    private const string LoneSurrogate = "Text is not well-formed Unicode.";

    private const string TooDeep = "Values are nested too deep.";

    // GetString throws for escapes such as \ud800 alone and for bytes that are not UTF-8.
    private static bool TryReadString(ref Utf8JsonReader reader, out string text)
    {
        try
        {
            text = reader.GetString() ?? "";
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }
}
