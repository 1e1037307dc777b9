using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Keys;

namespace Omega.P2P.Storage.History;

/// <summary>What a <see cref="PublicHistory"/> has to know.</summary>
/// <param name="Domain">Whose log: part of the origin line of every head.</param>
/// <param name="DomainName">Names the snapshot manifests, <c>snapshots/&lt;name&gt;@&lt;number&gt;</c>.</param>
/// <param name="Random">Where salts come from.</param>
public sealed record HistoryOptions(DomainId Domain, string DomainName, IRandomSource Random)
{
    /// <summary>Folder of the public logs, relative to the port's root.</summary>
    public string Folder { get; init; } = "public";

    /// <summary>Where each epoch stood at a sealed place of the local log, from which replay will go on; empty for a
    /// replay from the beginning.</summary>
    internal IReadOnlyList<EpochResume> Resume { get; init; } = [];

    /// <summary>Folder of the snapshot manifests.</summary>
    public string SnapshotFolder { get; init; } = "snapshots";
}
