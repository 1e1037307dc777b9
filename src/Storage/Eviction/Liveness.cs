using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage.Eviction;

/// <summary>
/// Answers who needs an object by walking the chunk lists of all contents: nothing is counted in memory, a question
/// costs one pass over the lists.
/// </summary>
internal sealed class Liveness(StoreCore core) : IDisposable
{
    private readonly ObjectReader _objects = new(core);

    /// <summary>Chunks of a content in order; itself where it is not cut.</summary>
    public IEnumerable<ChunkAt> ChunksOf(ContentId content, long size) =>
        new ContentLayout(
            _objects,
            core.TryReadList(content, out var list) ? list!.Chunks : ContentLayout.Single(content, size)).Walk();

    /// <summary>Those of the candidates that a content uses for which <paramref name="counts"/> holds.</summary>
    public HashSet<Hash256> UsedAmong(
        IReadOnlySet<Hash256> candidates, Func<IReadOnlyList<ArtifactRecord>, bool> counts)
    {
        var used = new HashSet<Hash256>();
        foreach (var (content, size) in Contents(counts))
        {
            foreach (var chunk in ChunksOf(content, size))
            {
                if (candidates.Contains(chunk.Id))
                {
                    used.Add(chunk.Id);
                }
            }
        }

        return used;
    }

    /// <summary>Where the candidates lie in artifacts' contents; one place each.</summary>
    public Dictionary<Hash256, (ContentId Parent, long Offset)> ParentsOf(IReadOnlySet<Hash256> candidates)
    {
        var parents = new Dictionary<Hash256, (ContentId Parent, long Offset)>();
        foreach (var (content, size) in Contents(_ => true))
        {
            foreach (var chunk in ChunksOf(content, size))
            {
                if (candidates.Contains(chunk.Id))
                {
                    parents.TryAdd(chunk.Id, (content, chunk.Start));
                }
            }
        }

        return parents;
    }

    /// <summary>Artifacts with bytes among the objects.</summary>
    public IReadOnlyList<ArtifactKey> ArtifactsUsing(IReadOnlySet<Hash256> objects)
    {
        List<ArtifactRecord> records;
        lock (core.State)
        {
            records = [.. core.Artifacts.InOrder()];
        }

        return [.. records
            .Where(record => objects.Contains(record.Content.Hash)
                || ChunksOf(record.Content, record.Size).Any(chunk => objects.Contains(chunk.Id)))
            .Select(record => record.Key).Distinct()];
    }

    public void Dispose() => _objects.Dispose();

    private List<(ContentId Content, long Size)> Contents(Func<IReadOnlyList<ArtifactRecord>, bool> counts)
    {
        lock (core.State)
        {
            return [.. core.Artifacts.Contents
                .Select(content => core.Artifacts.OfContent(content))
                .Where(counts)
                .Select(records => (records[0].Content, records[0].Size))];
        }
    }
}
