using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Index;

/// <summary>Bytes that ride in the log and are not in a block yet.</summary>
internal sealed record PendingObject(Hash256 Id, BlockCodec Codec, ClassTag Class, long Record, byte[] Bytes);

/// <summary>
/// All inline bytes that still wait for a block, in memory (bounded by <see cref="StoreLimits.PendingMax"/> and what
/// comes during one move). Guarded by the state lock.
/// </summary>
internal sealed class PendingObjects
{
    /// <summary>What an object takes beside its bytes: entries of three tables, two lists (counted).</summary>
    private const int ObjectOverhead = 320;

    private readonly Dictionary<(Hash256 Id, bool IsList), List<PendingObject>> _byId = [];
    private readonly Dictionary<ClassTag, List<PendingObject>> _byClass = [];
    private readonly Dictionary<long, int> _perRecord = [];

    private readonly Dictionary<ClassTag, long> _through = [];
    private int _count;

    public long TotalBytes { get; private set; }

    /// <summary>Memory they take, about.</summary>
    public long MemoryBytes => TotalBytes + _count * (long)ObjectOverhead;

    /// <summary>Records with waiting bytes. A copy.</summary>
    public HashSet<long> Records => [.. _perRecord.Keys];

    /// <summary>For each class, the record through which everything has moved to blocks.</summary>
    public IReadOnlyDictionary<ClassTag, long> Moved => _through;

    /// <summary>The first record with waiting bytes; 0 where none wait. One pass over them.</summary>
    public long FirstRecord => _perRecord.Count == 0 ? 0 : _perRecord.Keys.Min();

    /// <summary>Contents whose chunk list waits.</summary>
    public IEnumerable<Hash256> Lists => _byId.Keys.Where(key => key.IsList).Select(key => key.Id);

    public IEnumerable<ClassTag> Classes => _byClass.Keys;

    /// <summary>Whether an object or a chunk list of that id waits.</summary>
    public bool Has(Hash256 id) => _byId.ContainsKey((id, false)) || _byId.ContainsKey((id, true));

    public void Add(PendingObject pending)
    {
        if (pending.Record <= _through.GetValueOrDefault(pending.Class))
        {
            return;
        }

        if (TryFind(pending.Id, pending.Codec, [pending.Class], out _))
        {
            return;
        }

        ListOf(_byId, KeyOf(pending)).Add(pending);
        ListOf(_byClass, pending.Class).Add(pending);
        _perRecord[pending.Record] = _perRecord.GetValueOrDefault(pending.Record) + 1;
        TotalBytes += pending.Bytes.Length;
        _count++;
    }

    public long BytesOf(ClassTag tag) =>
        _byClass.TryGetValue(tag, out var list) ? list.Sum(pending => (long)pending.Bytes.Length) : 0;

    /// <summary>Everything of a class in log order.</summary>
    public IReadOnlyList<PendingObject> Of(ClassTag tag) => _byClass.TryGetValue(tag, out var list) ? [.. list] : [];

    /// <summary>Drops what a block has taken over: objects of a class from records up to a number.</summary>
    public void RemoveThrough(ClassTag tag, long record)
    {
        _through[tag] = Math.Max(record, _through.GetValueOrDefault(tag));
        if (!_byClass.TryGetValue(tag, out var list))
        {
            return;
        }

        foreach (var pending in list.Where(pending => pending.Record <= record))
        {
            Forget(pending);
        }

        list.RemoveAll(pending => pending.Record <= record);
        if (list.Count == 0)
        {
            _byClass.Remove(tag);
        }
    }

    /// <summary>Classes in which a content or chunk waits.</summary>
    public IEnumerable<ClassTag> ClassesOf(Hash256 id, bool isList = false) =>
        _byId.TryGetValue((id, isList), out var list) ? list.Select(pending => pending.Class) : [];

    /// <summary>Finds an object; an empty class list means any.</summary>
    public bool TryFind(
        Hash256 id, BlockCodec codec, IReadOnlyCollection<ClassTag> classes, out PendingObject? found)
    {
        found = null;
        if (_byId.TryGetValue((id, codec == BlockCodec.ChunkList), out var list))
        {
            found = list.Find(pending => classes.Count == 0 || classes.Contains(pending.Class));
        }

        return found is not null;
    }

    private static (Hash256 Id, bool IsList) KeyOf(PendingObject pending) =>
        (pending.Id, pending.Codec == BlockCodec.ChunkList);

    private static List<PendingObject> ListOf<TKey>(Dictionary<TKey, List<PendingObject>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists.Add(key, list = []);
        }

        return list;
    }

    private void Forget(PendingObject pending)
    {
        TotalBytes -= pending.Bytes.Length;
        _count--;
        var list = _byId[KeyOf(pending)];
        list.Remove(pending);
        if (list.Count == 0)
        {
            _byId.Remove(KeyOf(pending));
        }

        if (--_perRecord[pending.Record] == 0)
        {
            _perRecord.Remove(pending.Record);
        }
    }
}
