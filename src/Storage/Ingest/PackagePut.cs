using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;

namespace Omega.P2P.Storage.Ingest;

/// <summary>
/// A package being put: its files, in any order and from any thread, then its manifest. One commit, one attestation and
/// one receipt whatever the number of files; they stand under the manifest, which names each by its hash. Nothing of it
/// exists before <see cref="Complete"/> returns. Small files are held until a block is full; memory does not grow
/// beyond that and 100 bytes a file.
/// </summary>
public sealed class PackagePut : IDisposable
{
    private readonly DomainStore _store;
    private readonly StoreCore _core;
    private readonly Dictionary<ContentId, long> _files = [];
    private readonly List<StagedContent> _staged = [];
    private readonly List<InlineBytes> _held = [];
    private readonly Lock _gate = new();
    private BlockSink? _small;
    private long _heldBytes;

    internal PackagePut(DomainStore store, StoreCore core, PutRequest request)
    {
        _store = store;
        _core = core;
        Request = request;
        Use = core.UseOf(request.Audience, request.Tenant);
    }

    internal PutRequest Request { get; }

    internal ClassUse Use { get; }

    internal IReadOnlyDictionary<ContentId, long> Files => _files;

    /// <summary>Contents too large to share blocks, and what was found kept.</summary>
    internal IReadOnlyList<StagedContent> Staged => _staged;

    /// <summary>Small files that fit no full block, for the log; empty once <see cref="FlushSmall"/> was called.
    /// </summary>
    internal IReadOnlyList<InlineBytes> Held => _held;

    internal BlockSink? Small => _small;

    /// <summary>Adds a file that is in memory; a large one is best written piece by piece.</summary>
    /// <param name="content">Must not change until the package is completed.</param>
    /// <returns>Its content, for the manifest.</returns>
    /// <exception cref="IOException">The disk failed or is full; dispose the package.</exception>
    public ContentId Add(ReadOnlyMemory<byte> content)
    {
        if (content.Length > _core.Limits.InlineContentMax)
        {
            using var large = Begin();
            large.Write(content.Span);
            return large.End();
        }

        return Take(ContentWriter.Stage(_core, Use, content));
    }

    /// <summary>Begins a file of any size, in memory that does not grow with it.</summary>
    public PackageContent Begin() => new(this, new ContentWriter(_core, Use));

    /// <summary>Names a file whose bytes the store has: false where it does not, or not for this audience.</summary>
    public bool TryKeep(ContentId content, long size)
    {
        if (size > 0 && !_store.IsKept(content, Request.Audience, Request.Tenant))
        {
            return false;
        }

        lock (_gate)
        {
            return _files.TryAdd(content, size) || _files[content] == size;
        }
    }

    /// <summary>Has the manifest attested, and makes all of it durable and visible before returning.</summary>
    /// <param name="manifest">Each of its files was added or kept.</param>
    /// <param name="attest">As for <see cref="ArtifactPut.Complete"/>.</param>
    /// <param name="now">Recorded as the time of receipt.</param>
    /// <exception cref="IOException">Not acknowledged.</exception>
    /// <exception cref="StoreRefusedException"><c>package-incomplete</c>: a file was neither added nor kept, or what
    /// was kept is gone since; those of <see cref="ArtifactPut.Complete"/>.</exception>
    public PutResult Complete(PackageManifest manifest, AttestMany attest, Instant now)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(attest);
        lock (_gate)
        {
            return _store.CompletePackage(this, manifest, attest, now);
        }
    }

    /// <summary>Drops what was not completed.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var staged in _staged)
            {
                staged.Discard();
                staged.Release();
            }

            _small?.Discard();
            _small = null;
            _staged.Clear();
            _held.Clear();
        }
    }

    internal ContentId Take(StagedContent staged)
    {
        lock (_gate)
        {
            if (!_files.TryAdd(staged.Content, staged.Size))
            {
                staged.Discard();
                staged.Release();
            }
            else if (staged.IsSmall && staged.Inline.Count > 0)
            {
                _held.AddRange(staged.Inline);
                _heldBytes += staged.Size;
                if (_heldBytes >= _core.Limits.SmallBlockTarget)
                {
                    FlushSmall();
                }
            }
            else if (staged.Size > 0)
            {
                _staged.Add(staged);
            }
        }

        return staged.Content;
    }

    /// <summary>Moves what is held to blocks.</summary>
    internal void FlushSmall()
    {
        _small ??= new BlockSink(_core, Use.Class.Tag, _core.Limits.SmallBlockTarget);
        foreach (var held in _held)
        {
            _small.Add(held.Object.Id, held.Object.Codec, held.Bytes);
        }

        _held.Clear();
        _heldBytes = 0;
    }

    /// <summary>The blocks belong to the store now.</summary>
    internal void Keep()
    {
        _staged.ForEach(staged => staged.Keep());
        _small = null;
    }
}

/// <summary>One file of a package that comes piece by piece. Not thread-safe; several may be open side by
/// side.</summary>
public sealed class PackageContent : IDisposable
{
    private readonly PackagePut _package;
    private readonly ContentWriter _writer;

    internal PackageContent(PackagePut package, ContentWriter writer)
    {
        _package = package;
        _writer = writer;
    }

    /// <summary>Takes the next bytes; they are not kept after return.</summary>
    /// <exception cref="IOException">The disk failed or is full; dispose file and package.</exception>
    public void Write(ReadOnlySpan<byte> bytes) => _writer.Write(bytes);

    /// <summary>Ends the file and hands it to the package.</summary>
    public ContentId End() => _package.Take(_writer.Finish());

    /// <summary>Drops what was not ended.</summary>
    public void Dispose() => _writer.Dispose();
}
