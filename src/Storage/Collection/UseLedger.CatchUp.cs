using System.Buffers.Binary;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Reading;

namespace Omega.P2P.Storage.Collection;

/// <summary>Taking up what changes touched. How one content is settled is in <c>UseLedger.Settling.cs</c>.</summary>
internal sealed partial class UseLedger
{
    /// <summary>Rows taken up in one go; the plain ones among them under one hold of the state lock.</summary>
    private const int BatchCount = 64;

    private const byte ContentTouched = 0;
    private const byte ContentAdded = 1;
    private const byte BlockTouched = 2;

    /// <summary>Rows that are remembered beside the table; more, and it is walked again. About 0.4 MiB.</summary>
    private const int FreshMax = 4096;

    private static readonly Comparer<byte[]> ByteOrder =
        Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b));

    private byte[] _from = [];

    /// <summary>Keys of rows put in since a walk found the table empty: all there are. Null where no walk has, or there
    /// are too many. What was settled leaves tombstones, so that a walk costs what ever was until they are merged.
    /// </summary>
    private SortedSet<byte[]>? _fresh;

    /// <summary>Brings the uses up to what is true now. Contents that commits touch meanwhile may be left for the next
    /// call.</summary>
    /// <exception cref="StoreDamagedException">A chunk list or a package's manifest cannot be read: what it uses is
    /// unknown, so nothing may be collected.</exception>
    public void CatchUp()
    {
        while (CatchUpSome(int.MaxValue))
        {
        }
    }

    /// <summary>Settles some of what was touched, a batch and no more than so many.</summary>
    /// <returns>Whether more may be left.</returns>
    /// <exception cref="StoreDamagedException">As <see cref="CatchUp"/>.</exception>
    public bool CatchUpSome(int countMax)
    {
        using var objects = new ObjectReader(core);
        List<Touched> batch;
        List<Touched> rest;
        lock (core.State)
        {
            batch = Next(Math.Min(countMax, BatchCount));
            rest = batch.FindAll(touched => touched.Kind == BlockTouched || !TrySettlePlain(touched.Content));
        }

        try
        {
            rest.ForEach(touched => Settle(touched, objects));
        }
        catch
        {
            // Rows of this batch are left: the next walk finds them.
            lock (core.State)
            {
                _fresh = null;
            }

            throw;
        }

        return batch.Count > 0;
    }

    private void Settle(Touched touched, ObjectReader objects)
    {
        if (touched.Kind == BlockTouched)
        {
            SettleBlock(BlockId.From(touched.Id), touched.Record);
        }
        else
        {
            SettleContent(touched.Content, objects);
        }
    }

    private void Note(byte kind, Hash256 id, long record)
    {
        Span<byte> value = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(value, record);
        PutTouched(TouchKey(kind, id), value);
    }

    private void PutTouched(byte[] key, ReadOnlySpan<byte> value)
    {
        _tables.Put(IndexTable.Touched, key, value);
        _fresh?.Add(key);
        if (_fresh?.Count > FreshMax)
        {
            _fresh = null;
        }
    }

    private static byte[] TouchKey(byte kind, Hash256 id)
    {
        var key = new byte[1 + Hash256.Size];
        key[0] = kind;
        id.CopyTo(key.AsSpan(1));
        return key;
    }

    /// <summary>
    /// Goes on where the last call ended, for what is settled leaves tombstones that need not be passed over again, and
    /// begins anew at the end. Contents before blocks: what a put uses is known before its blocks are looked at.
    /// </summary>
    private List<Touched> Next(int countMax)
    {
        if (_fresh is not null)
        {
            return NextFresh(_fresh, countMax);
        }

        var found = TouchedFrom(_from, countMax);
        if (_from.Length > 0 && (found.Count == 0 || found[0].Kind == BlockTouched))
        {
            var first = TouchedFrom([], countMax);
            found = found.Count == 0 || first[0].Kind != BlockTouched ? first : found;
        }

        if (found.Exists(touched => touched.Kind != BlockTouched))
        {
            found.RemoveAll(touched => touched.Kind == BlockTouched);
        }

        _from = found.Count == 0 ? [] : [.. TouchKey(found[^1].Kind, found[^1].Id), 0];
        _fresh = found.Count == 0 ? new(ByteOrder) : null;
        return found;
    }

    /// <summary>Takes the first out of what is remembered; contents before blocks, as their keys sort.</summary>
    private List<Touched> NextFresh(SortedSet<byte[]> fresh, int countMax)
    {
        var found = new List<Touched>();
        while (found.Count < countMax && fresh.Min is { } key
            && (key[0] != BlockTouched || found.Count == 0 || found[0].Kind == BlockTouched))
        {
            fresh.Remove(key);
            if (_tables.Get(IndexTable.Touched, key) is { } value)
            {
                found.Add(TouchedOf(key, value));
            }
        }

        return found;
    }

    private List<Touched> TouchedFrom(byte[] from, int countMax)
    {
        var found = new List<Touched>();
        using var scan = _tables.ScanFrom(IndexTable.Touched, from, []);
        while (found.Count < countMax && scan.MoveNext())
        {
            found.Add(TouchedOf(scan.Key, scan.Value));
        }

        return found;
    }

    private static Touched TouchedOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => new(
        key[0], Hash256.From(key[1..]), value.IsEmpty ? 0 : BinaryPrimitives.ReadInt64BigEndian(value));

    /// <summary>Settles a content that is one object, no package, and whose artifacts refer to nothing: most are. Under
    /// the state lock, and without a disk call but for the index's own.</summary>
    /// <returns>False where it is another.</returns>
    private bool TrySettlePlain(ContentId content)
    {
        var isKept = false;
        foreach (var artifact in core.Artifacts.OfContent(content))
        {
            if (artifact.HasRefs || IsOpenPackage(artifact))
            {
                return false;
            }

            isKept = isKept || Keeps(artifact);
        }

        if (core.Pending.TryFind(content.Hash, BlockCodec.ChunkList, [], out _)
            || core.Chunks.IsPlaced(content.Hash, BlockCodec.ChunkList)
            || PhaseOf(content.Hash, UseKind.Object) != Phase.None
            || PhaseOf(content.Hash, UseKind.Package) != Phase.None)
        {
            return false;
        }

        isKept = isKept || IsUsed(content.Hash, UseKind.Package);
        var record = TouchedBy(content);
        SetRow(content.Hash, isList: false, isKept || IsUsed(content.Hash, UseKind.Object), record);
        SetRow(content.Hash, isList: true, isKept, record);
        ForgetTouched(content);
        return true;
    }

    /// <summary>The last record that may have ended a use of the content; 0 where none did.</summary>
    private long TouchedBy(ContentId content) =>
        _tables.Get(IndexTable.Touched, TouchKey(ContentTouched, content.Hash), expectAbsent: true) is { } value
            ? BinaryPrimitives.ReadInt64BigEndian(value)
            : 0;

    private void ForgetTouched(ContentId content)
    {
        _tables.Delete(IndexTable.Touched, TouchKey(ContentTouched, content.Hash));
        _tables.Delete(IndexTable.Touched, TouchKey(ContentAdded, content.Hash));
    }

    /// <summary>Brings an object's row among the dead in line with whether it is needed. Under the state
    /// lock.</summary>
    private void SetRow(Hash256 id, bool isList, long record) => SetRow(id, isList, IsNeeded(id, isList), record);

    /// <summary>An object that was dead already, and whose use by one more ended with this record, is dead since then:
    /// it was alive in between.</summary>
    private void SetRow(Hash256 id, bool isList, bool isNeeded, long record)
    {
        var since = DeadSince(id, isList);
        if (isNeeded)
        {
            if (since is not null)
            {
                _tables.Delete(IndexTable.Garbage, KeyOf(id, isList ? (byte)1 : (byte)0));
            }

            return;
        }

        if (since >= record)
        {
            return;
        }

        var codec = isList ? BlockCodec.ChunkList : BlockCodec.Raw;
        if (since is not null || core.Pending.TryFind(id, codec, [], out _) || core.Chunks.IsPlaced(id, codec))
        {
            Span<byte> value = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(value, record);
            _tables.Put(IndexTable.Garbage, KeyOf(id, isList ? (byte)1 : (byte)0), value);
        }
    }

    private static bool IsOpenPackage(ArtifactRecord record) =>
        record.Type == PackageManifest.TypeTag && record.Tenant is null;

    private readonly record struct Touched(byte Kind, Hash256 Id, long Record)
    {
        public ContentId Content => ContentId.From(Id);
    }
}
