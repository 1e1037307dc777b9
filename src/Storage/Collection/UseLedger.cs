using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage.Collection;

/// <summary>
/// Who needs what: how many kept contents use an object, how many kept artifacts and packages name another, and which
/// objects nothing needs any more. A change only notes which contents it touched; <see cref="CatchUp"/> settles those,
/// at a cost in proportion to them. Made again from everything else when lost (law 5). Guarded by the state lock, but
/// for <see cref="CatchUp"/>, which one caller at a time runs outside it.
/// </summary>
internal sealed partial class UseLedger(StoreCore core, KeepBook keeping)
{
    private readonly IndexStore _tables = core.Index;

    private enum UseKind : byte
    {
        /// <summary>Contents that an object (chunk, page, piece of an outboard) is a part of.</summary>
        Object = 0,

        /// <summary>Artifacts that refer to an artifact in the clear.</summary>
        Reference = 1,

        /// <summary>Packages that a content is a file of.</summary>
        Package = 2,
    }

    /// <summary>Notes that something may have changed about who keeps a content.</summary>
    /// <param name="content">Which.</param>
    /// <param name="record">The record that changed it: what is found dead for it is dead since then. 0 for one that
    /// can only bring to life.</param>
    public void Touch(ContentId content, long record) => Touch(KeyOf(content.Hash, ContentTouched), record);

    /// <summary>Notes that whoever sealed a block by this record may not have come to use it.</summary>
    public void Touch(BlockId block, long record) => Touch(KeyOf(block.Hash, BlockTouched), record);

    /// <summary>Whether an artifact's bytes are kept for its own sake, or because a kept one refers to it.</summary>
    public bool Keeps(ArtifactRecord record) =>
        record.IsLive || keeping.IsPinned(record.Key) || keeping.IsHeld(record.Key)
        || CountOf(record.Key.Hash, UseKind.Reference) > 0;

    /// <summary>Whether a content is kept: for an artifact, or as a file of a package.</summary>
    public bool Keeps(ContentId content) =>
        core.Artifacts.OfContent(content).Any(Keeps) || CountOf(content.Hash, UseKind.Package) > 0;

    /// <summary>Kept artifacts that refer to this one.</summary>
    public long ReferencesTo(ArtifactKey key) => CountOf(key.Hash, UseKind.Reference);

    /// <summary>Kept packages that this content is a file of.</summary>
    public long PackagesWith(ContentId content) => CountOf(content.Hash, UseKind.Package);

    /// <summary>Kept contents, in places, that an object is a part of.</summary>
    public long UsesOf(Hash256 id) => CountOf(id, UseKind.Object);

    /// <summary>Whether anything needs an object, as of the last <see cref="CatchUp"/>.</summary>
    public bool IsNeeded(Hash256 id, bool isList) =>
        (!isList && CountOf(id, UseKind.Object) > 0) || Keeps(ContentId.From(id));

    /// <summary>The record since which nothing needs an object; null where it is needed.</summary>
    public long? DeadSince(Hash256 id, bool isList) =>
        _tables.Get(IndexTable.Garbage, KeyOf(id, isList ? (byte)1 : (byte)0)) is { } value
            ? BinaryPrimitives.ReadInt64BigEndian(value)
            : null;

    /// <summary>Objects that nothing needs, by id, after a given one; at most <paramref name="max"/>.</summary>
    public IReadOnlyList<DeadObject> DeadAfter(DeadObject? last, int max)
    {
        var from = last is null ? [] : KeyOf(last.Id, last.IsList ? (byte)1 : (byte)0);
        var found = new List<DeadObject>();
        using var scan = _tables.ScanFrom(IndexTable.Garbage, from, []);
        while (found.Count < max && scan.MoveNext())
        {
            if (last is null || !scan.Key.SequenceEqual(from))
            {
                found.Add(new DeadObject(
                    Hash256.From(scan.Key[..Hash256.Size]), scan.Key[Hash256.Size] == 1,
                    BinaryPrimitives.ReadInt64BigEndian(scan.Value)));
            }
        }

        return found;
    }

    /// <summary>Forgets an object that is nowhere any more.</summary>
    public void Forget(DeadObject gone) =>
        _tables.Delete(IndexTable.Garbage, KeyOf(gone.Id, gone.IsList ? (byte)1 : (byte)0));

    private void Touch(byte[] key, long record)
    {
        var before = _tables.Get(IndexTable.Touched, key) is { } value ? BinaryPrimitives.ReadInt64BigEndian(value) : 0;
        Span<byte> later = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(later, Math.Max(before, record));
        _tables.Put(IndexTable.Touched, key, later);
    }

    private static byte[] KeyOf(Hash256 id, byte kind)
    {
        var key = new byte[Hash256.Size + 1];
        id.CopyTo(key);
        key[Hash256.Size] = kind;
        return key;
    }

    private long CountOf(Hash256 id, UseKind kind) =>
        _tables.Get(IndexTable.Uses, KeyOf(id, (byte)kind), expectAbsent: true) is { } value
            ? BinaryPrimitives.ReadInt64BigEndian(value)
            : 0;

    /// <summary>Adds to a count; true where that made it zero or took it from there.</summary>
    private bool Change(Hash256 id, UseKind kind, int by)
    {
        var key = KeyOf(id, (byte)kind);
        var before = CountOf(id, kind);
        var after = before + by;
        if (after < 0)
        {
            throw new StoreDamagedException($"the use count of {id} fell below zero");
        }

        if (after == 0)
        {
            _tables.Delete(IndexTable.Uses, key);
        }
        else
        {
            Span<byte> value = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64BigEndian(value, after);
            _tables.Put(IndexTable.Uses, key, value);
        }

        return before == 0 || after == 0;
    }
}

/// <summary>An object that nothing needs.</summary>
/// <param name="Id">Its id in blocks.</param>
/// <param name="IsList">Whether it is the chunk list of the content with that id.</param>
/// <param name="Record">The record since which nothing does.</param>
internal sealed record DeadObject(Hash256 Id, bool IsList, long Record);
