using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Keys;
using Omega.P2P.Primitives.Signing;
using Omega.P2P.Storage.Schemas;

namespace Omega.P2P.Storage;

/// <summary>What a store is given from outside: its name, chance, and threads.</summary>
public sealed record StoreOptions
{
    /// <summary>The name the owner proposes for the domain, such as <c>alice.personal</c>. Kept in the log on creation;
    /// on opening the log's word counts.</summary>
    public required string DomainName { get; init; }

    /// <summary>Source of salts.</summary>
    public required IRandomSource Random { get; init; }

    /// <summary>Where independent work runs; sequential by default.</summary>
    public IParallelScheduler Scheduler { get; init; } = SequentialScheduler.Instance;

    /// <summary>Bounds and targets.</summary>
    public StoreLimits Limits { get; init; } = new();

    /// <summary>Reads schemas of metadata.</summary>
    public ISchemaValidator Schemas { get; init; } = SchemaValidator.Instance;
}

/// <summary>Keys a store signs with. Owned by the caller and used until the store is disposed.</summary>
/// <param name="Node">Signs receipts.</param>
/// <param name="Head">Signs heads.</param>
public sealed record StoreKeys(ISigner Node, ISigner Head);
