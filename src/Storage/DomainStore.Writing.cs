using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>Artifacts coming in.</summary>
public sealed partial class DomainStore
{
    /// <summary>Begins an artifact of this domain.</summary>
    /// <exception cref="StoreReadOnlyException">Writes are refused.</exception>
    /// <exception cref="StoreRefusedException"><c>name-refused</c>: type, brane, audience or tenant is no tag;
    /// <c>schema-violation</c>.</exception>
    public ArtifactPut BeginPut(PutRequest r)
    {
        ArgumentNullException.ThrowIfNull(r);
        RequireWritable();
        RequireSpareRoom();
        RequireAcceptable(r);
        MovePendingWhenOver(_core.Limits.PendingMax);
        var use = _core.UseOf(r.Audience, r.Tenant);
        var early = new EarlySealing(_core.Limits.UnsyncedBlocksMax, SealEarly);
        return new ArtifactPut(this, new ContentWriter(_core, use, early), r);
    }

    internal PutResult CompletePut(PutRequest request, ContentWriter writer, AttestMany attest, Instant now) =>
        Stage(writer, staged =>
        {
            var descriptor = Descriptor.Create(
                staged.Content, staged.Size, request.Type, request.Meta, request.Refs);
            if (staged.IsSmall)
            {
                var item = new BatchItem(request, staged, descriptor);
                return item.Result(_puts.Admit(new WaitingPut(item, writer.Usable, attest, now)));
            }

            return OneAtATime(descriptor.Key, () =>
            {
                var known = FindOwn(descriptor.Key, out var isLive);
                var isAttested = IsAttestedBy(known, request.Brane);
                if (isAttested && isLive && staged.IsAllKept)
                {
                    return new PutResult(descriptor.Key, staged.Content, staged.Size, AlreadyThere: true);
                }

                var entry = isAttested ? known! : Attest(descriptor, known, attest, now);
                return Admit(staged, entry, request.Audience, request.Tenant, now);
            });
        });

    /// <summary>Finishes the content, and leaves nothing behind where <paramref name="admit"/>, which also settles it,
    /// did not commit it.</summary>
    private PutResult Stage(ContentWriter writer, Func<StagedContent, PutResult> admit)
    {
        RequireWritable();
        var staged = writer.FinishUnsettled();
        try
        {
            var result = admit(staged);
            staged.Discard();
            return result;
        }
        catch
        {
            staged.Discard();
            throw;
        }
        finally
        {
            staged.Release();
        }
    }

    /// <summary>Data, then names, then the log, then the acknowledgement.</summary>
    private PutResult Admit(
        StagedContent staged, SignedArtifact entry, string audience, string? tenant, Instant now)
    {
        RequireEntryFits(entry);
        RequireRoom(staged, entry.Key, DomainId);
        var add = new LogRecord.Add(
            entry.Bytes.ToArray(), audience, tenant, now.UnixMs, Source: null, staged.InlineObjects);
        var record = staged.ItemOf(add);
        _gate.EnterReadLock();
        try
        {
            RequireStillHere(staged.SealedEarly);
            staged.Seal();
            List<LogItem> items = [.. StagedContent.SealItems(staged.Sinks), record];
            _log.Commit(items, first =>
            {
                lock (_core.State)
                {
                    staged.Apply(first + items.Count - 1);
                    _state.PutArtifact(first + items.Count - 1, entry, add);
                    _lastPutRunningMs = Math.Max(_lastPutRunningMs, now.RunningMs);
                }
            });
            staged.Keep();
        }
        finally
        {
            _gate.ExitReadLock();
        }

        return new PutResult(entry.Key, staged.Content, staged.Size, AlreadyThere: false);
    }

    /// <summary>
    /// Names full, synced blocks of a write under way and makes them known, so that after a crash the next one of the
    /// same bytes finds its chunks. No artifact needs them yet: when the write has ended without one, collection may
    /// take them after its grace period.
    /// </summary>
    private void SealEarly(IReadOnlyList<FilledBlock> blocks)
    {
        _gate.EnterReadLock();
        try
        {
            _core.Blocks.Seal(blocks, _core.Scheduler);
            var record = new LogRecord.Seal([.. blocks.Select(block => block.Id)], null, 0);
            _log.Commit([new LogItem(LogRecordCodec.Encode(record), [])], first =>
            {
                lock (_core.State)
                {
                    foreach (var block in blocks)
                    {
                        _core.Chunks.Add(block.Id, block.Directory, isHere: true);
                        _state.Uses.Touch(block.Id, first);
                    }
                }
            });
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Under the gate, so that none goes before the artifact is there.</summary>
    private void RequireStillHere(IEnumerable<BlockId> sealedEarly)
    {
        lock (_core.State)
        {
            foreach (var id in sealedEarly)
            {
                if (!_core.Chunks.TryGetBlock(id, out var block) || !block!.IsHere
                    || _core.Chunks.IsLeaving(id))
                {
                    throw new IOException($"{id} was collected before the put that wrote it ended; put it again");
                }
            }
        }
    }

    /// <summary>Refuses names and metadata that could not be kept, before anything of the artifact is written.
    /// </summary>
    internal void RequireAcceptable(PutRequest request)
    {
        RequireTag(request.Type, "type");
        RequireTag(request.Brane, "brane");
        RequireTag(request.Audience, "audience");
        if (request.Tenant is { } tenant)
        {
            RequireTag(tenant, "tenant");
        }

        RequireValidMeta(request);
    }

    /// <summary>What names an artifact by more than a tag would fit neither its row nor its attestation.</summary>
    internal static void RequireTag(string name, string field)
    {
        if (!Tag.IsValid(name))
        {
            throw new StoreRefusedException(
                "name-refused", $"the {field} is not 1 to {Tag.LengthMax} of a-z, 0-9, dot, hyphen and underscore")
            {
                Field = field,
            };
        }
    }

    private void RequireEntryFits(SignedArtifact entry)
    {
        if (entry.Bytes.Length > _core.Limits.EntryMax)
        {
            throw new StoreRefusedException(
                "entry-too-large", $"a catalog entry of {entry.Bytes.Length} bytes is over {_core.Limits.EntryMax}");
        }
    }

    private SignedArtifact Attest(Descriptor descriptor, SignedArtifact? known, AttestMany attest, Instant now) =>
        new ReceiptCache(this, now).Attest(descriptor, known, AskFor([descriptor], attest)[0]);

    private static IReadOnlyList<Attestation> AskFor(IReadOnlyList<Descriptor> descriptors, AttestMany attest)
    {
        var attestations = attest(descriptors);
        return attestations.Count == descriptors.Count
            ? attestations
            : throw new StoreRefusedException(
                "attestation-wrong",
                $"{attestations.Count} attestations came for {descriptors.Count} artifacts");
    }

    /// <summary>The entry under a key, also of a removed artifact: what was attested once need not be again.</summary>
    private SignedArtifact? FindOwn(ArtifactKey key, out bool isLive)
    {
        ArtifactRecord? record;
        lock (_core.State)
        {
            _core.Artifacts.TryGetEver(key, DomainId, out record, expectAbsent: true);
        }

        return EntryOf(record, out isLive);
    }

    /// <summary>Reads the log, so not under the state lock.</summary>
    private static SignedArtifact? EntryOf(ArtifactRecord? record, out bool isLive)
    {
        isLive = record is { IsLive: true };
        if (record is null)
        {
            return null;
        }

        return SignedArtifact.TryDecode(record.Entry, out var entry, out var error)
            ? entry
            : throw new StoreDamagedException($"the entry of {record.Key} cannot be read: {error}");
    }

    /// <summary>Lets one put of a key at a time decide what its entry becomes: attestations add up, none is
    /// lost.</summary>
    private PutResult OneAtATime(ArtifactKey key, Func<PutResult> decide) => AllAtATime([key], decide);

    /// <summary>The same for several keys, taken together so that two batches never wait for each other.</summary>
    private T AllAtATime<T>(HashSet<ArtifactKey> keys, Func<T> decide)
    {
        lock (_keysInFlight)
        {
            while (_keysInFlight.Overlaps(keys))
            {
                Monitor.Wait(_keysInFlight);
            }

            _keysInFlight.UnionWith(keys);
        }

        try
        {
            return decide();
        }
        finally
        {
            lock (_keysInFlight)
            {
                _keysInFlight.ExceptWith(keys);
                Monitor.PulseAll(_keysInFlight);
            }
        }
    }
}
