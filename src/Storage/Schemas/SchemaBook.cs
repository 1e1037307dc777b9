using System.Collections.Concurrent;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Schemas;

/// <summary>Schemas in force, as replay of the log leaves them. Compiled on first use: opening a store pays for none.
/// Changed under the state lock; every put looks here, so finding takes none.</summary>
internal sealed class SchemaBook(ISchemaValidator validator)
{
    private readonly ConcurrentDictionary<string, (RegisteredSchema Schema, ISchema? Compiled)> _byKind = [];

    public ISchemaValidator Validator => validator;

    public IReadOnlyList<RegisteredSchema> All =>
    [
        .. _byKind.Values.Select(entry => entry.Schema).OrderBy(schema => schema.Kind, StringComparer.Ordinal),
    ];

    public void Apply(LogRecord.Schema record, ReadOnlySpan<byte> json)
    {
        if (record.Length == 0)
        {
            _byKind.TryRemove(record.Type, out _);
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

            // Unless another has come in force meanwhile.
            _byKind.TryUpdate(kind, (entry.Schema, compiled), entry);
            return compiled;
        }

        return entry.Compiled;
    }
}
