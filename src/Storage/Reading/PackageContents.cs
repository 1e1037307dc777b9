using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Eviction;
using Omega.P2P.Storage.Index;

namespace Omega.P2P.Storage.Reading;

/// <summary>
/// What an artifact keeps: its content, and where that is a package's manifest the package's files, which are contents
/// without an artifact of their own. Whoever asks what an artifact needs asks here. The manifest says it, so nothing is
/// stored for it; the newest few manifests are remembered. Thread-safe.
/// </summary>
internal sealed class PackageContents(StoreCore core)
{
    /// <summary>Files of remembered manifests together; one larger manifest is remembered alone.</summary>
    private const int RememberedMax = PackageManifest.PathCountMax;

    private readonly LinkedList<(ContentId Manifest, IReadOnlyDictionary<ContentId, long> Files)> _remembered = [];
    /// <summary>Packages whose wholeness is remembered.</summary>
    private const int WholeMax = 4096;

    private readonly Dictionary<ContentId, long> _whole = [];
    private readonly Lock _gate = new();

    /// <summary>The artifact's own content, then its package's files, each once.</summary>
    public IEnumerable<SizedContent> Of(ArtifactRecord record) =>
        FilesOf(record).Select(file => new SizedContent(file.Key, file.Value))
            .Prepend(new SizedContent(record.Content, record.Size));

    /// <summary>What leaves the disk when the artifact is evicted: a package keeps its manifest, for without it nobody
    /// could say what is missing.</summary>
    public IEnumerable<SizedContent> Evictable(ArtifactRecord record)
    {
        var files = FilesOf(record);
        return files.Count == 0
            ? [new SizedContent(record.Content, record.Size)]
            : files.Select(file => new SizedContent(file.Key, file.Value));
    }

    /// <summary>Files of a package with their sizes, but for empty ones, which take no bytes; none for anything else,
    /// and while the manifest is away.</summary>
    public IReadOnlyDictionary<ContentId, long> FilesOf(ArtifactRecord record)
    {
        if (record.Type != PackageManifest.TypeTag || record.Size > PackageManifest.SizeBytesMax)
        {
            return new Dictionary<ContentId, long>();
        }

        lock (_gate)
        {
            for (var node = _remembered.First; node is not null; node = node.Next)
            {
                if (node.Value.Manifest == record.Content)
                {
                    _remembered.Remove(node);
                    _remembered.AddFirst(node);
                    return node.Value.Files;
                }
            }
        }

        var files = new Dictionary<ContentId, long>();
        if (TryRead(record.Content, record.Size, out var manifest))
        {
            foreach (var file in manifest!.Files.Where(file => file.Size > 0))
            {
                files[file.Content] = file.Size;
            }

            Remember(record.Content, files);
        }

        return files;
    }

    /// <summary>Whether all files of a package were here when last looked at, and no bytes have gone since.</summary>
    public bool IsWhole(ContentId manifest)
    {
        lock (_gate)
        {
            return _whole.TryGetValue(manifest, out var losses) && losses == core.Chunks.Losses;
        }
    }

    /// <summary>Notes that all files of a package are here.</summary>
    /// <param name="manifest">Which.</param>
    /// <param name="losses"><see cref="ChunkIndex.Losses"/> as it was before they were looked at.</param>
    public void SetWhole(ContentId manifest, long losses)
    {
        lock (_gate)
        {
            if (_whole.Count >= WholeMax)
            {
                _whole.Clear();
            }

            _whole[manifest] = losses;
        }
    }

    /// <summary>The manifest; false where the content is none, or its bytes are away.</summary>
    public bool TryRead(ContentId content, long size, out PackageManifest? manifest)
    {
        manifest = null;
        if (size > PackageManifest.SizeBytesMax)
        {
            return false;
        }

        var bytes = new byte[size];
        try
        {
            using var reader = ContentReader.Open(core, content, size);
            reader.ReadAt(0, bytes);
        }
        catch (NotHereException)
        {
            return false; // evicted, perhaps between a look and this one
        }

        return PackageManifest.TryDecode(bytes, out manifest, out _);
    }

    private void Remember(ContentId manifest, IReadOnlyDictionary<ContentId, long> files)
    {
        lock (_gate)
        {
            _remembered.AddFirst((manifest, files));
            while (_remembered.Count > 1 && _remembered.Sum(known => known.Files.Count) > RememberedMax)
            {
                _remembered.RemoveLast();
            }
        }
    }
}
