using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index.Segments;

namespace Omega.P2P.Storage.Index;

/// <summary>
/// Artifacts by key, by content and by age, in the index's tables. One key may be there once per domain. Removed ones
/// have tables of their own, so that what is live costs nothing for what was. What it hands out are copies: changes go
/// through its methods. Guarded by the state lock.
/// </summary>
internal sealed partial class ArtifactIndex(IndexStore tables)
{
    private const int KeyLength = Hash256.Size;
    private const int DomainLength = Hash256.Size;
    private const int TimeLength = sizeof(long);

    /// <summary>Where entries are read.</summary>
    public EntrySource Entries { get; } = new();

    /// <summary>The store's own domain, which keys leave out.</summary>
    public DomainId Own { get; set; }

    /// <summary>Live artifacts.</summary>
    public long Count { get; set; }

    /// <summary>Adds an artifact, or gives a known one its newer entry.</summary>
    public void Put(ArtifactRecord record)
    {
        if (TryGetEver(record.Key, record.Domain, out var known, expectAbsent: true))
        {
            var wasLive = known!.IsLive;
            known.RemovedMs = null;
            known.Audience = record.Audience;
            known.IsEvicted = false;
            (known.EntryHash, known.Spot) = (record.EntryHash, record.Spot);
            if (!wasLive)
            {
                Count++;
                Move(known, isLive: true);
            }

            Write(known);
            return;
        }

        Add(record);
    }

    /// <summary>Adds an artifact of which nothing is known.</summary>
    public void Add(ArtifactRecord record)
    {
        Count++;
        record.Source = Entries;
        Write(record);
        Span<byte> key = stackalloc byte[KeyLength + KeyLength + DomainLength];
        var length = KeyOf(record.Key, record.Domain, key[KeyLength..]);
        record.Content.Hash.CopyTo(key);
        tables.Put(IndexTable.Contents, key[..(KeyLength + length)], []);
        Place(record, isLive: true);
    }

    /// <summary>A live artifact.</summary>
    public bool TryGet(ArtifactKey key, DomainId domain, out ArtifactRecord? record) =>
        TryGetIn(IndexTable.Artifacts, key, domain, expectAbsent: false, out record);

    /// <summary>An artifact, live or removed.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="domain">Its domain.</param>
    /// <param name="record">It, or null.</param>
    /// <param name="expectAbsent">As for <see cref="IndexStore.Get"/>.</param>
    public bool TryGetEver(ArtifactKey key, DomainId domain, out ArtifactRecord? record, bool expectAbsent = false) =>
        TryGetIn(IndexTable.Artifacts, key, domain, expectAbsent, out record)
        || TryGetIn(IndexTable.Gone, key, domain, expectAbsent: true, out record);

    /// <summary>The live artifact under this key: this domain's own, else that of the lowest domain.</summary>
    public bool TryGetAny(ArtifactKey key, DomainId preferred, out ArtifactRecord? record)
    {
        if (!TryGet(key, preferred, out record))
        {
            record = OfKey(key, IndexTable.Artifacts).FirstOrDefault();
        }

        return record is not null;
    }

    /// <summary>All domains' records of a key, removed ones included; the own domain's first, then by domain.</summary>
    public IReadOnlyList<ArtifactRecord> OfKey(ArtifactKey key) =>
    [
        .. OfKey(key, IndexTable.Artifacts).Concat(OfKey(key, IndexTable.Gone))
            .OrderBy(record => record.Domain == Own ? 0 : 1).ThenBy(record => record.Domain),
    ];

    /// <summary>Takes an artifact out of everything that is live; nothing happens where it is not there.</summary>
    public void Remove(ArtifactKey key, DomainId domain, long atMs)
    {
        if (TryGet(key, domain, out var record))
        {
            record!.RemovedMs = atMs;
            Count--;
            Move(record, isLive: false);
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

    public bool HasContent(ContentId content)
    {
        using var scan = tables.Scan(IndexTable.Contents, content.AsSpan());
        return scan.MoveNext();
    }

    public ArtifactRecord Decode(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var record = ArtifactRow.Decode(ArtifactKey.From(Hash256.From(key[..KeyLength])), DomainOf(key), row);
        record.Source = Entries;
        return record;
    }

    /// <summary>The domain in a key of the tables by artifact.</summary>
    public DomainId DomainOf(ReadOnlySpan<byte> key) =>
        key.Length == KeyLength ? Own : DomainId.From(Hash256.From(key[KeyLength..]));

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

    private bool TryGetIn(
        IndexTable table, ArtifactKey key, DomainId domain, bool expectAbsent, out ArtifactRecord? record)
    {
        Span<byte> full = stackalloc byte[KeyLength + DomainLength];
        full = full[..KeyOf(key, domain, full)];
        var row = tables.Get(table, full, expectAbsent);
        record = row is null ? null : Decode(full, row);
        return record is not null;
    }

    private List<ArtifactRecord> OfKey(ArtifactKey key, IndexTable table)
    {
        var records = new List<ArtifactRecord>();
        using var scan = tables.Scan(table, key.AsSpan(), expectAbsent: table == IndexTable.Gone);
        while (scan.MoveNext())
        {
            records.Add(Decode(scan.Key, scan.Value));
        }

        return records;
    }

    private void Write(ArtifactRecord record)
    {
        Span<byte> key = stackalloc byte[KeyLength + DomainLength];
        Span<byte> row = stackalloc byte[ArtifactRow.SizeMax];
        row = row[..ArtifactRow.Encode(record, row)];
        tables.Put(
            record.IsLive ? IndexTable.Artifacts : IndexTable.Gone,
            key[..KeyOf(record.Key, record.Domain, key)], row);
    }

    /// <summary>Takes an artifact's rows out of the tables of the living, or of the gone, and places it among the
    /// others; its own row there is the caller's to write.</summary>
    private void Move(ArtifactRecord record, bool isLive)
    {
        Span<byte> key = stackalloc byte[KeyLength + DomainLength];
        key = key[..KeyOf(record.Key, record.Domain, key)];
        tables.Delete(isLive ? IndexTable.Gone : IndexTable.Artifacts, key);
        Span<byte> byAge = stackalloc byte[TimeLength + KeyLength + DomainLength];
        BinaryPrimitives.WriteInt64BigEndian(byAge, record.CreatedMs);
        key.CopyTo(byAge[TimeLength..]);
        tables.Delete(isLive ? IndexTable.GoneByAge : IndexTable.Created, byAge[..(TimeLength + key.Length)]);
        Place(record, isLive);
    }

    /// <summary>Puts an artifact where lists find it.</summary>
    private void Place(ArtifactRecord record, bool isLive)
    {
        Span<byte> byAge = stackalloc byte[TimeLength + KeyLength + DomainLength];
        BinaryPrimitives.WriteInt64BigEndian(byAge, record.CreatedMs);
        var length = KeyOf(record.Key, record.Domain, byAge[TimeLength..]);
        tables.Put(isLive ? IndexTable.Created : IndexTable.GoneByAge, byAge[..(TimeLength + length)], []);
    }
}
