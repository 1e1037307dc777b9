using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage.Eviction;

/// <summary>
/// An evicted artifact coming back. Hand in the wanted ranges in any order, each verified against its content's id;
/// <see cref="Complete"/> puts blocks together, checks every object and every BlockId, and makes them durable.
/// Disposing
/// it earlier leaves no trace. One thread at a time.
/// </summary>
public sealed class ArtifactRebuild : IDisposable
{
    private readonly DomainStore _store;

    internal ArtifactRebuild(
        DomainStore store, ArtifactRecord artifact, long losses, IReadOnlyList<MissingContent> missing,
        IReadOnlyList<SizedContent> fresh, string spool)
    {
        _store = store;
        Artifact = artifact;
        Losses = losses;
        Missing = missing;
        Fresh = fresh;
        Wanted = Join(missing);
        Spool = new SpooledRanges(store.Files, spool);
    }

    /// <summary>The artifact.</summary>
    public ArtifactKey Key => Artifact.Key;

    /// <summary>What to fetch: required ranges first, then those of neighbours, which only make blocks come back byte
    /// for byte.</summary>
    public IReadOnlyList<ContentRange> Wanted { get; }

    /// <summary>Files of a package that were never here: they come by an <see cref="ImportBatch"/>, which is
    /// completed first.</summary>
    public IReadOnlyList<SizedContent> Fresh { get; }

    /// <summary>Whose bytes the artifact is packed with.</summary>
    public string Audience => Artifact.Audience;

    internal ArtifactRecord Artifact { get; }

    /// <summary><see cref="ChunkIndex.Losses"/> before it was looked at what is missing.</summary>
    internal long Losses { get; }

    internal IReadOnlyList<MissingContent> Missing { get; }

    internal SpooledRanges Spool { get; }

    /// <summary>Takes bytes that the caller has verified against <paramref name="content"/>. Not kept after return.
    /// </summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void Write(ContentId content, long offset, ReadOnlySpan<byte> verified) =>
        Spool.Add(content, offset, verified);

    /// <summary>Rebuilds every block whose bytes are all at hand; places the artifact's own bytes anew where a
    /// neighbour's are missing. Durable on return.</summary>
    /// <param name="now">Recorded as the time it came.</param>
    /// <param name="fresh">The batch that brought <see cref="Fresh"/>, completed; null where there is nothing of that.
    /// </param>
    /// <returns>Blocks that came back byte for byte.</returns>
    /// <exception cref="StoreRefusedException"><c>incomplete</c>: a required range was not handed in;
    /// <c>wrong-content</c>: bytes handed in do not hash to their id. Nothing changed.</exception>
    public IReadOnlyList<BlockId> Complete(Instant now, ImportBatch? fresh = null)
    {
        var blocks = _store.CompleteRebuild(this, now);
        if (Fresh.Count == 0 || (fresh is not null && Fresh.All(file => fresh.HasBrought(file.Content, Audience))))
        {
            _store.SetWhole(this);
        }

        return blocks;
    }

    /// <inheritdoc/>
    public void Dispose() => Spool.Dispose();

    private static List<ContentRange> Join(IReadOnlyList<MissingContent> missing)
    {
        var ranges = new List<ContentRange>();
        var ordered = missing.OrderByDescending(part => part.IsRequired)
            .ThenBy(part => part.Parent).ThenBy(part => part.ParentOffset);
        foreach (var part in ordered)
        {
            if (ranges.Count > 0 && ranges[^1] is var last && last.Content == part.Parent
                && last.IsRequired == part.IsRequired && last.Offset + last.Length == part.ParentOffset)
            {
                ranges[^1] = last with { Length = last.Length + part.Length };
            }
            else
            {
                ranges.Add(new ContentRange(part.Parent, part.ParentOffset, part.Length, part.IsRequired));
            }
        }

        return ranges;
    }
}
