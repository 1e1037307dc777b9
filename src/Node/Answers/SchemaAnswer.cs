using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Answers;

/// <summary>A JSON Schema in force for the metadata of a kind.</summary>
/// <param name="Kind">The type tag.</param>
/// <param name="Json">The schema's text as it was given.</param>
/// <param name="AddedUnixMs">Since when, Unix milliseconds; RFC 3339 under --json.</param>
internal sealed record SchemaAnswer(string Kind, string Json, long AddedUnixMs) : IAnswer<SchemaAnswer>
{
    public static SchemaAnswer Read(JsonElement json) =>
        new(json.Need("kind"), json.Need("schema"), json.NeedNumber("added_ms"));

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("kind", Kind);
        writer.WriteString("added", Figures.Time(AddedUnixMs));
        writer.WriteNumber("added_ms", AddedUnixMs);
        writer.WriteString("schema", Json);
    }
}
