using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;

namespace Omega.P2P.Storage;

/// <summary>Packages: one artifact, whose manifest names files that are contents without an artifact of their
/// own.</summary>
public sealed partial class DomainStore
{
    /// <summary>Begins a package.</summary>
    /// <param name="request">Its type is <see cref="PackageManifest.TypeTag"/>.</param>
    /// <exception cref="StoreReadOnlyException">Writes are refused.</exception>
    public PackagePut BeginPackage(PutRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequireWritable();
        RequireSpareRoom();
        RequireAcceptable(request);
        MovePendingWhenOver(_core.Limits.PendingMax);
        return new PackagePut(this, _core, request);
    }

    /// <summary>The manifest of a package whose manifest is here.</summary>
    /// <exception cref="StoreRefusedException"><c>not-a-package</c>.</exception>
    /// <exception cref="NotHereException">Its bytes are away.</exception>
    public PackageManifest ReadPackage(ContentId content)
    {
        if (!HasContent(content))
        {
            throw new NotHereException(content, []);
        }

        return _core.Packages.TryRead(content, SizeOf(content), out var manifest)
            ? manifest!
            : throw new StoreRefusedException("not-a-package", $"{content} is no package's manifest");
    }

    /// <summary>Whether every byte of a content is kept for this audience, so that a package may name it without
    /// bringing it. Nothing is held for it.</summary>
    public bool IsKept(ContentId content, string audience, string? tenant)
    {
        var use = _core.UseOf(audience, tenant);
        lock (_core.State)
        {
            if (_core.IsKept(content.Hash, BlockCodec.Raw, use.Usable))
            {
                return true;
            }
        }

        return IsCutAndKept(content, use);
    }

    /// <summary>Files of packages that an id may mean: a content, or a prefix of one.</summary>
    /// <param name="id">A block's or an artifact's id means none.</param>
    /// <param name="max">Stop after so many.</param>
    public IReadOnlyList<PackagedFile> FindPackaged(ParsedId id, int max)
    {
        if (id.Kind is not (IdKind.Any or IdKind.Content))
        {
            return [];
        }

        CatchUpBriefly();
        var named = new List<(ContentId File, ArtifactRecord Package)>();
        lock (_core.State)
        {
            foreach (var file in _state.Uses.UsedBetween(id.First, id.Last, UseKind.Package).Select(ContentId.From))
            {
                if (_state.Uses.PackagesWith(file).FirstOrDefault(package => package.IsLive) is { } package)
                {
                    named.Add((file, package));
                }

                if (named.Count == max)
                {
                    break;
                }
            }
        }

        var found = new List<PackagedFile>();
        foreach (var (file, package) in named)
        {
            if (_core.Packages.FilesOf(package).TryGetValue(file, out var size))
            {
                found.Add(new PackagedFile(file, size, package.Key, package.Domain));
            }
        }

        return found;
    }

    /// <summary>Live packages that name a content as a file. Of packages that came in a moment ago some may not be
    /// known yet.</summary>
    public IReadOnlyList<ArtifactInfo> PackagesWith(ContentId content)
    {
        CatchUpBriefly();
        return [.. PackageRecordsWith(content).Select(InfoOf)];
    }

    /// <summary>Length of a content whose bytes, or an artifact of it, are known.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-content</c>.</exception>
    public long SizeOf(ContentId id) => TrySizeOf(id, out var size)
        ? size
        : throw new StoreRefusedException("unknown-content", $"{id} is not known here");

    internal bool IsCutAndKept(ContentId content, ClassUse use)
    {
        lock (_core.State)
        {
            if (!_core.IsKept(content.Hash, BlockCodec.ChunkList, _core.UsableBy(use.Class.Lists)))
            {
                return false;
            }
        }

        if (!_core.TryReadList(content, out var list))
        {
            return false;
        }

        using var objects = new Reading.ObjectReader(_core);
        foreach (var chunk in new Reading.ContentLayout(objects, list!.Chunks).Walk())
        {
            lock (_core.State)
            {
                if (!_core.IsKept(chunk.Id, BlockCodec.Raw, use.Usable))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool TrySizeOf(ContentId id, out long size)
    {
        if (TrySizeHere(id, out size))
        {
            return true;
        }

        CatchUpBriefly();
        foreach (var record in PackageRecordsWith(id))
        {
            if (_core.Packages.FilesOf(record).TryGetValue(id, out size))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The same without asking the manifests of packages, whose files may be away.</summary>
    private bool TrySizeHere(ContentId id, out long size)
    {
        size = 0;
        lock (_core.State)
        {
            if (_core.Artifacts.OfContent(id).FirstOrDefault() is { } known)
            {
                size = known.Size;
                return true;
            }

            if (_core.TryLocate(id.Hash, BlockCodec.Raw, out var pending, out var place))
            {
                size = pending?.Bytes.Length ?? place.Length;
                return true;
            }
        }

        if (_core.TryReadList(id, out var list))
        {
            size = list!.Size;
            return true;
        }

        return id == ContentId.Of([]);
    }

    private List<ArtifactRecord> PackageRecordsWith(ContentId content)
    {
        lock (_core.State)
        {
            return [.. _state.Uses.PackagesWith(content).Where(package => package.IsLive)];
        }
    }

    /// <summary>Whether a package's manifest is here and some file of it is away. Ends at the first one.</summary>
    public bool LacksFiles(ArtifactKey key)
    {
        ArtifactRecord? record;
        lock (_core.State)
        {
            _core.Artifacts.TryGetAny(key, DomainId, out record);
        }

        return record is not null && record.Type == PackageManifest.TypeTag && !_core.Packages.IsWhole(record.Content)
            && _core.Packages.FilesOf(record).Any(file => StateOfFile(file.Key, file.Value) != ArtifactState.Local);
    }

    /// <summary>Of a package: whether its files are here as well. Where nothing was evicted, own ones are.</summary>
    private ArtifactState StateOf(ArtifactRecord record)
    {
        var own = StateOf(record.Content, record.Size);
        lock (_core.State)
        {
            if (own != ArtifactState.Local || record.Type != PackageManifest.TypeTag
                || (_core.Chunks.AwayCount == 0 && record.Domain == DomainId))
            {
                return own;
            }
        }

        if (_core.Packages.IsWhole(record.Content))
        {
            return ArtifactState.Local;
        }

        var losses = _core.Chunks.Losses;
        var states = _core.Packages.FilesOf(record).Select(file => StateOfFile(file.Key, file.Value))
            .Distinct().Take(2).ToList();
        switch (states)
        {
            case [] or [ArtifactState.Local]:
                _core.Packages.SetWhole(record.Content, losses);
                return ArtifactState.Local;
            case [var all]:
                return all;
            default:
                return ArtifactState.Partial;
        }
    }

    private ArtifactState StateOfFile(ContentId content, long size)
    {
        bool isKnown;
        lock (_core.State)
        {
            isKnown = size == 0 || _core.IsKnown(content);
        }

        return isKnown ? StateOf(content, size) : ArtifactState.Evicted;
    }
}

/// <summary>A file of a package.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Size">Their count.</param>
/// <param name="Package">A package that names it.</param>
/// <param name="Domain">The package's domain.</param>
public sealed record PackagedFile(ContentId Content, long Size, ArtifactKey Package, DomainId Domain);
