using Omega.P2P.Primitives.Artifacts;
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
    private static readonly IReadOnlyDictionary<ContentId, long> EmptyFiles = new Dictionary<ContentId, long>();

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
            .Where(record => core.Packages.Of(record).Any(kept => objects.Contains(kept.Content.Hash)
                || ChunksOf(kept.Content, kept.Size).Any(chunk => objects.Contains(chunk.Id))))
            .Select(record => record.Key).Distinct()];
    }

    public void Dispose() => _objects.Dispose();

    /// <summary>Contents of the artifacts that count, files of packages among them; of a package that does not count
    /// its manifest, which stays when its files go.</summary>
    private IEnumerable<(ContentId Content, long Size)> Contents(Func<IReadOnlyList<ArtifactRecord>, bool> counts)
    {
        List<(ArtifactRecord Record, bool Counts, bool IsPackage)> all;
        lock (core.State)
        {
            all = [.. core.Artifacts.Contents
                .Select(content => core.Artifacts.OfContent(content))
                .Select(records => (
                    records.FirstOrDefault(IsPackage) ?? records[0], counts(records), records.Any(IsPackage)))];
        }

        foreach (var (record, isCounted, isPackage) in all)
        {
            var files = isPackage ? core.Packages.FilesOf(record) : EmptyFiles;
            if (isCounted || files.Count > 0)
            {
                yield return (record.Content, record.Size);
            }

            foreach (var file in isCounted ? files : EmptyFiles)
            {
                yield return (file.Key, file.Value);
            }
        }
    }

    private static bool IsPackage(ArtifactRecord record) => record.Type == PackageManifest.TypeTag;
}
