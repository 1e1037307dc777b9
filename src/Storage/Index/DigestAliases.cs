using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage.Index;

/// <summary>SHA-256 digests stored beside contents' own ids: a table of the index, rebuilt by replay. Guarded by the
/// state lock.</summary>
internal sealed class DigestAliases(IndexStore tables)
{
    public const string Sha256 = "sha256";

    /// <summary>Passes over algorithms that it does not know.</summary>
    public void Add(LogRecord.Alias alias)
    {
        if (alias.Algorithm == Sha256)
        {
            tables.Put(IndexTable.Digests, KeyOf(alias.Digest, alias.Content), []);
        }
    }

    public bool Has(Hash256 digest, ContentId content) =>
        tables.Get(IndexTable.Digests, KeyOf(digest, content)) is not null;

    /// <summary>Contents whose digest begins as the id does; at most so many.</summary>
    public List<ContentId> Named(ParsedId id, int countMax)
    {
        var found = new List<ContentId>();
        using var scan = tables.ScanFrom(IndexTable.Digests, id.First.AsSpan(), []);
        while (found.Count < countMax && scan.MoveNext()
            && id.Matches(Hash256.From(scan.Key[..Hash256.Size])))
        {
            found.Add(ContentId.From(Hash256.From(scan.Key[Hash256.Size..])));
        }

        return found;
    }

    private static byte[] KeyOf(Hash256 digest, ContentId content) => [.. digest.AsSpan(), .. content.Hash.AsSpan()];
}
