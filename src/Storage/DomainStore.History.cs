using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.History;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Published;
using Omega.P2P.Storage.Reading;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Storage;

/// <summary>What becomes public: every step is a record of the local log with the public leaf inside, durable before
/// the public files change.</summary>
public sealed partial class DomainStore
{
    private readonly Lock _publicGate = new();

    /// <summary>The public logs, heads and proofs.</summary>
    public PublicHistory History => _state.History;

    /// <summary>Epochs opened after the first, oldest first.</summary>
    public IReadOnlyList<EpochOpening> EpochRecords
    {
        get
        {
            lock (_core.State)
            {
                return [.. _state.Epochs];
            }
        }
    }

    /// <summary>What each audience may see.</summary>
    public PublishedSets Published => _state.Published;

    /// <summary>Digest of everything live; equal after any rebuild.</summary>
    public Hash256 Current => _state.Current.Root;

    /// <summary>Adds an artifact of this domain to an audience's set; durable on return, in a head after
    /// <see cref="TakeSnapshot"/>. Widening copies the bytes into that audience's blocks first. Nothing happens where
    /// it
    /// is published already.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>; <c>ref-not-visible</c>: it refers in the clear
    /// to an artifact that the audience does not see.</exception>
    /// <exception cref="NotHereException">The bytes would have to be copied and are away.</exception>
    public void Publish(ArtifactKey key, string audience, Instant now)
    {
        RequireTag(audience, "audience");
        RequireWritable();
        lock (_publicGate)
        {
            History.Settle();
            var (record, isPublished) = RequireOwn(key, audience);
            if (isPublished)
            {
                return;
            }

            RequireVisibleRefs(record, audience);
            if (record.Published.Count == ArtifactRow.PublishedMax)
            {
                throw new StoreRefusedException(
                    "too-many-audiences", $"{key} is published to {ArtifactRow.PublishedMax} audiences already");
            }

            Widen(record, audience);
            var leaf = History.Prepare(new PublicRecord.Publish(key, audience, record.EntryHash));
            CommitPublish(key, audience, isWithdrawn: false, leaf, now);
        }
    }

    /// <summary>Takes an artifact out of an audience's set; nothing happens where it is not in it.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-artifact</c>.</exception>
    public void Unpublish(ArtifactKey key, string audience, Instant now)
    {
        RequireTag(audience, "audience");
        RequireWritable();
        lock (_publicGate)
        {
            if (RequireOwn(key, audience).IsPublished)
            {
                CommitPublish(
                    key, audience, isWithdrawn: true, History.Prepare(new PublicRecord.Unpublish(key, audience)), now);
            }
        }
    }

    /// <summary>Signs a head over everything public so far. Without a change since the last one it returns that one
    /// (law 11). The reserve is given up for it where a disk is full: what was withdrawn must be seen to be.</summary>
    public HeadInfo TakeSnapshot(Instant now) => Deleting(() => SnapshotOnce(now));

    private HeadInfo SnapshotOnce(Instant now)
    {
        RequireWritable();
        lock (_publicGate)
        {
            History.Settle();
            if (!History.NeedsSnapshot)
            {
                return History.IsSealed ? History.Head! : History.Seal(_keys.Head); // Sealed: there is one.
            }

            byte[] dam;
            lock (_core.State)
            {
                dam = _state.Dams[^1];
            }

            var leaf = History.PrepareSnapshot(
                new SnapshotState(Published.Roots(), Current, Blake3.Hash(dam), now.UnixMs));
            CommitLeaves([Item(new LogRecord.Snapshot(leaf.Index, now.UnixMs, leaf.Encode()))], [leaf], _ => { });
            return History.Seal(_keys.Head);
        }
    }

    /// <summary>Adds a version of the manifest, to the log and to public history.</summary>
    /// <exception cref="StoreRefusedException"><c>dam-malformed</c>, <c>dam-refused</c>.</exception>
    public void AppendDam(byte[] signedDam, Instant now)
    {
        ArgumentNullException.ThrowIfNull(signedDam);
        RequireWritable();
        lock (_publicGate)
        {
            History.Settle();
            var version = _state.Continue(signedDam).Current.Version;
            var leaf = History.Prepare(new PublicRecord.Dam(Blake3.Hash(signedDam), version));
            CommitLeaves([DamItem(DomainName, signedDam, leaf.Encode())], [leaf], first =>
            {
                lock (_core.State)
                {
                    _state.AddDam(first, DomainName, signedDam);
                }
            });
        }
    }

    /// <summary>
    /// Opens an epoch by the owner's signed record: a new public log that begins with the manifest in force and
    /// everything that stays published. The way out of a rolled-back, read-only store (law 9).
    /// </summary>
    /// <exception cref="StoreRefusedException"><c>epoch-refused</c>: malformed, of another domain, not by the head key,
    /// or not above every epoch so far; numbers may be skipped.</exception>
    public void OpenEpoch(byte[] epochRecord, Instant now)
    {
        ArgumentNullException.ThrowIfNull(epochRecord);
        lock (_publicGate)
        {
            var number = RequireLaterEpoch(epochRecord);
            var hash = Blake3.Hash(epochRecord);
            var opening = History.PrepareEpoch(number, hash);
            var epoch = new LogRecord.Epoch(opening.Epoch, hash, epochRecord.Length, opening.Encode(), now.UnixMs);
            List<LogItem> items = [new LogItem(LogRecordCodec.Encode(epoch), epochRecord)];
            List<PreparedLeaf> leaves = [opening];
            foreach (var record in StaysPublic())
            {
                var leaf = History.Prepare(record);
                leaves.Add(leaf);
                items.Add(Item(new LogRecord.PublicLeaf(leaf.Encode())));
            }

            CommitLeaves(items, leaves, first =>
            {
                lock (_core.State)
                {
                    _state.AddEpoch(first, epoch, epochRecord);
                }
            });
            _readOnlyReason = _isDamaged ? _readOnlyReason : null;
        }
    }

    private static LogItem Item(LogRecord record) => new(LogRecordCodec.Encode(record), []);

    /// <summary>The records a new log begins with: the manifest, the opening of epoch 0, the manifest's leaf.</summary>
    private static void Begin(StoreState state, string name, byte[] dam, Action<IReadOnlyList<LogItem>> commit)
    {
        var genesis = DamItem(name, dam, leaf: null);
        state.AddDam(record: 1, name, dam);
        var opening = state.History.PrepareEpoch(0, default);
        var leaf = state.History.Prepare(new PublicRecord.Dam(Blake3.Hash(dam), state.Chain.Current.Version));
        var epoch = new LogRecord.Epoch(opening.Epoch, default, 0, opening.Encode(), 0);
        commit([genesis, Item(epoch), Item(new LogRecord.PublicLeaf(leaf.Encode()))]);
        state.History.Apply(opening);
        state.History.Apply(leaf);
    }

    private IEnumerable<PublicRecord> StaysPublic()
    {
        yield return new PublicRecord.Dam(Blake3.Hash(DamChain[^1]), _state.Chain.Current.Version);
        foreach (var (audience, key, entryHash, _) in Published.All())
        {
            yield return new PublicRecord.Publish(key, audience, entryHash);
        }
    }

    private void CommitPublish(ArtifactKey key, string audience, bool isWithdrawn, PreparedLeaf leaf, Instant now)
    {
        var record = new LogRecord.Publish(key, audience, isWithdrawn, now.UnixMs, leaf.Encode());
        CommitLeaves([Item(record)], [leaf], _ =>
        {
            lock (_core.State)
            {
                _state.Publish(record);
            }
        });
    }

    /// <summary>Durable in the local log first, then applied to the public one. Under the public gate.</summary>
    private void CommitLeaves(IReadOnlyList<LogItem> items, IReadOnlyList<PreparedLeaf> leaves, Action<long> applied)
    {
        try
        {
            _log.Commit(items, applied);
        }
        catch
        {
            History.ForgetPrepared();
            throw;
        }

        try
        {
            foreach (var leaf in leaves)
            {
                History.Apply(leaf);
            }
        }
        catch (IOException failure)
        {
            SetReadOnly($"the public log cannot be written: {failure.Message}");
            throw;
        }
    }

    private (ArtifactRecord Record, bool IsPublished) RequireOwn(ArtifactKey key, string audience)
    {
        lock (_core.State)
        {
            return _core.Artifacts.TryGet(key, DomainId, out var record)
                ? (record!, record!.Published.Contains(audience))
                : throw new StoreRefusedException("unknown-artifact", $"{key} is no artifact of this domain");
        }
    }

    private void RequireVisibleRefs(ArtifactRecord record, string audience)
    {
        if (!SignedArtifact.TryDecode(record.Entry, out var entry, out var error))
        {
            throw new StoreDamagedException($"the entry of {record.Key} cannot be read: {error}");
        }

        lock (_core.State)
        {
            foreach (var reference in entry.Descriptor.Refs.SelectMany(role => role.Refs))
            {
                if (reference.Key is { } key && (reference.Domain is null || reference.Domain == DomainId)
                    && !(_core.Artifacts.TryGet(key, DomainId, out var target)
                        && (target!.Published.Contains(audience) || target.Published.Contains(StorageClass.Public))))
                {
                    throw new StoreRefusedException(
                        "ref-not-visible", $"{record.Key} refers to {key}, which {audience} may not see");
                }
            }
        }
    }

    private long RequireLaterEpoch(byte[] bytes)
    {
        if (!EpochRecord.TryDecode(bytes, out var record, out var error))
        {
            throw new StoreRefusedException("epoch-refused", $"the epoch record cannot be read: {error}");
        }

        if (record.Domain != DomainId || !_state.Chain.IsHeadKey(record.Key) || !record.IsSignatureValid()
            || record.Epoch <= History.EpochMax)
        {
            throw new StoreRefusedException(
                "epoch-refused", $"the record is not the owner's word for an epoch above {History.EpochMax}");
        }

        return record.Epoch;
    }

    /// <summary>Copies the bytes into the audience's own class where nothing it may lean on has them.</summary>
    private void Widen(ArtifactRecord record, string audience)
    {
        if (record.Audience == audience)
        {
            return;
        }

        // The files of a package before its manifest: whoever sees that finds them.
        foreach (var (content, size) in _core.Packages.Of(record).Where(kept => kept.Size > 0).Reverse())
        {
            WidenContent(content, size, record, audience);
        }
    }

    private void WidenContent(ContentId content, long size, ArtifactRecord record, string audience)
    {
        using var writer = new ContentWriter(_core, audience, record.Tenant);
        using (var reader = OpenContent(content))
        {
            for (long at = 0; at < size;)
            {
                var bytes = reader.ReadChunk(at);
                writer.Write(bytes);
                at += bytes.Length;
            }
        }

        var staged = writer.Finish();
        try
        {
            if (!staged.IsAllKept)
            {
                CommitCopy(staged, audience, record.Tenant);
            }
        }
        finally
        {
            staged.Discard();
            staged.Release();
        }
    }

    private void CommitCopy(StagedContent staged, string audience, string? tenant)
    {
        var copy = new LogRecord.Copy(audience, tenant, staged.InlineObjects);
        _gate.EnterReadLock();
        try
        {
            staged.Seal();
            List<LogItem> items =
            [
                .. StagedContent.SealItems(staged.Sinks),
                staged.ItemOf(copy),
            ];
            _log.Commit(items, first =>
            {
                lock (_core.State)
                {
                    staged.Apply(first + items.Count - 1);
                }
            });
            staged.Keep();
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }
}
