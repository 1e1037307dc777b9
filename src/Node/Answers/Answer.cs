using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>
/// What a node answers to a verb: the object that `--json` prints and that the control API sends are the same bytes.
/// Fields are added, never changed (design section 12). Readers ignore fields they do not know.
/// </summary>
internal interface IAnswer
{
    void Write(Utf8JsonWriter writer);
}

/// <summary>An answer that the command line can read back from the control API.</summary>
internal interface IAnswer<TSelf> : IAnswer
    where TSelf : IAnswer<TSelf>
{
    /// <exception cref="FormatException">A field is missing: the daemon is of another version.</exception>
    static abstract TSelf Read(JsonElement json);
}

internal static class AnswerFields
{
    public static string Line(this IAnswer answer) => JsonLine.Write(answer.Write);

    public static string Need(this JsonElement json, string field) =>
        json.Text(field) ?? throw new FormatException($"the daemon's answer lacks '{field}'");

    public static long NeedNumber(this JsonElement json, string field) =>
        json.Number(field) ?? throw new FormatException($"the daemon's answer lacks '{field}'");

    public static double Real(this JsonElement json, string field) =>
        json.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;

    public static IEnumerable<JsonElement> Objects(this JsonElement json, string field) =>
        json.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : [];

    public static void Objects(this Utf8JsonWriter writer, string field, IEnumerable<IAnswer> items)
    {
        writer.WriteStartArray(field);
        foreach (var item in items)
        {
            writer.WriteStartObject();
            item.Write(writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
