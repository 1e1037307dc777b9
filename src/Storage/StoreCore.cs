using System.Collections.Concurrent;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;
using Omega.P2P.Storage.Files;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>
/// What the store's parts share. Two locks, taken in this order: <see cref="Maintenance"/> for whatever moves or
/// removes
/// blocks (one at a time, held over disk calls), <see cref="State"/> for the indexes (short, never over disk calls).
/// </summary>
internal sealed class StoreCore : IDisposable
{
    private readonly Dictionary<Hash256, int> _pins = [];
    private readonly Dictionary<ClassTag, StorageClass> _classes = [];
    private readonly Dictionary<(string Audience, string? Tenant), StorageClass> _classesByName = [];
    private readonly ConcurrentDictionary<(string Audience, string? Tenant), ClassUse> _uses = [];

    public StoreCore(IFileSystem files, StoreOptions options)
    {
        (Files, Limits, Scheduler) = (files, options.Limits, options.Scheduler);
        Blocks = new BlockFiles(files);
        Index = IndexStore.Open(files, State, options.Limits.IndexMemory, out var dropped);
        IndexDropped = dropped;
        Chunks = new ChunkIndex(Index);
        Artifacts = new ArtifactIndex(Index);
    }

    public IFileSystem Files { get; }

    public StoreLimits Limits { get; }

    public IParallelScheduler Scheduler { get; }

    public BlockFiles Blocks { get; }

    /// <summary>The tables behind <see cref="Artifacts"/>, <see cref="Chunks"/> and the trees. Its gate is the state
    /// lock.</summary>
    public IndexStore Index { get; }

    /// <summary>Why the index that was on disk is of no use; null where it is, or there was none.</summary>
    public string? IndexDropped { get; set; }

    /// <summary>The record that is being replayed, or applied before there is a log; null once the store is open.
    /// </summary>
    public LogSpot? Replaying { get; set; }

    public Lock Maintenance { get; } = new();

    public Lock State { get; } = new();

    public ChunkIndex Chunks { get; }

    public PendingObjects Pending { get; } = new();

    public ArtifactIndex Artifacts { get; }

    /// <summary>Every class with its audience and tenant. Under the state lock.</summary>
    public IEnumerable<StorageClass> KnownClasses => _classes.Values.Where(known => !known.IsLists);

    /// <summary>Where the log has a record that is being replayed or applied.</summary>
    public LogSpot SpotOf(long record) => Replaying ?? Artifacts.Entries.Log!.SpotOf(record); // Set before any commit.

    public void Dispose() => Index.Dispose();

    /// <summary>What artifacts keep beyond their own content.</summary>
    public PackageContents Packages => field ??= new PackageContents(this);

    /// <summary>Classes seen so far, by their tag in blocks.</summary>
    public IReadOnlyCollection<StorageClass> Classes => _classes.Values;

    /// <summary>Objects that puts in flight found in the store and rely on.</summary>
    public IReadOnlyCollection<Hash256> Pins => _pins.Keys;

    /// <summary>Blocks that writes under way sealed early: no artifact needs them yet, and nobody takes them. Under the
    /// state lock.</summary>
    public HashSet<BlockId> InFlight { get; } = [];

    /// <summary>Contents, each with its class, whose import is under way. Under the state lock.</summary>
    public HashSet<string> Importing { get; } = [];

    /// <summary>Makes a class and its twin for lists known. Under the state lock.</summary>
    public StorageClass Know(string audience, string? tenant)
    {
        if (_classesByName.TryGetValue((audience, tenant), out var known))
        {
            return known;
        }

        var contents = new StorageClass(audience, tenant);
        _classesByName.Add((audience, tenant), contents);
        _classes.Add(contents.Tag, contents);
        _classes.Add(contents.Lists.Tag, contents.Lists);
        _uses.Clear();
        return contents;
    }

    /// <summary>A class, made known, with those whose bytes may serve as its own. Takes the state lock for one that is
    /// new. A class that becomes known at the same time may be missing: then its bytes are stored twice.</summary>
    public ClassUse UseOf(string audience, string? tenant)
    {
        if (_uses.TryGetValue((audience, tenant), out var use))
        {
            return use;
        }

        lock (State)
        {
            var known = Know(audience, tenant);
            return _uses[(audience, tenant)] = new ClassUse(known, UsableBy(known));
        }
    }

    /// <summary>Tags of the classes whose bytes may serve as this class's own. Under the state lock.</summary>
    public IReadOnlyCollection<ClassTag> UsableBy(StorageClass wanted) =>
        [.. _classes.Values.Where(wanted.MayUse).Select(known => known.Tag)];

    public bool TryGetClass(ClassTag tag, out StorageClass? known) => _classes.TryGetValue(tag, out known);

    /// <summary>Refuses bytes that the quota has no room for. Under the state lock.</summary>
    /// <exception cref="StoreRefusedException"><c>quota-bytes</c>.</exception>
    public void RequireRoom(long bytes)
    {
        if (Limits.QuotaBytes > 0 && bytes > 0
            && bytes + Pending.TotalBytes + Chunks.Totals.BytesHere > Limits.QuotaBytes)
        {
            throw new StoreRefusedException("quota-bytes", $"the quota of {Limits.QuotaBytes} bytes is used up");
        }
    }

    /// <summary>Whether a put in flight relies on an object.</summary>
    public bool IsPinned(Hash256 id) => _pins.ContainsKey(id);

    public void Pin(Hash256 id) => _pins[id] = _pins.GetValueOrDefault(id) + 1;

    public void Unpin(Hash256 id)
    {
        if (--_pins[id] == 0)
        {
            _pins.Remove(id);
        }
    }

    /// <summary>Whether an object is kept for one of these classes, in a block that stays or in the log.</summary>
    public bool IsKept(Hash256 id, BlockCodec codec, IReadOnlyCollection<ClassTag> classes) =>
        Chunks.IsKeptIn(id, codec, classes) || Pending.TryFind(id, codec, classes, out _);

    /// <summary>Whether anything of a content was ever here, for anybody; its bytes may be away. Under the state lock.
    /// </summary>
    public bool IsKnown(ContentId content) => Pending.Has(content.Hash) || Chunks.IsKnown(content.Hash);

    /// <summary>Where an object can be read now: bytes in the log, or a place in a block. Under the state
    /// lock.</summary>
    public bool TryLocate(Hash256 id, BlockCodec codec, out PendingObject? pending, out Place place)
    {
        place = default;
        return Pending.TryFind(id, codec, [], out pending) || Chunks.TryFindHere(id, codec, out place);
    }

    /// <summary>The chunk list of a content; false where it is not cut or not known.</summary>
    public bool TryReadList(ContentId content, out ChunkList? list)
    {
        list = null;
        using var reader = new ObjectReader(this);
        if (!reader.TryRead(content.Hash, BlockCodec.ChunkList, out var bytes))
        {
            return false;
        }

        return ChunkList.TryDecode(bytes, out list) && list!.Content == content.Hash
            ? true
            : throw new StoreDamagedException($"the chunk list of {content} is damaged");
    }
}
