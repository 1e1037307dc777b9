using System.Text;
using Omega.P2P.Node.Answers;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Time;
using Omega.P2P.Storage.Schemas;

namespace Omega.P2P.Node.Service;

/// <summary>What metadata must be.</summary>
internal sealed partial class LocalNode
{
    public IReadOnlyList<SchemaAnswer> Schemas(CancellationToken cancel) => [.. Store.Schemas.Select(Shown)];

    public SchemaAnswer AddSchema(string kind, string json, CancellationToken cancel)
    {
        RequireTag(kind, "KIND");
        return Shown(Store.AddSchema(kind, Encoding.UTF8.GetBytes(json), SystemClock.Now()));
    }

    public DoneAnswer RemoveSchema(string kind, CancellationToken cancel)
    {
        if (Store.Schemas.All(schema => schema.Kind != kind))
            throw OmegaException.NotFound($"no schema is registered for {kind}", "omega schema ls");
        Store.RemoveSchema(kind, SystemClock.Now());
        return new DoneAnswer();
    }

    private static SchemaAnswer Shown(RegisteredSchema schema) =>
        new(schema.Kind, Encoding.UTF8.GetString(schema.Json.Span), schema.AddedUnixMs);
}
