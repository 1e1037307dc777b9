using System.Buffers.Binary;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Chunking;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage.Collection;

/// <summary>Settling what changes touched.</summary>
internal sealed partial class UseLedger
{
    /// <summary>Objects counted under one hold of the state lock.</summary>
    private const int StepCount = 1024;

    private const byte ContentTouched = 0;
    private const byte BlockTouched = 1;
    private const byte ArtifactAccount = 1;
    private const byte PackageAccount = 2;

    private enum Phase : byte
    {
        None = 0,
        CountingUp = 1,
        Counted = 2,
        CountingDown = 3,
    }

    /// <summary>Brings the counts up to what is true now. Contents that commits touch meanwhile may be left for the
    /// next call.</summary>
    /// <exception cref="StoreDamagedException">A chunk list or a package's manifest cannot be read: what it uses is
    /// unknown, so nothing may be collected.</exception>
    public void CatchUp()
    {
        using var objects = new ObjectReader(core);
        while (TryNext(out var id, out var kind, out var record))
        {
            if (kind == ContentTouched)
            {
                SettleContent(ContentId.From(id), objects, record);
            }
            else
            {
                SettleBlock(BlockId.From(id), record);
            }
        }
    }

    /// <summary>Contents before blocks: what a put uses is known before its blocks are looked at.</summary>
    private bool TryNext(out Hash256 id, out byte kind, out long record)
    {
        lock (core.State)
        {
            (id, kind, record) = (default, default, 0);
            var found = false;
            using var scan = _tables.ScanFrom(IndexTable.Touched, [], []);
            for (var i = 0; i < StepCount && scan.MoveNext(); i++)
            {
                if (!found || scan.Key[Hash256.Size] == ContentTouched)
                {
                    (id, kind, found) = (Hash256.From(scan.Key[..Hash256.Size]), scan.Key[Hash256.Size], true);
                    record = BinaryPrimitives.ReadInt64BigEndian(scan.Value);
                }

                if (kind == ContentTouched)
                {
                    break;
                }
            }

            return found;
        }
    }

    private void SettleContent(ContentId content, ObjectReader objects, long record)
    {
        var isLookedAt = false;
        while (true)
        {
            SettlePackage(content, record);
            bool isKept;
            Phase phase;
            lock (core.State)
            {
                SettleReferences(content, record);
                isKept = Keeps(content);
                (phase, _) = AccountOf(content.Hash, ContentTouched);
            }

            if (IsCut(content, isKept, phase, out var list)
                && (phase is Phase.CountingUp or Phase.CountingDown || isKept != (phase == Phase.Counted)))
            {
                Count(content, list!, objects, phase, isKept, record);
                isLookedAt = true;
                continue;
            }

            if (list is not null && !isKept && !isLookedAt)
            {
                // Put and removed since the last time: nothing was counted, and its objects may be nobody's.
                Look(list, objects, record);
                isLookedAt = true;
            }

            lock (core.State)
            {
                SettleReferences(content, record);
                if (Keeps(content) != isKept || !IsPackageSettled(content, out _))
                {
                    continue;
                }

                SetRow(content.Hash, isList: false, record);
                SetRow(content.Hash, isList: true, record);
                _tables.Delete(IndexTable.Touched, KeyOf(content.Hash, ContentTouched));
                return;
            }
        }
    }

    private bool IsCut(ContentId content, bool isKept, Phase phase, out ChunkList? list)
    {
        if (core.TryReadList(content, out list))
        {
            return true;
        }

        lock (core.State)
        {
            var isPlaced = core.Chunks.PlacesOf(content.Hash, BlockCodec.ChunkList).Any();
            return phase == Phase.None && !(isKept && isPlaced)
                ? false
                : throw new StoreDamagedException($"the chunk list of {content} cannot be read");
        }
    }

    /// <summary>Counts a content's objects up or down, in steps; where it was stopped half-way, to that end
    /// first.</summary>
    private void Count(
        ContentId content, ChunkList list, ObjectReader objects, Phase phase, bool isKept, long record)
    {
        var isUp = phase == Phase.CountingUp || (phase == Phase.None && isKept);
        long done;
        lock (core.State)
        {
            (_, done) = AccountOf(content.Hash, ContentTouched);
        }

        done = phase is Phase.CountingUp or Phase.CountingDown ? done : 0;
        foreach (var step in ObjectsOf(list, objects).Skip((int)done).Chunk(StepCount))
        {
            lock (core.State)
            {
                foreach (var id in step)
                {
                    if (Change(id, UseKind.Object, isUp ? 1 : -1))
                    {
                        SetRow(id, isList: false, record);
                    }
                }

                done += step.Length;
                SetAccount(content.Hash, ContentTouched, isUp ? Phase.CountingUp : Phase.CountingDown, done);
            }
        }

        lock (core.State)
        {
            SetAccount(content.Hash, ContentTouched, isUp ? Phase.Counted : Phase.None, 0);
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

    /// <summary>Counts what the content's artifacts refer to. Under the state lock.</summary>
    private void SettleReferences(ContentId content, long record)
    {
        foreach (var artifact in core.Artifacts.OfContent(content))
        {
            var isCounted = AccountOf(artifact.Key.Hash, ArtifactAccount).Phase == Phase.Counted;
            var isKept = Keeps(artifact);
            if (isKept == isCounted)
            {
                continue;
            }

            var targets = TargetsOf(artifact);
            if (targets.Count == 0)
            {
                continue;
            }

            SetAccount(artifact.Key.Hash, ArtifactAccount, isKept ? Phase.Counted : Phase.None, 0);
            foreach (var target in targets)
            {
                if (Change(target.Hash, UseKind.Reference, isKept ? 1 : -1))
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

    /// <summary>Counts the files of a package. Encrypted ones name nothing here: their files are artifacts of their
    /// own.</summary>
    private void SettlePackage(ContentId content, long record)
    {
        bool isKept;
        lock (core.State)
        {
            if (IsPackageSettled(content, out isKept))
            {
                return;
            }
        }

        var files = FilesOf(content);
        if (files is null && isKept)
        {
            throw new StoreDamagedException(
                $"the package {content} is not on this disk, so what it needs is unknown: omega get it first");
        }

        lock (core.State)
        {
            if (files is null || (isKept && AccountOf(content.Hash, PackageAccount).Phase == Phase.CountingDown))
            {
                // Removed while its manifest is away: its files stay counted, until it is wanted again.
                SetAccount(content.Hash, PackageAccount, isKept ? Phase.Counted : Phase.CountingDown, 0);
                return;
            }

            SetAccount(content.Hash, PackageAccount, isKept ? Phase.Counted : Phase.None, 0);
            foreach (var file in files)
            {
                if (Change(file.Hash, UseKind.Package, isKept ? 1 : -1))
                {
                    Touch(file, record);
                }
            }
        }
    }

    private bool IsPackageSettled(ContentId content, out bool isKept)
    {
        isKept = core.Artifacts.OfContent(content).Any(IsOpenPackage) && Keeps(content);
        return isKept == (AccountOf(content.Hash, PackageAccount).Phase == Phase.Counted);
    }

    private static bool IsOpenPackage(ArtifactRecord record) =>
        record.Type == PackageManifest.TypeTag && record.Tenant is null;

    /// <summary>Contents of a package's files; null where its manifest is away.</summary>
    private List<ContentId>? FilesOf(ContentId content)
    {
        long size;
        lock (core.State)
        {
            size = core.Artifacts.OfContent(content)[0].Size;
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
                SetRow(entry.Id, entry.Codec == BlockCodec.ChunkList, record);
            }

            _tables.Delete(IndexTable.Touched, KeyOf(block.Hash, BlockTouched));
        }
    }

    /// <summary>Brings an object's row among the dead in line with whether it is needed. Under the state
    /// lock.</summary>
    private void SetRow(Hash256 id, bool isList, long record)
    {
        var key = KeyOf(id, isList ? (byte)1 : (byte)0);
        var isDead = !IsNeeded(id, isList);
        if (isDead == (DeadSince(id, isList) is not null))
        {
            return;
        }

        if (!isDead)
        {
            _tables.Delete(IndexTable.Garbage, key);
            return;
        }

        var codec = isList ? BlockCodec.ChunkList : BlockCodec.Raw;
        if (core.Pending.TryFind(id, codec, [], out _) || core.Chunks.PlacesOf(id, codec).Any())
        {
            Span<byte> value = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(value, record);
            _tables.Put(IndexTable.Garbage, key, value);
        }
    }

    private (Phase Phase, long Done) AccountOf(Hash256 id, byte kind) =>
        _tables.Get(IndexTable.Accounts, KeyOf(id, kind)) is { } value
            ? ((Phase)value[0], BinaryPrimitives.ReadInt64BigEndian(value.AsSpan(1)))
            : (Phase.None, 0);

    private void SetAccount(Hash256 id, byte kind, Phase phase, long done)
    {
        if (phase == Phase.None)
        {
            _tables.Delete(IndexTable.Accounts, KeyOf(id, kind));
            return;
        }

        Span<byte> value = stackalloc byte[1 + sizeof(long)];
        value[0] = (byte)phase;
        BinaryPrimitives.WriteInt64BigEndian(value[1..], done);
        _tables.Put(IndexTable.Accounts, KeyOf(id, kind), value);
    }
}
