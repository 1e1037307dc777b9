using System.Buffers.Binary;
using System.Diagnostics;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Storage.Collection;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Index.Segments;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Published;
using Omega.P2P.Storage.Retention;
using Omega.P2P.Storage.Schemas;

namespace Omega.P2P.Storage;

/// <summary>
/// The domain's own facts, as replay of the log leaves them: name, authority manifests, public history, what is
/// published. Guarded by the state lock once the store is open, but for the parts that guard themselves.
/// </summary>
internal sealed class StoreState(StoreCore core, StoreOptions options) : IDisposable
{
    private const int KeptPiece = 2048;

    private readonly List<byte[]> _dams = [];
    private readonly List<EpochOpening> _epochs = [];
    private readonly HashSet<long> _keptInline = [];
    private readonly Dictionary<(Type Kind, ArtifactKey Key, string Name), long> _kept = [];
    private DamChain? _chain;
    private PublicHistory? _history;
    private UseLedger? _uses;

    public string DomainName { get; private set; } = "";

    /// <summary>Verified manifests.</summary>
    public DamChain Chain => _chain ?? throw new StoreDamagedException("the log holds no genesis manifest");

    public DomainId DomainId => Chain.Domain;

    /// <summary>Signed manifests, genesis first.</summary>
    public IReadOnlyList<byte[]> Dams => _dams;

    /// <summary>Signed records of epochs opened after the first, oldest first.</summary>
    public IReadOnlyList<EpochOpening> Epochs => _epochs;

    public PublicHistory History => _history ?? throw new StoreDamagedException("the log opens no epoch");

    public PublishedSets Published { get; } = new(core.Index, core.Artifacts.Entries);

    public CurrentDigest Current { get; } = new(core.Index, new LiveArtifacts(core.Index, core.Artifacts));

    /// <summary>Trees over what is live and what is published. Under the state lock.</summary>
    public IEnumerable<PathTree> Trees => Published.Trees.Prepend(Current.Tree);

    /// <summary>Where the public logs stood when the index was sealed; empty for a replay from the beginning.</summary>
    public IReadOnlyList<EpochResume> Resume { get; init; } = [];

    /// <summary>Set while records that the index covers are replayed for what it does not hold.</summary>
    public bool IsRestoring { get; set; }

    /// <summary>Set while a generator writes: trees are made in the end.</summary>
    public bool IsBulk { get; set; }

    public bool HasHistory => _history is not null;

    /// <summary>What the store was given from outside.</summary>
    public StoreOptions Options => options;

    /// <summary>Pins, holds, retention rules.</summary>
    public KeepBook Keeping { get; } = new();

    /// <summary>Who needs what.</summary>
    public UseLedger Uses => _uses ??= new UseLedger(core, Keeping);

    /// <summary>Marks of collection.</summary>
    public MarkBook Marks { get; } = new();

    /// <summary>Latest time a record tells, Unix milliseconds.</summary>
    public long LastRecordMs { get; private set; }

    public DigestAliases Aliases { get; } = new(core.Index);

    public SchemaBook Schemas { get; } = new(options.Schemas);

    /// <summary>Takes a manifest; the first one makes the domain.</summary>
    /// <exception cref="StoreRefusedException">It cannot be read, or does not continue the chain.</exception>
    public void AddDam(long record, string name, byte[] signedDam)
    {
        _chain = Continue(signedDam);
        core.Artifacts.Own = _chain.Domain;
        _keptInline.Add(record);
        KeepRecord(record, new LogRecord.Dam(name, Blake3.Hash(signedDam), signedDam.Length, null), signedDam);
        _dams.Add(signedDam);
        DomainName = name;
        _history ??= PublicHistory.Open(
            core.Files, new HistoryOptions(_chain.Domain, name, options.Random) { Resume = Resume });
    }

    /// <summary>The chain with one more version; nothing changes.</summary>
    public DamChain Continue(byte[] signedDam)
    {
        if (!SignedDam.TryDecode(signedDam, out var dam, out var error))
        {
            throw new StoreRefusedException("dam-malformed", $"the manifest cannot be read: {error}");
        }

        if (_chain is null)
        {
            return DamChain.TryVerify([signedDam], out var first, out error)
                ? first
                : throw new StoreRefusedException("dam-refused", $"no genesis manifest: {error}");
        }

        return _chain.TryAppend(dam, out var chain, out error)
            ? chain
            : throw new StoreRefusedException("dam-refused", $"the manifest does not continue the chain: {error}");
    }

    /// <summary>Records whose inline bytes live in the log for good: manifests, epoch records, schemas.</summary>
    public IReadOnlyCollection<long> KeptInline => _keptInline;

    /// <summary>Takes an artifact in, or its grown entry.</summary>
    /// <param name="record">Number of the log record that carries the entry.</param>
    /// <param name="entry">The entry, decoded.</param>
    /// <param name="add">That record.</param>
    /// <param name="isNew">Whether it is certain that there was none under the key, not even a removed one.</param>
    public void PutArtifact(long record, SignedArtifact entry, LogRecord.Add add, bool isNew = false)
    {
        if (isNew)
        {
            core.Artifacts.Add(RecordOf(record, entry, add));
        }
        else
        {
            core.Artifacts.Put(RecordOf(record, entry, add));
        }

        Current.Touch(entry.Key);
        Uses.TouchAdded(entry.Descriptor.Content);
        LastRecordMs = Math.Max(LastRecordMs, add.AtMs);
    }

    /// <summary>Takes an artifact out of CURRENT; its record stays.</summary>
    public void Remove(long number, LogRecord.Tombstone gone)
    {
        core.Artifacts.Remove(gone.Key, gone.Source ?? DomainId, gone.AtMs);
        Current.Touch(gone.Key);
        LastRecordMs = Math.Max(LastRecordMs, gone.AtMs);
        Touch(gone.Key, number);
    }

    /// <summary>Whether an artifact's bytes are kept: it is live, pinned, held, or a kept one refers to it.</summary>
    public bool Keeps(ArtifactRecord record) => Uses.Keeps(record);

    public void Publish(LogRecord.Publish publish)
    {
        if (!core.Artifacts.TryGet(publish.Key, DomainId, out var record))
        {
            throw new StoreDamagedException($"{publish.Key} was published and is not in the log");
        }

        if (publish.IsWithdrawn)
        {
            core.Artifacts.SetPublished(record!, publish.Audience, isPublished: false);
            Published.Unpublish(publish.Audience, publish.Key);
        }
        else
        {
            core.Artifacts.SetPublished(record!, publish.Audience, isPublished: true);
            Published.Publish(publish.Audience, publish.Key, record!.EntryHash, record.Spot);
        }
    }

    /// <summary>Takes an epoch; the first, which is opened by the genesis manifest, has no record.</summary>
    public void AddEpoch(long record, LogRecord.Epoch epoch, byte[] signed)
    {
        _keptInline.Add(record);
        KeepRecord(record, epoch with { Leaf = null }, signed);
        if (signed.Length > 0)
        {
            _epochs.Add(new EpochOpening(epoch.Number, signed));
        }
    }

    /// <summary>Takes a record that is not about artifacts' bytes.</summary>
    public void Replay(long number, LogRecord record, ReadOnlySpan<byte> inline)
    {
        switch (record)
        {
            case LogRecord.Dam dam:
                AddDam(number, dam.Name, inline.ToArray());
                ApplyLeaf(dam.Leaf);
                break;
            case LogRecord.Publish publish:
                Publish(publish);
                ApplyLeaf(publish.Leaf);
                break;
            case LogRecord.Snapshot snapshot:
                ApplyLeaf(snapshot.Leaf);
                break;
            case LogRecord.Epoch epoch:
                AddEpoch(number, epoch, inline.ToArray());
                ApplyLeaf(epoch.Leaf);
                break;
            case LogRecord.PublicLeaf leaf:
                ApplyLeaf(leaf.Bytes);
                break;
            case LogRecord.Alias alias:
                Aliases.Add(alias);
                break;
            case LogRecord.Schema schema:
                AddSchema(number, schema, inline);
                break;
            default:
                ReplayKeeping(number, record);
                break;
        }
    }

    /// <summary>Takes a record again that the index covers, for what only memory holds.</summary>
    public void Restore(long number, LogRecord record, ReadOnlySpan<byte> inline)
    {
        switch (record)
        {
            case LogRecord.Dam dam:
                AddDam(number, dam.Name, inline.ToArray());
                break;
            case LogRecord.Epoch epoch:
                AddEpoch(number, epoch, inline.ToArray());
                break;
            case LogRecord.Schema schema:
                AddSchema(number, schema, inline);
                break;
            default:
                ReplayKeeping(number, record);
                break;
        }
    }

    /// <summary>Takes a schema, or takes one away; its bytes stay in the log.</summary>
    public void AddSchema(long record, LogRecord.Schema schema, ReadOnlySpan<byte> bytes)
    {
        Schemas.Apply(schema, bytes);
        KeepRecord(record, schema, bytes);
        if (schema.Length > 0)
        {
            _keptInline.Add(record);
        }
    }

    /// <summary>Folds all changes into the trees. Under the state lock.</summary>
    public void FoldAll()
    {
        foreach (var tree in IsBulk ? [] : Trees)
        {
            while (tree.Fold(int.MaxValue))
            {
            }
        }
    }

    public void Dispose() => _history?.Dispose();

    private void Touch(ArtifactKey key, long number)
    {
        foreach (var record in core.Artifacts.OfKey(key))
        {
            Uses.Touch(record.Content, number);
        }
    }

    private void ReplayKeeping(long number, LogRecord record)
    {
        switch (record)
        {
            case LogRecord.Tombstone gone:
                Remove(number, gone);
                break;
            case LogRecord.Pin pin:
                KeepInstead(number, pin, pin.Key, pin.Name, isOver: pin.IsRemoved);
                Keeping.Apply(pin);
                Touch(pin.Key, number);
                break;
            case LogRecord.Hold hold:
                KeepInstead(number, hold, hold.Key, hold.Name, isOver: hold.IsReleased);
                Keeping.Apply(hold);
                Touch(hold.Key, number);
                break;
            case LogRecord.Retain retain:
                KeepInstead(
                    number, retain, default, $"{retain.Rule.Type}\n{retain.Rule.Brane}", isOver: retain.Rule.IsEmpty);
                Keeping.Apply(retain);
                break;
            case LogRecord.Mark mark:
                KeepRecord(number, mark, []);
                Forget(Marks.Add(number, mark));
                LastRecordMs = Math.Max(LastRecordMs, mark.AtMs);
                break;
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Has a record replayed on every opening in place of the one before about the same; where it only ends
    /// that, neither is: opening costs what stands, not what ever was.</summary>
    private void KeepInstead(long number, LogRecord record, ArtifactKey key, string name, bool isOver)
    {
        var about = (record.GetType(), key, name);
        if (_kept.Remove(about, out var before))
        {
            Forget(before);
        }

        if (!isOver)
        {
            _kept.Add(about, number);
            KeepRecord(number, record, []);
        }
    }

    /// <summary>Has a record replayed no longer; 0 is none.</summary>
    private void Forget(long number)
    {
        Span<byte> record = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(record, number);
        foreach (var key in number == 0 ? [] : core.Index.Keys(IndexTable.Kept, record).ToList())
        {
            core.Index.Delete(IndexTable.Kept, key);
        }
    }

    /// <summary>Has a record replayed on every opening.</summary>
    private void KeepRecord(long number, LogRecord record, ReadOnlySpan<byte> inline)
    {
        if (IsRestoring)
        {
            return;
        }

        var encoded = LogRecordCodec.Encode(record);
        byte[] whole = [.. BitConverter.GetBytes(encoded.Length), .. encoded, .. inline];
        Span<byte> key = stackalloc byte[12];
        BinaryPrimitives.WriteInt64BigEndian(key, number);
        for (var at = 0; at < whole.Length; at += KeptPiece)
        {
            BinaryPrimitives.WriteInt32BigEndian(key[8..], at / KeptPiece);
            core.Index.Put(IndexTable.Kept, key, whole.AsSpan(at, Math.Min(KeptPiece, whole.Length - at)));
        }
    }

    private ArtifactRecord RecordOf(long record, SignedArtifact entry, LogRecord.Add add) => new()
    {
        Key = entry.Key,
        Content = entry.Descriptor.Content,
        Size = entry.Descriptor.Size,
        Type = entry.Descriptor.Type,
        Brane = entry.Attestations.MinBy(pair => pair.Attestation.TimeUnixMs)!.Attestation.Brane,
        Domain = add.Source ?? DomainId,
        CreatedMs = add.AtMs,
        Audience = add.Audience,
        Tenant = add.Tenant,
        HasRefs = entry.Descriptor.Refs.Any(role => role.Refs.Any(reference => reference.Key is not null)),
        EntryHash = entry.Identity,
        Spot = core.SpotOf(record),
    };

    private void ApplyLeaf(byte[]? bytes)
    {
        if (bytes is null)
        {
            return;
        }

        if (!PreparedLeaf.TryDecode(bytes, out var leaf, out var error))
        {
            throw new StoreDamagedException($"a leaf in the log cannot be read: {error}");
        }

        History.Apply(leaf);
    }
}

/// <summary>An epoch of the public log as its owner opened it.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="Signed">The signed record (COSE_Sign1, <c>omega/epoch/1</c>).</param>
public sealed record EpochOpening(long Epoch, byte[] Signed);
