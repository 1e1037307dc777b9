using Omega.P2P.Primitives.Ids;

namespace Omega.P2P.Storage.Index;

/// <summary>One artifact of one domain, as replay of the log leaves it. Guarded by the state lock.</summary>
internal sealed class ArtifactRecord
{
    public required ArtifactKey Key { get; init; }

    public required ContentId Content { get; init; }

    public required long Size { get; init; }

    public required string Type { get; init; }

    public required string Brane { get; init; }

    public required DomainId Domain { get; init; }

    public required long CreatedMs { get; init; }

    public required string Audience { get; set; }

    public required string? Tenant { get; init; }

    public required byte[] Entry { get; set; }

    /// <summary>Whether its bytes were given up: they may go with any block, though some may be here for another's
    /// sake.
    /// </summary>
    public bool IsEvicted { get; set; }

    /// <summary>When it was removed, Unix milliseconds; null where it is live.</summary>
    public long? RemovedMs { get; set; }

    public bool IsLive => RemovedMs is null;

    public SortedSet<string> Published { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// Artifacts by key and by content, in memory, rebuilt by replay. One key may be there once per domain. Guarded by the
/// state lock.
/// </summary>
internal sealed class ArtifactIndex
{
    private readonly Dictionary<ArtifactKey, List<ArtifactRecord>> _byKey = [];
    private readonly Dictionary<ContentId, List<ArtifactRecord>> _byContent = [];
    private readonly List<ArtifactRecord> _inOrder = [];
    private bool _isSorted = true;
    private int _removedCount;

    /// <summary>Live artifacts.</summary>
    public int Count => _inOrder.Count - _removedCount;

    /// <summary>Contents of all artifacts, removed ones included, each once.</summary>
    public IEnumerable<ContentId> Contents => _byContent.Keys;

    /// <summary>Adds an artifact, or gives a known one its newer entry.</summary>
    public ArtifactRecord Put(ArtifactRecord record)
    {
        if (TryGetEver(record.Key, record.Domain, out var known))
        {
            _removedCount -= known!.IsLive ? 0 : 1;
            known.RemovedMs = null;
            known.Entry = record.Entry;
            known.Audience = record.Audience;
            known.IsEvicted = false;
            return known;
        }

        ListOf(_byKey, record.Key).Add(record);
        ListOf(_byContent, record.Content).Add(record);
        _isSorted = _isSorted && (_inOrder.Count == 0 || Compare(_inOrder[^1], record) <= 0);
        _inOrder.Add(record);
        return record;
    }

    /// <summary>A live artifact.</summary>
    public bool TryGet(ArtifactKey key, DomainId domain, out ArtifactRecord? record)
    {
        record = TryGetEver(key, domain, out var known) && known!.IsLive ? known : null;
        return record is not null;
    }

    /// <summary>An artifact, live or removed.</summary>
    public bool TryGetEver(ArtifactKey key, DomainId domain, out ArtifactRecord? record)
    {
        record = _byKey.TryGetValue(key, out var list) ? list.Find(known => known.Domain == domain) : null;
        return record is not null;
    }

    /// <summary>The live artifact under this key, this domain's own before one taken over.</summary>
    public bool TryGetAny(ArtifactKey key, DomainId preferred, out ArtifactRecord? record)
    {
        record = null;
        if (_byKey.TryGetValue(key, out var list))
        {
            record = list.Find(known => known.IsLive && known.Domain == preferred) ?? list.Find(known => known.IsLive);
        }

        return record is not null;
    }

    /// <summary>All domains' records of a key, removed ones included.</summary>
    public IReadOnlyList<ArtifactRecord> OfKey(ArtifactKey key) => _byKey.TryGetValue(key, out var list) ? list : [];

    /// <summary>Takes an artifact out of everything that is live; nothing happens where it is not there.</summary>
    public void Remove(ArtifactKey key, DomainId domain, long atMs)
    {
        if (TryGet(key, domain, out var record))
        {
            record!.RemovedMs = atMs;
            _removedCount++;
        }
    }

    /// <summary>Notes that an artifact's bytes were given up, or taken back; all domains' records of the key.</summary>
    public void SetEvicted(ArtifactKey key, bool isEvicted)
    {
        foreach (var record in _byKey.GetValueOrDefault(key, []))
        {
            record.IsEvicted = isEvicted;
        }
    }

    /// <summary>All artifacts with this content, removed ones included.</summary>
    public IReadOnlyList<ArtifactRecord> OfContent(ContentId content) =>
        _byContent.TryGetValue(content, out var list) ? list : [];

    public bool HasContent(ContentId content) => _byContent.ContainsKey(content);

    /// <summary>Live artifacts by (created, key, domain).</summary>
    public IEnumerable<ArtifactRecord> InOrder() => InOrderEver().Where(record => record.IsLive);

    /// <summary>All artifacts, removed ones included, by (created, key, domain).</summary>
    public IReadOnlyList<ArtifactRecord> InOrderEver()
    {
        if (!_isSorted)
        {
            _inOrder.Sort(Compare);
            _isSorted = true;
        }

        return _inOrder;
    }

    private static int Compare(ArtifactRecord left, ArtifactRecord right)
    {
        var order = left.CreatedMs.CompareTo(right.CreatedMs);
        order = order != 0 ? order : left.Key.CompareTo(right.Key);
        return order != 0 ? order : left.Domain.CompareTo(right.Domain);
    }

    private static List<ArtifactRecord> ListOf<TKey>(Dictionary<TKey, List<ArtifactRecord>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists.Add(key, list = []);
        }

        return list;
    }
}
