namespace Omega.P2P.Storage.Views;

/// <summary>The view of simulations and tests: SQLite needs real files.</summary>
public sealed class MemoryCatalogView : ICatalogView
{
    private readonly Dictionary<CatalogPlace, CatalogRow> _rows = [];

    /// <inheritdoc/>
    public CatalogPosition Position { get; private set; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Filled { get; private set; } = ReadOnlyMemory<byte>.Empty;

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<CatalogChange> changes, CatalogPosition position, ReadOnlyMemory<byte>? filled)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (var (place, row) in changes)
        {
            if (row is null)
            {
                _rows.Remove(place);
            }
            else
            {
                _rows[place] = row;
            }
        }

        (Position, Filled) = (position, filled);
    }

    /// <inheritdoc/>
    public IReadOnlyList<CatalogRow> Find(CatalogQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return
        [
            .. _rows.Values
                .Where(row => (query.Brane is null || row.Brane == query.Brane)
                    && (query.Kind is null || row.Type == query.Kind)
                    && (query.Domain is null || row.Domain == query.Domain)
                    && (query.After is not { } after || IsAfter(row, after)))
                .OrderBy(row => row.CreatedUnixMs).ThenBy(row => row.Key).ThenBy(row => row.Domain)
                .Take(query.CountMax),
        ];
    }

    /// <inheritdoc/>
    public void Clear()
    {
        _rows.Clear();
        (Position, Filled) = (CatalogPosition.Start, ReadOnlyMemory<byte>.Empty);
    }

    /// <summary>Nothing to close.</summary>
    public void Dispose()
    {
    }

    private static bool IsAfter(CatalogRow row, CatalogPlace place) =>
        row.CreatedUnixMs != place.CreatedUnixMs ? row.CreatedUnixMs > place.CreatedUnixMs
            : row.Key != place.Key ? row.Key.CompareTo(place.Key) > 0
            : row.Domain.CompareTo(place.Domain) > 0;
}
