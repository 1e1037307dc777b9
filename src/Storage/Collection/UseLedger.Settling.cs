using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage.Collection;

/// <summary>Settling one content, or one block. Rows are put in and taken out in steps, each of which may be repeated:
/// what was stopped half-way is done again.</summary>
internal sealed partial class UseLedger
{
    /// <summary>Rows written under one hold of the state lock.</summary>
    private const int StepCount = 1024;

    private void SettleContent(ContentId content, ObjectReader objects)
    {
        var isLookedAt = false;
        while (true)
        {
            long record;
            lock (core.State)
            {
                record = TouchedBy(content);
            }

            SettlePackage(content, record);
            bool isKept;
            Phase phase;
            lock (core.State)
            {
                SettleReferences(content, record);
                isKept = Keeps(content);
                phase = PhaseOf(content.Hash, UseKind.Object);
            }

            if (IsCut(content, isKept, phase, out var list) && phase != (isKept ? Phase.Whole : Phase.None))
            {
                SetObjects(content, list!, objects, isKept, record);
                isLookedAt = true;
                continue;
            }

            if (list is not null && !isKept && !isLookedAt)
            {
                // Put and removed since the last time: it has no rows, and its objects may be nobody's.
                Look(list, objects, record);
                isLookedAt = true;
            }

            lock (core.State)
            {
                SettleReferences(content, record);
                if (Keeps(content) != isKept || !IsPackageSettled(content, out _) || TouchedBy(content) != record)
                {
                    isLookedAt = false;
                    continue;
                }

                SetRow(content.Hash, isList: false, record);
                SetRow(content.Hash, isList: true, record);
                ForgetTouched(content);
                return;
            }
        }
    }

    private bool IsCut(ContentId content, bool isKept, Phase phase, out ChunkList? list)
    {
        list = null;
        try
        {
            if (core.TryReadList(content, out list))
            {
                return true;
            }
        }
        catch (StoreDamagedException) when (!isKept)
        {
            // What it used is found without it.
            list = null;
        }

        if (!isKept)
        {
            if (phase != Phase.None)
            {
                ForgetUsersWithoutList();
            }

            return false;
        }

        lock (core.State)
        {
            return phase == Phase.None && !core.Chunks.IsPlaced(content.Hash, BlockCodec.ChunkList)
                ? false
                : throw new StoreDamagedException($"the chunk list of {content} cannot be read");
        }
    }

    /// <summary>Notes that a content uses its objects, or does not any more.</summary>
    private void SetObjects(ContentId content, ChunkList list, ObjectReader objects, bool isKept, long record)
    {
        SetPhaseNow(content.Hash, UseKind.Object, Phase.Partial);
        foreach (var step in ObjectsOf(list, objects).Chunk(StepCount))
        {
            lock (core.State)
            {
                foreach (var id in step)
                {
                    SetUse(id, UseKind.Object, content.Hash, isKept);
                    SetRow(id, isList: false, isKept || IsNeeded(id, isList: false), record);
                }
            }
        }

        SetPhaseNow(content.Hash, UseKind.Object, isKept ? Phase.Whole : Phase.None);
    }

    private void SetPhaseNow(Hash256 user, UseKind kind, Phase phase)
    {
        lock (core.State)
        {
            SetPhase(user, kind, phase);
        }
    }

    private void Look(ChunkList list, ObjectReader objects, long record)
    {
        foreach (var step in ObjectsOf(list, objects).Chunk(StepCount))
        {
            lock (core.State)
            {
                foreach (var id in step)
                {
                    SetRow(id, isList: false, record);
                }
            }
        }
    }

    private static IEnumerable<Hash256> ObjectsOf(ChunkList list, ObjectReader objects) =>
        new ContentLayout(objects, list.Chunks).Objects()
            .Concat(new ContentLayout(objects, list.Outboard).Objects());

    /// <summary>Notes what the content's artifacts refer to. A key counts once, whatever domains it is known from.
    /// Under the state lock.</summary>
    private void SettleReferences(ContentId content, long record)
    {
        foreach (var key in core.Artifacts.OfContent(content).Where(artifact => artifact.HasRefs)
            .Select(artifact => artifact.Key).Distinct().ToList())
        {
            var known = core.Artifacts.OfKey(key);
            var isKept = known.Any(Keeps);
            if (isKept == (PhaseOf(key.Hash, UseKind.Reference) == Phase.Whole))
            {
                continue;
            }

            SetPhase(key.Hash, UseKind.Reference, isKept ? Phase.Whole : Phase.None);
            foreach (var target in TargetsOf(known[0]))
            {
                var wasUsed = IsUsed(target.Hash, UseKind.Reference);
                SetUse(target.Hash, UseKind.Reference, key.Hash, isKept);
                if (IsUsed(target.Hash, UseKind.Reference) != wasUsed)
                {
                    foreach (var referred in core.Artifacts.OfKey(target))
                    {
                        Touch(referred.Content, record);
                    }
                }
            }
        }
    }

    private static List<ArtifactKey> TargetsOf(ArtifactRecord record)
    {
        if (!SignedArtifact.TryDecode(record.Entry, out var entry, out var error))
        {
            throw new StoreDamagedException($"the entry of {record.Key} cannot be read: {error}");
        }

        return [.. entry.Descriptor.Refs.SelectMany(role => role.Refs)
            .Select(reference => reference.Key).OfType<ArtifactKey>()];
    }

    /// <summary>Notes the files of a package. Encrypted ones name nothing here: their files are artifacts of their
    /// own.</summary>
    private void SettlePackage(ContentId content, long record)
    {
        bool isKept;
        Phase phase;
        lock (core.State)
        {
            if (IsPackageSettled(content, out isKept))
            {
                return;
            }

            phase = PhaseOf(content.Hash, UseKind.Package);
        }

        if (FilesOf(content) is not { } files)
        {
            if (isKept)
            {
                throw new StoreDamagedException(
                    $"the package {content} is not on this disk, so what it needs is unknown: omega get it first");
            }

            // Removed while its manifest is away: its files stay in use, until it is wanted again.
            SetPhaseNow(content.Hash, UseKind.Package, Phase.Lingering);
            return;
        }

        SetPhaseNow(content.Hash, UseKind.Package, Phase.Partial);
        foreach (var step in files.Chunk(StepCount))
        {
            lock (core.State)
            {
                foreach (var file in step)
                {
                    SetFile(file, content, isKept, record);
                }
            }
        }

        SetPhaseNow(content.Hash, UseKind.Package, isKept ? Phase.Whole : Phase.None);
    }

    private void SetFile(ContentId file, ContentId package, bool isKept, long record)
    {
        var wasUsed = IsUsed(file.Hash, UseKind.Package);
        SetUse(file.Hash, UseKind.Package, package.Hash, isKept);
        if (IsUsed(file.Hash, UseKind.Package) != wasUsed)
        {
            Touch(file, record);
        }
    }

    private bool IsPackageSettled(ContentId content, out bool isKept)
    {
        isKept = core.Artifacts.OfContent(content).Any(IsOpenPackage) && Keeps(content);
        var phase = PhaseOf(content.Hash, UseKind.Package);
        return isKept ? phase == Phase.Whole : phase is Phase.None or Phase.Lingering;
    }

    /// <summary>Contents of a package's files; null where its manifest is away.</summary>
    private List<ContentId>? FilesOf(ContentId content)
    {
        long size;
        lock (core.State)
        {
            size = core.Artifacts.OfContent(content).First().Size;
        }

        if (size > PackageManifest.SizeBytesMax)
        {
            return [];
        }

        try
        {
            using var reader = ContentReader.Open(core, content, size);
            var bytes = new byte[size];
            reader.ReadAt(0, bytes);
            return PackageManifest.TryDecode(bytes, out var manifest, out _)
                ? [.. manifest.Files.Select(file => file.Content).Distinct()]
                : [];
        }
        catch (NotHereException)
        {
            return null;
        }
    }

    /// <summary>Looks whether anything in a sealed block is used: the log may have been cut off before it was.
    /// </summary>
    private void SettleBlock(BlockId block, long record)
    {
        BlockDirectory? directory = null;
        bool isKnown;
        lock (core.State)
        {
            isKnown = core.Chunks.TryGetBlock(block, out _);
        }

        if (isKnown)
        {
            directory = core.Blocks.ReadDirectory(block);
        }

        lock (core.State)
        {
            foreach (var entry in directory?.Entries ?? [])
            {
                var isList = entry.Codec == BlockCodec.ChunkList;
                if (DeadSince(entry.Id, isList) is null)
                {
                    SetRow(entry.Id, isList, record);
                }
            }

            _tables.Delete(IndexTable.Touched, TouchKey(BlockTouched, block.Hash));
        }
    }
}
