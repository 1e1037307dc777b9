using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// What one journey through the mesh brings here: artifacts of other domains, whose entries the caller has verified,
/// and contents, whose bytes were proven. Ask <see cref="Need"/> for each content, bring it as the answer says, then
/// <see cref="Complete"/>: one commit for all. Nothing of an artifact exists before. Contents may be brought from
/// several threads.
/// </summary>
public sealed class ImportBatch : IDisposable
{
    /// <summary>Contents up to this size are taken whole, in memory, and share blocks (guess).</summary>
    public const int WholeMax = 1 << 20;

    private readonly DomainStore _store;
    private readonly StoreCore _core;
    private readonly SortedDictionary<string, ImportClass> _classes = new(StringComparer.Ordinal);
    private readonly List<ImportedArtifact> _artifacts = [];
    private readonly List<ContentImport> _imports = [];
    private readonly Lock _gate = new();
    private bool _isOver;
    private bool _isComplete;

    internal ImportBatch(DomainStore store, StoreCore core)
    {
        _store = store;
        _core = core;
    }

    internal IReadOnlyList<ImportedArtifact> Artifacts => _artifacts;

    internal IReadOnlyCollection<ImportClass> Classes => _classes.Values;

    /// <summary>Names an artifact that shall be here in the end; its content is asked for by <see cref="Need"/>.
    /// </summary>
    /// <param name="entry">Descriptor and signatures, verified.</param>
    /// <param name="source">The domain they are of.</param>
    /// <param name="audience">Whose bytes it is packed with here.</param>
    /// <exception cref="StoreRefusedException"><c>name-refused</c>: the audience is no tag.</exception>
    public void Add(SignedArtifact entry, DomainId source, string audience)
    {
        ArgumentNullException.ThrowIfNull(entry);
        DomainStore.RequireTag(audience, "audience");
        _artifacts.Add(new ImportedArtifact(entry, source, audience));
    }

    /// <summary>How a content has to come. One that is here for nobody of this audience is copied at the end.
    /// </summary>
    public ImportNeed Need(ContentId content, long size, string audience)
    {
        var use = ClassOf(audience);
        if (!use.Contents.TryAdd(content, size) || size == 0)
        {
            return ImportNeed.Nothing;
        }

        if (use.IsKnown(content))
        {
            if (_store.IsKept(content, audience, tenant: null))
            {
                return ImportNeed.Nothing;
            }

            if (_store.HasContent(content))
            {
                use.Local.Add(content);
                return ImportNeed.Nothing;
            }
        }

        return size <= Math.Max(WholeMax, _core.Limits.InlineContentMax) ? ImportNeed.Whole : ImportNeed.Groups;
    }

    /// <summary>Brings a content whole.</summary>
    /// <param name="content">What was proven.</param>
    /// <param name="audience">Whose.</param>
    /// <param name="bytes">Its bytes, the store's from here on.</param>
    /// <exception cref="StoreRefusedException"><c>wrong-content</c>: they are not.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void AddWhole(ContentId content, string audience, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        var use = ClassOf(audience);
        if (bytes.Length > _core.Limits.InlineContentMax)
        {
            use.AddCut(content, bytes);
            return;
        }

        var staged = ContentWriter.Stage(_core, use.Use, bytes);
        if (staged.Content != content)
        {
            staged.Release();
            throw WrongContent(staged.Content, content);
        }

        use.AddSmall(staged);
    }

    /// <summary>Begins a content that comes in groups.</summary>
    public ContentImport Begin(ContentId content, long size, string audience)
    {
        var use = ClassOf(audience);
        var import = new ContentImport(_core, use.Use, content, size, _store.SealingEach(blocks: 1));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            use.Imports.Add(import);
            _imports.Add(import);
        }

        return import;
    }

    /// <summary>Makes all of it durable and visible.</summary>
    /// <param name="now">Recorded as the time it came.</param>
    /// <exception cref="IOException">Not acknowledged.</exception>
    /// <exception cref="StoreRefusedException"><c>incomplete</c>, <c>wrong-content</c>, <c>entry-too-large</c>, or a
    /// quota; nothing became visible.</exception>
    public void Complete(Instant now)
    {
        _store.CompleteImport(this, now);
        _isComplete = true;
        _imports.ForEach(import => import.Complete());
    }

    /// <summary>Drops what was not completed; of contents in groups what is on the disk stays for the next time.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _imports.ForEach(import => import.Dispose());
            foreach (var use in _classes.Values)
            {
                use.Discard();
            }
        }
    }

    /// <summary>Whether it was completed, and a content of an audience is here since then.</summary>
    internal bool HasBrought(ContentId content, string audience) =>
        _isComplete && ClassOf(audience).Contents.ContainsKey(content);

    internal static StoreRefusedException WrongContent(ContentId found, ContentId wanted) =>
        new("wrong-content", $"the bytes are {found}, not {wanted}");

    private ImportClass ClassOf(string audience)
    {
        DomainStore.RequireTag(audience, "audience");
        lock (_gate)
        {
            if (!_classes.TryGetValue(audience, out var use))
            {
                use = new ImportClass(_core, _core.UseOf(audience, tenant: null), _store);
                _classes.Add(audience, use);
            }

            return use;
        }
    }
}

/// <summary>How a content has to be brought to an <see cref="ImportBatch"/>.</summary>
public enum ImportNeed
{
    /// <summary>Not at all.</summary>
    Nothing,

    /// <summary>By <see cref="ImportBatch.AddWhole"/>.</summary>
    Whole,

    /// <summary>By <see cref="ImportBatch.Begin"/>, from its <see cref="ContentImport.Position"/> on.</summary>
    Groups,
}

/// <summary>An artifact of another domain before its commit.</summary>
internal sealed record ImportedArtifact(SignedArtifact Entry, DomainId Source, string Audience);
