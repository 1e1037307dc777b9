using System.Buffers.Binary;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Retention;

namespace Omega.P2P.Storage.Collection;

/// <summary>
/// Who needs what: which kept contents an object is a part of, which kept artifacts and packages name another, and
/// which objects nothing needs any more. Each use is a row, found by what is used. A change only notes which contents
/// it touched; <see cref="CatchUp"/> settles those, at a cost in proportion to them. Made again from everything else
/// when lost (law 5). Guarded by the state lock, but for <see cref="CatchUp"/> and <see cref="CatchUpSome"/>, which one
/// caller at a time runs outside it.
/// </summary>
internal sealed partial class UseLedger(StoreCore core, KeepBook keeping)
{
    private readonly IndexStore _tables = core.Index;

    /// <summary>Notes that something may have changed about who keeps a content.</summary>
    /// <param name="content">Which.</param>
    /// <param name="record">The record that changed it: what is found dead for it is dead since then.</param>
    public void Touch(ContentId content, long record) => Note(ContentTouched, content.Hash, record);

    /// <summary>Notes that a content has an artifact, or one more: that can only bring to life.</summary>
    public void TouchAdded(ContentId content) =>
        PutTouched(TouchKey(ContentAdded, content.Hash), []);

    /// <summary>Notes that whoever sealed a block by this record may not have come to use it.</summary>
    public void Touch(BlockId block, long record) => Note(BlockTouched, block.Hash, record);

    /// <summary>Whether an artifact's bytes are kept for its own sake, or because a kept one refers to it.</summary>
    public bool Keeps(ArtifactRecord record) =>
        record.IsLive || keeping.IsPinned(record.Key) || keeping.IsHeld(record.Key)
        || IsUsed(record.Key.Hash, UseKind.Reference);

    /// <summary>Whether a content is kept: for an artifact, or as a file of a package.</summary>
    public bool Keeps(ContentId content) =>
        core.Artifacts.OfContent(content).Any(Keeps) || IsUsed(content.Hash, UseKind.Package);

    /// <summary>Whether a kept one uses this in that way, as of the last <see cref="CatchUp"/>.</summary>
    public bool IsUsed(Hash256 used, UseKind kind)
    {
        using var scan = _tables.Scan(IndexTable.Uses, KeyOf(used, (byte)kind), expectAbsent: true);
        return scan.MoveNext();
    }

    /// <summary>Who uses this in that way, ascending. Lazy: to be walked under the state lock.</summary>
    public IEnumerable<Hash256> UsersOf(Hash256 used, UseKind kind) =>
        _tables.Keys(IndexTable.Uses, KeyOf(used, (byte)kind))
            .Select(key => Hash256.From(key.AsSpan(Hash256.Size + 1)));

    /// <summary>The one who uses this in that way; false where nobody does, or several do. Under the state lock.
    /// </summary>
    public bool TryOnlyUser(Hash256 used, UseKind kind, out Hash256 user)
    {
        user = default;
        using var scan = _tables.Scan(IndexTable.Uses, KeyOf(used, (byte)kind));
        if (!scan.MoveNext())
        {
            return false;
        }

        user = Hash256.From(scan.Key[(Hash256.Size + 1)..]);
        return !scan.MoveNext();
    }

    /// <summary>Contents that an object may be a part of: itself, and those cut that contain it. Lazy, as
    /// above.</summary>
    public IEnumerable<ContentId> ContentsWith(Hash256 id) =>
        UsersOf(id, UseKind.Object).Select(ContentId.From).Prepend(ContentId.From(id));

    /// <summary>Packages that name a content as a file, by (key, domain) of each manifest; removed ones that have
    /// the same manifest, too. Lazy, as above.</summary>
    public IEnumerable<ArtifactRecord> PackagesWith(ContentId content) =>
        UsersOf(content.Hash, UseKind.Package).Select(ContentId.From).SelectMany(PackagesOf);

    /// <summary>Packages that have this manifest, removed ones included. Lazy, as above.</summary>
    public IEnumerable<ArtifactRecord> PackagesOf(ContentId manifest) => core.Artifacts.OfContent(manifest)
        .Where(record => record.Type == Primitives.Artifacts.PackageManifest.TypeTag);

    /// <summary>Live artifacts that an object is a part of: of their contents, or of their files. Each once. Lazy, as
    /// above.</summary>
    public IEnumerable<ArtifactRecord> ArtifactsWith(Hash256 id) =>
        ContentsWith(id).SelectMany(content => core.Artifacts.OfContent(content).Concat(PackagesWith(content)))
            .Where(record => record.IsLive).DistinctBy(record => (record.Key, record.Domain));

    /// <summary>What lies between two hashes, ends included, and is used in that way; each once, ascending. Lazy, as
    /// above.</summary>
    public IEnumerable<Hash256> UsedBetween(Hash256 first, Hash256 last, UseKind kind)
    {
        Hash256? before = null;
        foreach (var key in _tables.KeysFrom(IndexTable.Uses, first.ToArray(), []))
        {
            var used = Hash256.From(key.AsSpan(0, Hash256.Size));
            if (used.CompareTo(last) > 0)
            {
                yield break;
            }

            if (key[Hash256.Size] == (byte)kind && used != before)
            {
                yield return used;
                before = used;
            }
        }
    }

    /// <summary>Whether anything needs an object, as of the last <see cref="CatchUp"/>.</summary>
    public bool IsNeeded(Hash256 id, bool isList) =>
        (!isList && IsUsed(id, UseKind.Object)) || Keeps(ContentId.From(id));

    /// <summary>The record since which nothing needs an object; null where it is needed.</summary>
    public long? DeadSince(Hash256 id, bool isList) =>
        _tables.Get(IndexTable.Garbage, KeyOf(id, isList ? (byte)1 : (byte)0), expectAbsent: true) is { } value
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

    private static byte[] KeyOf(Hash256 id, byte kind)
    {
        var key = new byte[Hash256.Size + 1];
        id.CopyTo(key);
        key[Hash256.Size] = kind;
        return key;
    }

    private static byte[] KeyOf(Hash256 used, UseKind kind, Hash256 user)
    {
        var key = new byte[2 * Hash256.Size + 1];
        used.CopyTo(key);
        key[Hash256.Size] = (byte)kind;
        user.CopyTo(key.AsSpan(Hash256.Size + 1));
        return key;
    }

    /// <summary>Puts a use in, or takes it out; either may be so already.</summary>
    private void SetUse(Hash256 used, UseKind kind, Hash256 user, bool isUsed)
    {
        if (isUsed)
        {
            _tables.Put(IndexTable.Uses, KeyOf(used, kind, user), []);
        }
        else
        {
            _tables.Delete(IndexTable.Uses, KeyOf(used, kind, user));
        }
    }

    private Phase PhaseOf(Hash256 user, UseKind kind) =>
        _tables.Get(IndexTable.Accounts, KeyOf(user, (byte)kind), expectAbsent: true) is { } value
            ? (Phase)value[0]
            : Phase.None;

    private void SetPhase(Hash256 user, UseKind kind, Phase phase)
    {
        if (phase == Phase.None)
        {
            _tables.Delete(IndexTable.Accounts, KeyOf(user, (byte)kind));
        }
        else
        {
            _tables.Put(IndexTable.Accounts, KeyOf(user, (byte)kind), [(byte)phase]);
        }
    }

    /// <summary>How far a user's rows are written.</summary>
    private enum Phase : byte
    {
        /// <summary>It has none.</summary>
        None = 0,

        /// <summary>It may have some: they are being put in or taken out.</summary>
        Partial = 1,

        /// <summary>It has all.</summary>
        Whole = 2,

        /// <summary>It has all, and is not kept any more, but nobody can say which they are.</summary>
        Lingering = 3,
    }
}

/// <summary>Ways of using.</summary>
internal enum UseKind : byte
{
    /// <summary>A content is used as a part: an object (chunk, page, piece of an outboard) by the content.</summary>
    Object = 0,

    /// <summary>An artifact is referred to in the clear, by an artifact.</summary>
    Reference = 1,

    /// <summary>A content is a file of a package, by the package's own content.</summary>
    Package = 2,
}

/// <summary>An object that nothing needs.</summary>
/// <param name="Id">Its id in blocks.</param>
/// <param name="IsList">Whether it is the chunk list of the content with that id.</param>
/// <param name="Record">The record since which nothing does.</param>
internal sealed record DeadObject(Hash256 Id, bool IsList, long Record);
