using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Storage.Published;

/// <summary>
/// What is published to each audience, as one canonical prefix tree each over (ArtifactKey, BLAKE3 of the entry's
/// bytes); design section 9. In memory, made again from the local log on every start. Safe for use from several
/// threads.
/// </summary>
public sealed class PublishedSets
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, PublishedSet> _sets = new(StringComparer.Ordinal);

    /// <summary>
    /// One root for each audience that something was ever published to, by ascending name: what a snapshot commits to.
    /// Nodes of these roots stay available until the call after next, so that a follower who is still walking the
    /// former head's tree is not cut off.
    /// </summary>
    public IReadOnlyList<AudienceRoot> Roots()
    {
        lock (_gate)
            return [.. _sets.Select(s => new AudienceRoot(s.Key, s.Value.CommitRoot()))];
    }

    /// <summary>Publishes an artifact, or replaces the entry it is published with.</summary>
    /// <param name="audience">Who may read it.</param>
    /// <param name="key">The artifact.</param>
    /// <param name="entry">The catalog entry's bytes; kept, not copied.</param>
    /// <returns>BLAKE3 of the entry, which the public log's record states.</returns>
    public Hash256 Publish(string audience, ArtifactKey key, ReadOnlyMemory<byte> entry)
    {
        ArgumentException.ThrowIfNullOrEmpty(audience);
        lock (_gate)
        {
            if (!_sets.TryGetValue(audience, out PublishedSet? set))
                _sets[audience] = set = new PublishedSet();
            return set.Put(key, entry);
        }
    }

    /// <summary>Takes an artifact out of an audience's set; false where it was not in it.</summary>
    public bool Unpublish(string audience, ArtifactKey key)
    {
        lock (_gate)
            return _sets.TryGetValue(audience, out PublishedSet? set) && set.Remove(key);
    }

    /// <summary>The audiences an artifact is published to now, ascending.</summary>
    public IReadOnlyList<string> AudiencesOf(ArtifactKey key)
    {
        lock (_gate)
            return [.. _sets.Where(s => s.Value.TryEntry(key, out _)).Select(s => s.Key)];
    }

    /// <summary>Root of one audience's set as it is now; the empty root for an audience never published to.</summary>
    public Hash256 Root(string audience)
    {
        lock (_gate)
            return _sets.TryGetValue(audience, out PublishedSet? set) ? set.Root : PrefixTree.EmptyRoot;
    }

    /// <summary>A node of one audience's tree, of now or of the last two <see cref="Roots"/>; of no other's.</summary>
    public bool TryNode(string audience, Hash256 hash, out ReadOnlyMemory<byte> node)
    {
        lock (_gate)
        {
            node = default;
            return _sets.TryGetValue(audience, out PublishedSet? set) && set.TryNode(hash, out node);
        }
    }

    /// <summary>The entry an artifact is published with to one audience.</summary>
    public bool TryEntry(string audience, ArtifactKey key, out ReadOnlyMemory<byte> entry)
    {
        lock (_gate)
        {
            entry = default;
            return _sets.TryGetValue(audience, out PublishedSet? set) && set.TryEntry(key, out entry);
        }
    }

    /// <summary>Everything published now, ascending by audience and key: what a new epoch says again.</summary>
    public IReadOnlyList<Publication> All()
    {
        lock (_gate)
            return [.. _sets.SelectMany(s => s.Value.Entries().Select(e => new Publication(s.Key, e.Key, e.Value)))];
    }
}

/// <summary>One artifact published to one audience with these entry bytes.</summary>
public readonly record struct Publication(string Audience, ArtifactKey Key, ReadOnlyMemory<byte> Entry);
