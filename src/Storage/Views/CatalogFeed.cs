using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Views;

/// <summary>The store as a view follows it: rows from the index, changes from the log.</summary>
internal sealed class CatalogFeed(StoreCore core, LocalLog log, DomainId own) : ICatalogSource
{
    /// <summary>Rows taken under the state lock at a time: writers wait for no more.</summary>
    private const int PageCount = 128;

    public CatalogPosition End
    {
        get
        {
            var (place, next) = log.End;
            return new CatalogPosition(place.Record, place.Chain, next);
        }
    }

    public IReadOnlyList<CatalogRow> LiveAfter(ref ReadOnlyMemory<byte> after, int countMax)
    {
        var rows = new List<CatalogRow>(countMax);
        var place = after.ToArray();
        var (asked, given) = (0, 0);
        while (asked == given && rows.Count < countMax)
        {
            asked = Math.Min(PageCount, countMax - rows.Count);
            List<ArtifactRecord> page;
            lock (core.State)
            {
                page = core.Artifacts.Page(ref place, asked);
            }

            given = page.Count;
            rows.AddRange(page.Select(RowOf));
        }

        after = place;
        return rows;
    }

    public IReadOnlyList<CatalogChange>? ChangesAfter(ref CatalogPosition position, int recordsMax)
    {
        var (end, _) = log.End;
        var place = new LogPlace(position.Record, position.Hash);
        var next = position.Next;
        var touched = new HashSet<(ArtifactKey Key, DomainId Domain)>();
        for (var records = 0; records < recordsMax && place.Record < end.Record; records++)
        {
            if (!log.TryFollow(ref place, ref next, out var bytes))
            {
                return null;
            }

            if (Touched(bytes) is { } artifact)
            {
                touched.Add(artifact);
            }
        }

        if (place.Record >= end.Record && place != end)
        {
            return null;
        }

        position = new CatalogPosition(place.Record, place.Chain, next);
        return [.. touched.Select(artifact => ChangeOf(artifact.Key, artifact.Domain)).OfType<CatalogChange>()];
    }

    private (ArtifactKey Key, DomainId Domain)? Touched(byte[] bytes)
    {
        if (!LogRecordCodec.TryDecode(bytes, out var record))
        {
            return null;
        }

        return record switch
        {
            LogRecord.Add add when SignedArtifact.TryDecode(add.Entry, out var entry, out _) =>
                (entry.Key, add.Source ?? own),
            LogRecord.Tombstone gone => (gone.Key, gone.Source ?? own),
            _ => null,
        };
    }

    private CatalogChange? ChangeOf(ArtifactKey key, DomainId domain)
    {
        lock (core.State)
        {
            return core.Artifacts.TryGetEver(key, domain, out var record)
                ? new CatalogChange(
                    new CatalogPlace(record!.CreatedMs, key, domain), record.IsLive ? RowOf(record) : null)
                : null;
        }
    }

    private static CatalogRow RowOf(ArtifactRecord record) => new(
        record.Key, record.Content, record.Size, record.Type, record.Brane, record.Domain, record.CreatedMs,
        record.Audience);
}
