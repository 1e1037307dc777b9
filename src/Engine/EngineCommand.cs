using Omega.P2P.Federation;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Views;

namespace Omega.P2P.Engine;

/// <summary>What the owner may want of the node. Closed; <see cref="EngineResult.Failed"/> may answer each.</summary>
public abstract record EngineCommand
{
    private EngineCommand()
    {
    }

    /// <summary>A wish that only the mesh has to do with. Result: <see cref="EngineResult.Mesh"/>.</summary>
    public sealed record Mesh(MeshCommand Command) : EngineCommand;

    /// <summary>
    /// Publishes artifacts to an audience and signs one head over it. Result: <see cref="EngineResult.Published"/>.
    /// </summary>
    public sealed record Publish(IReadOnlyList<ArtifactKey> Keys, string Audience) : EngineCommand;

    /// <summary>Takes artifacts back from an audience. Result: <see cref="EngineResult.Published"/>.</summary>
    public sealed record Unpublish(IReadOnlyList<ArtifactKey> Keys, string Audience) : EngineCommand;

    /// <summary>
    /// Makes an artifact readable here: finds it (own store, then followed domains), fetches or rehydrates what is
    /// missing. <paramref name="Domain"/> narrows the search. Result: <see cref="EngineResult.Ready"/>.
    /// </summary>
    public sealed record Get(ParsedId Id, string? Domain) : EngineCommand;

    /// <summary>
    /// Frees artifacts' bytes once enough peers have proven to hold them. All or none.
    /// Result: <see cref="EngineResult.Evicted"/>.
    /// </summary>
    public sealed record Evict(IReadOnlyList<ParsedId> Ids) : EngineCommand;

    /// <summary>
    /// Takes artifacts out of everything that is live, and out of every audience; they stay in history. All or none.
    /// Without keys it only signs a head over publications that retention has ended.
    /// Result: <see cref="EngineResult.Removed"/>.
    /// </summary>
    public sealed record Remove(IReadOnlyList<ArtifactKey> Keys, string? Reason) : EngineCommand;

    /// <summary>
    /// Artifacts of a domain by its name, petname or id; the own domain's and everything fetched when null.
    /// Result: <see cref="EngineResult.Listing"/>.
    /// </summary>
    public sealed record List(string? Domain, string? Brane, string? Kind, bool IncludesRemoved = false)
        : EngineCommand
    {
        /// <summary>A view of the store that makes narrow lists cheaper; null: none.</summary>
        public Catalog? Catalog { get; init; }
    }

    /// <summary>How the node stands. Result: <see cref="EngineResult.Status"/>.</summary>
    public sealed record Status : EngineCommand;

    /// <summary>What is being brought here. Result: <see cref="EngineResult.Transfers"/>.</summary>
    public sealed record Transfers : EngineCommand;

    /// <summary>The trusted peers. Result: <see cref="EngineResult.Peers"/>.</summary>
    public sealed record Peers : EngineCommand;
}
