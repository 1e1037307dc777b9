using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Schemas;

/// <summary>Schemas in force, as replay of the log leaves them. Compiled on first use: opening a store pays for none.
/// Guarded by the state lock.</summary>
internal sealed class SchemaBook(ISchemaValidator validator)
{
    private readonly SortedDictionary<string, (RegisteredSchema Schema, ISchema? Compiled)> _byKind =
        new(StringComparer.Ordinal);

    public ISchemaValidator Validator => validator;

    public IReadOnlyList<RegisteredSchema> All => [.. _byKind.Values.Select(entry => entry.Schema)];

    public void Apply(LogRecord.Schema record, ReadOnlySpan<byte> json)
    {
        if (record.Length == 0)
        {
            _byKind.Remove(record.Type);
        }
        else
        {
            _byKind[record.Type] = (new RegisteredSchema(record.Type, json.ToArray(), record.AtMs), null);
        }
    }

    /// <summary>The schema of a kind, or null.</summary>
    /// <exception cref="StoreRefusedException"><c>schema-refused</c>: this program cannot read what another version put
    /// in force; nothing is let in unchecked.</exception>
    public ISchema? Find(string kind)
    {
        if (!_byKind.TryGetValue(kind, out var entry))
        {
            return null;
        }

        if (entry.Compiled is null)
        {
            if (!validator.TryCompile(entry.Schema.Json.Span, out var compiled, out var error))
            {
                throw new StoreRefusedException("schema-refused", $"the schema of {kind} cannot be read: {error}");
            }

            entry.Compiled = compiled;
            _byKind[kind] = entry;
        }

        return entry.Compiled;
    }
}
