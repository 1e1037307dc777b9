using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Cbor;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Schemas;

namespace Omega.P2P.Storage;

/// <summary>What metadata must be, and other names for contents.</summary>
public sealed partial class DomainStore
{
    /// <summary>Schemas in force, by kind.</summary>
    public IReadOnlyList<RegisteredSchema> Schemas
    {
        get
        {
            lock (_core.State)
            {
                return _state.Schemas.All;
            }
        }
    }

    /// <summary>Puts a JSON Schema in force for a kind, in place of the one before; durable on return. What is stored
    /// already is not looked at.</summary>
    /// <exception cref="StoreRefusedException"><c>schema-refused</c>: it cannot be read, or asks for what is not
    /// supported; the field is the pointer into the schema. <c>schema-kind</c>: not a type tag.</exception>
    public RegisteredSchema AddSchema(string kind, ReadOnlySpan<byte> json, Instant now)
    {
        RequireWritable();
        if (!Tag.IsValid(kind))
        {
            throw new StoreRefusedException("schema-kind", $"'{kind}' is no type tag");
        }

        if (!_state.Schemas.Validator.TryCompile(json, out _, out var error))
        {
            throw new StoreRefusedException("schema-refused", error.Message) { Field = error.Pointer };
        }

        var bytes = json.ToArray();
        CommitSchema(new LogRecord.Schema(kind, Blake3.Hash(bytes), bytes.Length, now.UnixMs), bytes);
        return Schemas.First(schema => schema.Kind == kind);
    }

    /// <summary>Frees a kind; durable on return.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-schema</c>.</exception>
    public void RemoveSchema(string kind, Instant now)
    {
        RequireWritable();
        if (Schemas.All(schema => schema.Kind != kind))
        {
            throw new StoreRefusedException("unknown-schema", $"no schema is registered for {kind}");
        }

        CommitSchema(new LogRecord.Schema(kind, default, 0, now.UnixMs), []);
    }

    /// <summary>Refuses metadata that the schema of its kind does not allow.</summary>
    /// <exception cref="StoreRefusedException"><c>schema-violation</c>; the field is the pointer into the metadata.
    /// </exception>
    private void RequireValidMeta(PutRequest request)
    {
        if (_state.Schemas.Find(request.Type)?.Check(request.Meta ?? new CborValue.Map([])) is { } violation)
        {
            throw new StoreRefusedException(
                "schema-violation", $"metadata of {request.Type} breaks its schema at {violation}")
            {
                Field = violation.Pointer,
            };
        }
    }

    /// <summary>Stores a SHA-256 beside a content's id; durable on return.</summary>
    internal void AddAlias(Hash256 digest, ContentId content)
    {
        lock (_core.State)
        {
            if (_state.Aliases.Has(digest, content))
            {
                return;
            }
        }

        var alias = new LogRecord.Alias(DigestAliases.Sha256, digest, content);
        _log.Commit([Item(alias)], _ =>
        {
            lock (_core.State)
            {
                _state.Aliases.Add(alias);
            }
        });
    }

    private void CommitSchema(LogRecord.Schema schema, byte[] bytes) =>
        _log.Commit([new LogItem(LogRecordCodec.Encode(schema), bytes)], first =>
        {
            lock (_core.State)
            {
                _state.AddSchema(first, schema, bytes);
            }
        });
}
