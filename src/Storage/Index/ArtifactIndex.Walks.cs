using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Index;

/// <summary>Many artifacts in an order, a page's worth at a time: what is done with one may change the
/// tables.</summary>
internal sealed partial class ArtifactIndex
{
    /// <summary>All artifacts with this content, removed ones included, by (key, domain). Lazy: to be walked under the
    /// state lock. Most contents asked for are a package's file, of no artifact: the filters tell so without a
    /// walk.</summary>
    public IEnumerable<ArtifactRecord> OfContent(ContentId content) =>
        tables.MayContain(IndexTable.Contents, content.AsSpan())
            ? tables.Keys(IndexTable.Contents, content.AsSpan()).Select(key => Require(key.AsSpan(KeyLength)))
            : [];

    /// <summary>The next artifacts by (created, key, domain) after a place in that order.</summary>
    /// <param name="after">Where to go on: empty begins, then what the last call gave.</param>
    /// <param name="countMax">Most to give.</param>
    /// <param name="includesRemoved">Also those that were removed.</param>
    public List<ArtifactRecord> Page(ref byte[] after, int countMax, bool includesRemoved = false)
    {
        var keys = PlacesFrom(IndexTable.Created, after, countMax);
        if (includesRemoved)
        {
            keys.AddRange(PlacesFrom(IndexTable.GoneByAge, after, countMax));
            keys.Sort(static (left, right) => left.AsSpan().SequenceCompareTo(right));
        }

        if (keys.Count > countMax)
        {
            keys.RemoveRange(countMax, keys.Count - countMax);
        }

        after = keys.Count == 0 ? after : IndexStore.After(keys[^1]);
        return keys.ConvertAll(key => Require(key.AsSpan(TimeLength)));
    }

    /// <summary>Where an artifact stands in the order of <see cref="Page"/>; a walk from there on begins with the one
    /// after it.</summary>
    public byte[] PlaceAfter(ArtifactRecord record)
    {
        var place = new byte[TimeLength + KeyLength + DomainLength];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(place, record.CreatedMs);
        return IndexStore.After(place[..(TimeLength + KeyOf(record.Key, record.Domain, place.AsSpan(TimeLength)))]);
    }

    /// <summary>Artifacts whose key or content lies between two hashes, ends included, by that. Lazy: to be walked
    /// under the state lock.</summary>
    /// <param name="table">Artifacts, those gone, or contents, which has both.</param>
    /// <param name="first">The lowest.</param>
    /// <param name="last">The highest.</param>
    public IEnumerable<ArtifactRecord> Between(IndexTable table, Hash256 first, Hash256 last) =>
        tables.KeysFrom(table, first.ToArray(), [])
            .TakeWhile(key => key.AsSpan(0, KeyLength).SequenceCompareTo(last.AsSpan()) <= 0)
            .Select(key => Require(key.AsSpan(table == IndexTable.Contents ? KeyLength : 0)));

    private List<byte[]> PlacesFrom(IndexTable table, byte[] from, int countMax)
    {
        var keys = new List<byte[]>(Math.Min(countMax, 256));
        using var scan = tables.ScanFrom(table, from, []);
        while (keys.Count < countMax && scan.MoveNext())
        {
            keys.Add(scan.Key.ToArray());
        }

        return keys;
    }

    private ArtifactRecord Require(ReadOnlySpan<byte> key) =>
        (tables.Get(IndexTable.Artifacts, key) ?? tables.Get(IndexTable.Gone, key, expectAbsent: true)) is { } row
            ? Decode(key, row)
            : throw new IndexDamagedException("the index lists an artifact that it does not hold");
}
