using System.Buffers.Binary;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Index;

/// <summary>
/// Artifacts by key, by content and by age, in the index's tables. One key may be there once per domain. What it hands
/// out are copies: changes go through its methods. Guarded by the state lock.
/// </summary>
internal sealed class ArtifactIndex(IndexStore tables)
{
    private const int KeyLength = Hash256.Size;
    private const int DomainLength = Hash256.Size;

    /// <summary>Where entries are read.</summary>
    public EntrySource Entries { get; } = new();

    /// <summary>The store's own domain, which keys leave out.</summary>
    public DomainId Own { get; set; }

    /// <summary>Live artifacts.</summary>
    public long Count { get; set; }

    /// <summary>Contents of all artifacts, removed ones included, each once, ascending.</summary>
    public IEnumerable<ContentId> Contents
    {
        get
        {
            var last = default(Hash256?);
            foreach (var key in Keys(IndexTable.Contents, []))
            {
                var content = Hash256.From(key.AsSpan(0, Hash256.Size));
                if (content != last)
                {
                    yield return ContentId.From(content);
                }

                last = content;
            }
        }
    }

    /// <summary>Adds an artifact, or gives a known one its newer entry.</summary>
    public ArtifactRecord Put(ArtifactRecord record)
    {
        if (TryGetEver(record.Key, record.Domain, out var known, expectAbsent: true))
        {
            Count += known!.IsLive ? 0 : 1;
            known.RemovedMs = null;
            known.Audience = record.Audience;
            known.IsEvicted = false;
            (known.EntryHash, known.Spot) = (record.EntryHash, record.Spot);
            Write(known);
            return known;
        }

        Count++;
        record.Source = Entries;
        Write(record);
        Span<byte> key = stackalloc byte[KeyLength + KeyLength + DomainLength];
        var length = KeyOf(record.Key, record.Domain, key[KeyLength..]);
        record.Content.Hash.CopyTo(key);
        tables.Put(IndexTable.Contents, key[..(KeyLength + length)], []);
        var byAge = key[(KeyLength - 8)..];
        BinaryPrimitives.WriteInt64BigEndian(byAge, record.CreatedMs);
        tables.Put(IndexTable.Created, byAge[..(8 + length)], []);
        if (record.Type == PackageManifest.TypeTag)
        {
            tables.Put(IndexTable.Packages, byAge[8..(8 + length)], []);
        }

        return record;
    }

    /// <summary>A live artifact.</summary>
    public bool TryGet(ArtifactKey key, DomainId domain, out ArtifactRecord? record)
    {
        record = TryGetEver(key, domain, out var known) && known!.IsLive ? known : null;
        return record is not null;
    }

    /// <summary>An artifact, live or removed.</summary>
    public bool TryGetEver(ArtifactKey key, DomainId domain, out ArtifactRecord? record) =>
        TryGetEver(key, domain, out record, expectAbsent: false);

    /// <summary>The live artifact under this key: this domain's own, else that of the lowest domain.</summary>
    public bool TryGetAny(ArtifactKey key, DomainId preferred, out ArtifactRecord? record)
    {
        if (!TryGet(key, preferred, out record))
        {
            record = OfKey(key).FirstOrDefault(known => known.IsLive);
        }

        return record is not null;
    }

    /// <summary>All domains' records of a key, removed ones included; the own domain's first, then by domain.</summary>
    public IReadOnlyList<ArtifactRecord> OfKey(ArtifactKey key)
    {
        var records = new List<ArtifactRecord>();
        using var scan = tables.Scan(IndexTable.Artifacts, key.AsSpan());
        while (scan.MoveNext())
        {
            records.Add(Decode(scan.Key, scan.Value));
        }

        return records;
    }

    /// <summary>Takes an artifact out of everything that is live; nothing happens where it is not there.</summary>
    public void Remove(ArtifactKey key, DomainId domain, long atMs)
    {
        if (TryGet(key, domain, out var record))
        {
            record!.RemovedMs = atMs;
            Count--;
            Write(record);
        }
    }

    /// <summary>Notes that an artifact's bytes were given up, or taken back; all domains' records of the key.</summary>
    public void SetEvicted(ArtifactKey key, bool isEvicted)
    {
        foreach (var record in OfKey(key))
        {
            record.IsEvicted = isEvicted;
            Write(record);
        }
    }

    /// <summary>Notes that an artifact was published to an audience, or withdrawn.</summary>
    public void SetPublished(ArtifactRecord record, string audience, bool isPublished)
    {
        if (isPublished && record.Published.Count < ArtifactRow.PublishedMax)
        {
            record.Published.Add(audience);
        }
        else
        {
            record.Published.Remove(audience);
        }

        Write(record);
    }

    /// <summary>All artifacts with this content, removed ones included, by (key, domain).</summary>
    public IReadOnlyList<ArtifactRecord> OfContent(ContentId content) =>
        [.. Keys(IndexTable.Contents, content.AsSpan()).Select(key => Require(key.AsSpan(KeyLength)))];

    public bool HasContent(ContentId content)
    {
        using var scan = tables.Scan(IndexTable.Contents, content.AsSpan());
        return scan.MoveNext();
    }

    /// <summary>Live artifacts of type <c>package</c>.</summary>
    public IEnumerable<ArtifactRecord> Packages() =>
        Keys(IndexTable.Packages, []).Select(key => Require(key)).Where(record => record.IsLive);

    /// <summary>Live artifacts by (created, key, domain). Lazy: to be walked under the state lock, in one go.</summary>
    public IEnumerable<ArtifactRecord> InOrder() => InOrderEver().Where(record => record.IsLive);

    /// <summary>All artifacts, removed ones included, by (created, key, domain). Lazy, as above.</summary>
    public IEnumerable<ArtifactRecord> InOrderEver() =>
        Keys(IndexTable.Created, []).Select(key => Require(key.AsSpan(8)));

    /// <summary>The next artifacts by (created, key, domain) after a place in that order; null begins.</summary>
    /// <param name="after">What the last call gave; null at first.</param>
    /// <param name="countMax">Most to give.</param>
    public List<ArtifactRecord> Page(ref byte[]? after, int countMax)
    {
        var keys = new List<byte[]>();
        using (var scan = tables.ScanFrom(IndexTable.Created, after ?? [], []))
        {
            while (keys.Count < countMax && scan.MoveNext())
            {
                keys.Add(scan.Key.ToArray());
            }
        }

        // The smallest key above the last one.
        after = keys.Count == 0 ? after : [.. keys[^1], 0];
        return [.. keys.Select(key => Require(key.AsSpan(8)))];
    }

    /// <summary>Artifacts whose key or content lies between two hashes, ends included, by that; removed ones too. Lazy:
    /// to be walked under the state lock.</summary>
    public IEnumerable<ArtifactRecord> Between(IndexTable table, Hash256 first, Hash256 last) =>
        KeysFrom(table, first.ToArray(), [])
            .TakeWhile(key => key.AsSpan(0, KeyLength).SequenceCompareTo(last.AsSpan()) <= 0)
            .Select(key => Require(key.AsSpan(table == IndexTable.Contents ? KeyLength : 0)));

    private int KeyOf(ArtifactKey key, DomainId domain, Span<byte> destination)
    {
        key.AsSpan().CopyTo(destination);
        if (domain == Own)
        {
            return KeyLength;
        }

        domain.AsSpan().CopyTo(destination[KeyLength..]);
        return KeyLength + DomainLength;
    }

    private bool TryGetEver(ArtifactKey key, DomainId domain, out ArtifactRecord? record, bool expectAbsent)
    {
        Span<byte> full = stackalloc byte[KeyLength + DomainLength];
        full = full[..KeyOf(key, domain, full)];
        var row = tables.Get(IndexTable.Artifacts, full, expectAbsent);
        record = row is null ? null : Decode(full, row);
        return record is not null;
    }

    private ArtifactRecord Require(ReadOnlySpan<byte> key) =>
        tables.Get(IndexTable.Artifacts, key) is { } row
            ? Decode(key, row)
            : throw new IndexDamagedException("the index lists an artifact that it does not hold");

    public ArtifactRecord Decode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var domain = key.Length == KeyLength ? Own : DomainId.From(Hash256.From(key[KeyLength..]));
        var record = ArtifactRow.Decode(ArtifactKey.From(Hash256.From(key[..KeyLength])), domain, row);
        record.Source = Entries;
        return record;
    }

    private void Write(ArtifactRecord record)
    {
        Span<byte> key = stackalloc byte[KeyLength + DomainLength];
        tables.Put(IndexTable.Artifacts, key[..KeyOf(record.Key, record.Domain, key)], ArtifactRow.Encode(record));
    }

    /// <summary>Whole keys by ascending order, a page's worth at a time, so that what is done with one may change the
    /// tables.</summary>
    private IEnumerable<byte[]> Keys(IndexTable table, ReadOnlySpan<byte> prefix) =>
        KeysFrom(table, prefix.ToArray(), prefix.ToArray());

    private IEnumerable<byte[]> KeysFrom(IndexTable table, byte[] from, byte[] prefix)
    {
        for (var batch = 4; ; batch = Math.Min(256, batch * 4))
        {
            var keys = new List<byte[]>(batch);
            using (var scan = from.AsSpan().SequenceEqual(prefix)
                ? tables.Scan(table, prefix)
                : tables.ScanFrom(table, from, prefix))
            {
                while (keys.Count < batch && scan.MoveNext())
                {
                    keys.Add(scan.Key.ToArray());
                }
            }

            foreach (var key in keys)
            {
                yield return key;
            }

            if (keys.Count < batch)
            {
                yield break;
            }

            from = [.. keys[^1], 0];
        }
    }
}
