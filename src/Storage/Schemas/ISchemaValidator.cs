using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Cbor;

namespace Omega.P2P.Storage.Schemas;

/// <summary>Reads JSON Schemas. The seam behind which another validator can come.</summary>
public interface ISchemaValidator
{
    /// <summary>Reads a schema. Total and bounded: fetches nothing, and refuses what could make checking slow or
    /// endless.</summary>
    /// <param name="json">UTF-8 from outside.</param>
    /// <param name="schema">Ready to check with.</param>
    /// <param name="error">Where in the schema, and why not.</param>
    bool TryCompile(ReadOnlySpan<byte> json, [NotNullWhen(true)] out ISchema? schema, out SchemaError error);
}

/// <summary>A schema ready for use. Immutable; safe from several threads.</summary>
public interface ISchema
{
    /// <summary>Null where the metadata keeps the schema, else the first place where it does not.</summary>
    SchemaError? Check(CborValue.Map meta);
}

/// <summary>A place and what is wrong there.</summary>
/// <param name="Pointer">JSON pointer (RFC 6901); empty for the whole document.</param>
/// <param name="Message">One sentence.</param>
public readonly record struct SchemaError(string Pointer, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{(string.IsNullOrEmpty(Pointer) ? "the top" : Pointer)}: {Message}";
}

/// <summary>A schema in force.</summary>
/// <param name="Kind">The type tag whose metadata it binds.</param>
/// <param name="Json">Its bytes as they were given.</param>
/// <param name="AddedUnixMs">Since when.</param>
public sealed record RegisteredSchema(string Kind, ReadOnlyMemory<byte> Json, long AddedUnixMs);
