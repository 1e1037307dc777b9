using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Views;

namespace Omega.P2P.Storage;

/// <summary>Lists that a view makes cheaper.</summary>
public sealed partial class DomainStore
{
    private const int CatalogPage = 256;

    /// <summary>A view of what is live, to be kept up to date by whoever opens it. Dispose it before the
    /// store.</summary>
    public Catalog OpenCatalog(Func<ICatalogView> open) => new(open, new CatalogFeed(_core, _log, DomainId));

    /// <summary>
    /// As <see cref="List(ArtifactFilter)"/>, from a view where one is there that has what the filter asks for: then a
    /// list costs what it gives. A view that is still being filled, or is lost on the way, is done without.
    /// </summary>
    public IEnumerable<ArtifactInfo> List(ArtifactFilter filter, Catalog? catalog)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var isNarrow = filter.Brane is not null || filter.Kind is not null || filter.Domain is not null;
        return catalog is null || !isNarrow || filter.IncludesRemoved || filter.Prefix is not null
            ? List(filter)
            : ListBy(catalog, filter);
    }

    private IEnumerable<ArtifactInfo> ListBy(Catalog catalog, ArtifactFilter filter)
    {
        var query = new CatalogQuery
        {
            Brane = filter.Brane,
            Kind = filter.Kind,
            Domain = filter.Domain,
            CountMax = CatalogPage,
        };
        ArtifactRecord? last = null;
        while (catalog.TryFind(query, out var rows))
        {
            foreach (var row in rows)
            {
                ArtifactRecord? record;
                lock (_core.State)
                {
                    _core.Artifacts.TryGet(row.Key, row.Domain, out record);
                }

                // The view may be a moment behind.
                if (record is not null && Passes(record, filter))
                {
                    last = record;
                    yield return InfoOf(record);
                }
            }

            if (rows.Count < CatalogPage)
            {
                yield break;
            }

            query = query with { After = rows[^1].Place };
        }

        foreach (var record in InPages(filter.IncludesRemoved, last).Where(record => Passes(record, filter)))
        {
            yield return InfoOf(record);
        }
    }
}
