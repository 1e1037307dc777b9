using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;

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
        DomainStore store, ArtifactKey key, IReadOnlyList<MissingContent> missing, IReadOnlyList<SizedContent> fresh,
        string audience, string spool)
    {
        _store = store;
        Key = key;
        Missing = missing;
        Fresh = fresh;
        Audience = audience;
        Wanted = Join(missing);
        Spool = new SpooledRanges(store.Files, spool);
    }

    /// <summary>The artifact.</summary>
    public ArtifactKey Key { get; }

    /// <summary>What to fetch: required ranges first, then those of neighbours, which only make blocks come back byte
    /// for byte.</summary>
    public IReadOnlyList<ContentRange> Wanted { get; }

    /// <summary>Files of a package that were never here: they come by an <see cref="Ingest.ImportBatch"/>, which is
    /// completed first.</summary>
    public IReadOnlyList<SizedContent> Fresh { get; }

    /// <summary>Whose bytes the artifact is packed with.</summary>
    public string Audience { get; }

    internal IReadOnlyList<MissingContent> Missing { get; }

    internal SpooledRanges Spool { get; }

    /// <summary>Takes bytes that the caller has verified against <paramref name="content"/>. Not kept after return.
    /// </summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void Write(ContentId content, long offset, ReadOnlySpan<byte> verified) =>
        Spool.Add(content, offset, verified);

    /// <summary>Rebuilds every block whose bytes are all at hand; places the artifact's own bytes anew where a
    /// neighbour's are missing. Durable on return.</summary>
    /// <returns>Blocks that came back byte for byte.</returns>
    /// <exception cref="StoreRefusedException"><c>incomplete</c>: a required range was not handed in;
    /// <c>wrong-content</c>: bytes handed in do not hash to their id. Nothing changed.</exception>
    public IReadOnlyList<BlockId> Complete(Instant now) => _store.CompleteRebuild(this, now);

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
