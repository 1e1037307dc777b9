using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Views;

/// <summary>The view of simulations and tests: SQLite needs real files.</summary>
public sealed class MemoryCatalogView : ICatalogView
{
    private readonly Dictionary<ArtifactKey, CatalogRow> _rows = [];

    /// <inheritdoc/>
    public CatalogPosition Position { get; private set; }

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<CatalogChange> changes, CatalogPosition position)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (CatalogChange change in changes)
        {
            if (change.Row is null)
                _rows.Remove(change.Key);
            else
                _rows[change.Key] = change.Row;
        }

        Position = position;
    }

    /// <inheritdoc/>
    public IReadOnlyList<CatalogRow> Find(CatalogQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return [.. _rows.Values
            .Where(r => (query.Brane is null || r.Brane == query.Brane)
                && (query.Kind is null || r.Type == query.Kind)
                && (query.Domain is null || r.Domain == query.Domain)
                && (query.Audience is null || r.Audience == query.Audience))
            .OrderBy(r => r.CreatedUnixMs).ThenBy(r => r.Key)
            .Take(query.CountMax)];
    }

    /// <inheritdoc/>
    public void Clear()
    {
        _rows.Clear();
        Position = CatalogPosition.Start;
    }

    /// <summary>Nothing to close.</summary>
    public void Dispose()
    {
    }
}
