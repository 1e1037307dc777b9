using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Storage.Published;

/// <summary>
/// What is published to each audience, as one canonical prefix tree each over (ArtifactKey, BLAKE3 of the entry's
/// bytes); design section 9. A snapshot of them costs what changed since the last. Rows and nodes are in the index,
/// entries in the local log; made again from that where they are lost. Safe for use from several threads.
/// </summary>
public sealed class PublishedSets
{
    private readonly IndexStore _tables;
    private readonly EntrySource? _entries;
    private readonly Dictionary<Hash256, ReadOnlyMemory<byte>> _inMemory = [];
    private readonly SortedDictionary<string, PublishedSet> _sets = new(StringComparer.Ordinal);

    /// <summary>Sets of their own, in memory.</summary>
    public PublishedSets() => _tables = IndexStore.InMemory();

    internal PublishedSets(IndexStore tables, EntrySource entries) => (_tables, _entries) = (tables, entries);

    /// <summary>Whether the tree of an audience that becomes known is made of its whole set when it is first asked for,
    /// instead of change by change: while a log is replayed from its beginning.</summary>
    internal bool MakesStaleTrees { get; set; }

    /// <summary>The audiences something was ever published to. Under the gate.</summary>
    internal IEnumerable<string> Audiences => _sets.Keys;

    /// <summary>Trees of all sets. Under the gate.</summary>
    internal IEnumerable<PathTree> Trees => _sets.Values.Select(set => set.Tree);

    /// <summary>
    /// One root for each audience that something was ever published to, by ascending name: what a snapshot commits to.
    /// Nodes of these roots stay available until the call after next, so that a follower who is still walking the
    /// former head's tree is not cut off.
    /// </summary>
    public IReadOnlyList<AudienceRoot> Roots()
    {
        lock (_tables.Gate)
        {
            return [.. _sets.Select(s => new AudienceRoot(s.Key, s.Value.Tree.CommitRoot()))];
        }
    }

    /// <summary>Publishes an artifact, or replaces the entry it is published with, in sets of their own.</summary>
    /// <param name="audience">Who may read it.</param>
    /// <param name="key">The artifact.</param>
    /// <param name="entry">The catalog entry's bytes; kept, not copied.</param>
    /// <returns>BLAKE3 of the entry, which the public log's record states.</returns>
    public Hash256 Publish(string audience, ArtifactKey key, ReadOnlyMemory<byte> entry)
    {
        var hash = Blake3.Hash(entry.Span);
        lock (_tables.Gate)
        {
            _inMemory[hash] = entry;
            Publish(audience, key, hash, default);
        }

        return hash;
    }

    /// <summary>Takes an artifact out of an audience's set; false where it was not in it.</summary>
    public bool Unpublish(string audience, ArtifactKey key)
    {
        lock (_tables.Gate)
        {
            return _sets.TryGetValue(audience, out var set) && set.Remove(key);
        }
    }

    /// <summary>The audiences an artifact is published to now, ascending.</summary>
    public IReadOnlyList<string> AudiencesOf(ArtifactKey key)
    {
        lock (_tables.Gate)
        {
            return [.. _sets.Where(s => s.Value.TryGet(key, out _, out _)).Select(s => s.Key)];
        }
    }

    /// <summary>Root of one audience's set as it is now; the empty root for an audience never published to.</summary>
    public Hash256 Root(string audience)
    {
        lock (_tables.Gate)
        {
            return _sets.TryGetValue(audience, out var set) ? set.Tree.Root : PrefixTree.EmptyRoot;
        }
    }

    /// <summary>A node of one audience's tree, of now or of the last two <see cref="Roots"/>; of no other's. Of former
    /// roots, the 4,096 nodes that changed first.</summary>
    public bool TryNode(string audience, Hash256 hash, out ReadOnlyMemory<byte> node)
    {
        lock (_tables.Gate)
        {
            node = default;
            return _sets.TryGetValue(audience, out var set) && set.Tree.TryNode(hash, out node);
        }
    }

    /// <summary>The entry an artifact is published with to one audience.</summary>
    public bool TryEntry(string audience, ArtifactKey key, out ReadOnlyMemory<byte> entry)
    {
        entry = default;
        Hash256 hash;
        LogSpot spot;
        lock (_tables.Gate)
        {
            if (!_sets.TryGetValue(audience, out var set) || !set.TryGet(key, out hash, out spot))
            {
                return false;
            }
        }

        entry = EntryOf(hash, spot);
        return true;
    }

    /// <summary>What happened to one audience's set since there were so many changes, for whoever follows it: each key
    /// that was put or removed, once. A replaced entry is a change, too.</summary>
    /// <param name="audience">Whose set.</param>
    /// <param name="changes">How many changes were seen; becomes how many there are. Below zero: none was.</param>
    /// <param name="keys">The keys.</param>
    /// <returns>False where so long ago is not remembered: then <see cref="KeysOf"/> tells all.</returns>
    public bool TryFollow(string audience, ref long changes, out IReadOnlyList<ArtifactKey> keys)
    {
        lock (_tables.Gate)
        {
            keys = [];
            if (!_sets.TryGetValue(audience, out var set))
            {
                changes = 0;
                return true;
            }

            var isRemembered = set.TryChangesSince(changes, out keys);
            changes = set.Changes;
            return isRemembered;
        }
    }

    /// <summary>Whether an artifact is published to one audience now.</summary>
    public bool Contains(string audience, ArtifactKey key)
    {
        lock (_tables.Gate)
        {
            return _sets.TryGetValue(audience, out var set) && set.TryGet(key, out _, out _);
        }
    }

    /// <summary>Keys published to one audience now, ascending.</summary>
    public IReadOnlyList<ArtifactKey> KeysOf(string audience)
    {
        lock (_tables.Gate)
        {
            if (!_sets.ContainsKey(audience))
            {
                return [];
            }
        }

        return [.. Of(audience).Select(published => published.Key)];
    }

    /// <summary>Everything published now, ascending by audience and key: what a new epoch says again. Lazy; what
    /// changes meanwhile may or may not be in it.</summary>
    public IEnumerable<Publication> All()
    {
        List<string> audiences;
        lock (_tables.Gate)
        {
            audiences = [.. _sets.Keys];
        }

        return audiences.SelectMany(Of);
    }

    internal void Publish(string audience, ArtifactKey key, Hash256 entryHash, LogSpot spot) =>
        Know(audience).Put(key, entryHash, spot);

    /// <summary>Makes an audience's set known. Under the gate.</summary>
    internal PublishedSet Know(string audience)
    {
        ArgumentException.ThrowIfNullOrEmpty(audience);
        if (!_sets.TryGetValue(audience, out var set))
        {
            _sets[audience] = set = new PublishedSet(_tables, audience) { Tree = { IsStale = MakesStaleTrees } };
        }

        return set;
    }

    private IEnumerable<Publication> Of(string audience)
    {
        const int Batch = 256;
        var from = default(ArtifactKey);
        while (true)
        {
            List<(ArtifactKey Key, Hash256 Hash, LogSpot Spot)> found = [];
            lock (_tables.Gate)
            {
                foreach (var (key, hash) in _sets[audience].From(from, Batch))
                {
                    _sets[audience].TryGet(key, out _, out var spot);
                    found.Add((key, hash, spot));
                }
            }

            foreach (var (key, hash, spot) in found.Where(entry => entry.Key != from))
            {
                yield return new Publication(audience, key, hash, () => EntryOf(hash, spot));
            }

            if (found.Count < Batch)
            {
                yield break;
            }

            from = found[^1].Key;
        }
    }

    private ReadOnlyMemory<byte> EntryOf(Hash256 hash, LogSpot spot) =>
        _entries is null ? _inMemory[hash] : _entries.Read(spot, hash);
}

/// <summary>One artifact published to one audience.</summary>
/// <param name="Audience">Who may read it.</param>
/// <param name="Key">The artifact.</param>
/// <param name="EntryHash">BLAKE3 of the entry it is published with.</param>
/// <param name="Read">Reads that entry.</param>
public readonly record struct Publication(
    string Audience, ArtifactKey Key, Hash256 EntryHash, Func<ReadOnlyMemory<byte>> Read)
{
    /// <summary>The entry's bytes, read anew each time.</summary>
    public ReadOnlyMemory<byte> Entry => Read();
}
