using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage;

/// <summary>Finding and reading.</summary>
public sealed partial class DomainStore
{
    /// <summary>The live artifact under a key; of several domains' this domain's own.</summary>
    public bool TryGet(ArtifactKey key, out ArtifactInfo? info)
    {
        ArtifactRecord? record;
        lock (_core.State)
        {
            _core.Artifacts.TryGetAny(key, DomainId, out record);
        }

        info = record is null ? null : InfoOf(record);
        return info is not null;
    }

    /// <summary>Live artifacts that pass the filter, by (created, key); with those that were removed where it says so.
    /// Lazy, in memory of one page; what comes or goes meanwhile may or may not be in it.</summary>
    public IEnumerable<ArtifactInfo> List(ArtifactFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return filter.Prefix is { } prefix
            ? Named(prefix, int.MaxValue, filter.IncludesRemoved)
                .Where(record => Passes(record, filter)).Select(InfoOf)
            : InPages(filter.IncludesRemoved).Where(record => Passes(record, filter)).Select(InfoOf);
    }

    /// <summary>Artifacts an id may mean, by (created, key); more than one is an ambiguous prefix, or one content under
    /// several descriptors.</summary>
    /// <param name="id">Any spelling, prefixes included. A block id finds the artifacts with bytes in it.</param>
    /// <param name="max">Stop after so many, at most <see cref="StoreLimits.ResolveMax"/>.</param>
    /// <param name="includesRemoved">Also those that are in history only; not by a block's id.</param>
    public IReadOnlyList<ArtifactInfo> Resolve(ParsedId id, int max, bool includesRemoved = false)
    {
        max = Math.Min(max, _core.Limits.ResolveMax);
        if (id.Kind == IdKind.Block)
        {
            return [.. ArtifactsIn(id).Take(max).Select(InfoOf)];
        }

        return [.. Named(id, max, includesRemoved).Take(max).Select(InfoOf)];
    }

    /// <summary>Opens a content that is wholly on this disk. Dispose the reader.</summary>
    /// <exception cref="NotHereException">Some bytes are away.</exception>
    /// <exception cref="StoreRefusedException"><c>unknown-content</c>: the store has never held it.</exception>
    public ContentReader OpenContent(ContentId id) => OpenContent(id, SizeOf(id));

    /// <summary>Opens an artifact's content, as above, without looking its size up again.</summary>
    public ContentReader OpenContent(ArtifactInfo artifact)
    {
        ArgumentNullException.ThrowIfNull(artifact);
        return OpenContent(artifact.Content, artifact.Size);
    }

    private ContentReader OpenContent(ContentId id, long size)
    {
        if (StateOf(id, size) != ArtifactState.Local)
        {
            throw new NotHereException(id, BlocksAwayOf(id, size));
        }

        return ContentReader.Open(_core, id, size);
    }

    /// <summary>Opens a sealed block that is on this disk. Dispose the reader.</summary>
    /// <exception cref="NotHereException">Its bytes were evicted.</exception>
    /// <exception cref="StoreRefusedException"><c>unknown-block</c>.</exception>
    /// <exception cref="StoreDamagedException">Its bytes do not hash to its name.</exception>
    public BlockReader OpenBlock(BlockId id)
    {
        lock (_core.State)
        {
            if (!_core.Chunks.TryGetBlock(id, out var block))
            {
                throw new StoreRefusedException("unknown-block", $"{id} is not known here");
            }

            if (!block!.IsHere)
            {
                throw new NotHereException($"the bytes of {id} are not on this disk");
            }
        }

        return BlockReader.Open(id, _core.Blocks.OpenBlock(id));
    }

    /// <summary>Whether every byte of a content is on this disk.</summary>
    public bool HasContent(ContentId id)
    {
        return TrySizeHere(id, out var size) && StateOf(id, size) == ArtifactState.Local;
    }

    /// <summary>Artifacts by (created, key), a page at a time under the state lock.</summary>
    /// <param name="includesRemoved">Also those that were removed.</param>
    /// <param name="last">Begin after this one; null: at the beginning.</param>
    private IEnumerable<ArtifactRecord> InPages(bool includesRemoved, ArtifactRecord? last = null)
    {
        const int PageCount = 128;
        var after = last is null ? [] : _core.Artifacts.PlaceAfter(last);
        List<ArtifactRecord> page;
        do
        {
            lock (_core.State)
            {
                page = _core.Artifacts.Page(ref after, PageCount, includesRemoved);
            }

            foreach (var record in page)
            {
                yield return record;
            }
        }
        while (page.Count == PageCount);
    }

    /// <summary>Artifacts that an id names by key, content or digest, by (created, key); of more than asked for,
    /// those that the tables hold first.</summary>
    private List<ArtifactRecord> Named(ParsedId id, int countMax, bool includesRemoved)
    {
        var found = new List<ArtifactRecord>();
        IndexTable[] keys = includesRemoved ? [IndexTable.Artifacts, IndexTable.Gone] : [IndexTable.Artifacts];
        IndexTable[] tables = id.Kind switch
        {
            IdKind.Content => [IndexTable.Contents],
            IdKind.Key => keys,
            IdKind.Block or IdKind.Sha256 => [],
            _ => [.. keys, IndexTable.Contents],
        };
        lock (_core.State)
        {
            foreach (var table in tables)
            {
                found.AddRange(_core.Artifacts.Between(table, id.First, id.Last)
                    .Where(record => includesRemoved || record.IsLive).Take(countMax));
            }

            if (id.Kind is IdKind.Any or IdKind.Sha256)
            {
                found.AddRange(_state.Aliases.Named(id, countMax).SelectMany(_core.Artifacts.OfContent)
                    .Where(record => includesRemoved || record.IsLive).Take(countMax));
            }
        }

        return
        [
            .. found.DistinctBy(record => (record.Key, record.Domain))
                .OrderBy(record => record.CreatedMs).ThenBy(record => record.Key).ThenBy(record => record.Domain),
        ];
    }

    private static bool Passes(ArtifactRecord record, ArtifactFilter filter) =>
        (record.IsLive || filter.IncludesRemoved)
        && (filter.Brane is null || record.Brane == filter.Brane)
        && (filter.Kind is null || record.Type == filter.Kind)
        && (filter.Domain is null || record.Domain == filter.Domain)
        && (filter.Audience is null || record.Audience == filter.Audience
            || record.Published.Contains(filter.Audience));

    private ArtifactInfo InfoOf(ArtifactRecord record) => new(
        record.Key, record.Content, record.Size, record.Type, record.Brane, record.Domain, record.CreatedMs,
        record.Audience, record.Tenant, [.. record.Published], StateOf(record))
    {
        Record = record,
        RemovedUnixMs = record.RemovedMs,
    };

    /// <summary>Whether the bytes are here; walks chunks only while some block is away.</summary>
    private ArtifactState StateOf(ContentId content, long size)
    {
        lock (_core.State)
        {
            if (size == 0 || _core.TryLocate(content.Hash, BlockCodec.Raw, out _, out _)
                || (_core.Chunks.AwayCount == 0 && _core.Artifacts.OfContent(content).Any(known => known.IsLive)))
            {
                return ArtifactState.Local;
            }
        }

        try
        {
            return StateOfChunks(content);
        }
        catch (StoreDamagedException)
        {
            // A list that has rotted tells of no chunk: not whole, and listed all the same (law 3).
            return ArtifactState.Partial;
        }
    }

    private ArtifactState StateOfChunks(ContentId content)
    {
        if (!_core.TryReadList(content, out var list))
        {
            return ArtifactState.Evicted;
        }

        using var objects = new ObjectReader(_core);
        var (here, away) = (0L, 0L);
        foreach (var chunk in new ContentLayout(objects, list!.Chunks).Walk())
        {
            var isHere = IsHere(chunk.Id);
            here += isHere ? 1 : 0;
            away += isHere ? 0 : 1;
            if (here > 0 && away > 0)
            {
                return ArtifactState.Partial;
            }
        }

        return away == 0 ? ArtifactState.Local : ArtifactState.Evicted;
    }

    private bool IsHere(Hash256 chunk)
    {
        lock (_core.State)
        {
            return _core.TryLocate(chunk, BlockCodec.Raw, out _, out _);
        }
    }

    /// <summary>Chunks of a content in order; itself where it is not cut.</summary>
    private IEnumerable<ChunkAt> ChunksOf(ContentId content, long size, ObjectReader objects)
    {
        var root = _core.TryReadList(content, out var list)
            ? list!.Chunks
            : ContentLayout.Single(content, size);
        return new ContentLayout(objects, root).Walk();
    }

    private List<BlockId> BlocksAwayOf(ContentId content, long size)
    {
        using var objects = new ObjectReader(_core);
        var blocks = new HashSet<BlockId>();
        foreach (var chunk in ChunksOf(content, size, objects))
        {
            lock (_core.State)
            {
                if (!_core.TryLocate(chunk.Id, BlockCodec.Raw, out _, out _))
                {
                    blocks.UnionWith(_core.Chunks.PlacesOf(chunk.Id, BlockCodec.Raw).Select(place => place.Block.Id));
                }
            }
        }

        return [.. blocks.Order()];
    }

    private IEnumerable<ArtifactRecord> ArtifactsIn(ParsedId block)
    {
        // Whole bytes of a prefix narrow the walk; the odd digit is compared.
        var first = block.First.AsSpan();
        var last = block.Last.AsSpan();
        var ids = BlocksById(first[..first.CommonPrefixLength(last)].ToArray())
            .Select(known => known.Id).Where(id => block.Matches(id.Hash)).ToList();
        var objects = ids.SelectMany(id => _core.Blocks.ReadDirectory(id).Entries).Select(entry => entry.Id).Distinct();
        return UsersOf(objects).Values.SelectMany(users => users).Where(record => record.IsLive)
            .DistinctBy(record => (record.Key, record.Domain))
            .OrderBy(record => record.CreatedMs).ThenBy(record => record.Key);
    }
}
