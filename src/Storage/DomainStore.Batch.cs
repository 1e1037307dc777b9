using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.Time;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Ingest;
using Omega.P2P.Storage.Logs;

namespace Omega.P2P.Storage;

/// <summary>Many artifacts coming in at once.</summary>
public sealed partial class DomainStore
{
    /// <summary>Artifacts attested and encoded as one piece of work.</summary>
    private const int BatchPiece = AttestationBatch.CountMax;

    /// <summary>Artifacts that become visible under one hold of the state lock.</summary>
    private const int ApplyStep = 8;

    /// <summary>Begins a batch of artifacts that one brane attests; see <see cref="ArtifactBatch"/>.</summary>
    /// <exception cref="StoreReadOnlyException">Writes are refused.</exception>
    public ArtifactBatch BeginBatch(string brane)
    {
        ArgumentNullException.ThrowIfNull(brane);
        RequireWritable();
        RequireSpareRoom();
        MovePendingWhenOver(_core.Limits.PendingMax);
        return new ArtifactBatch(this, _core, brane);
    }

    internal IReadOnlyList<PutResult> CompleteBatch(
        string brane, IReadOnlyList<BatchItem> items, AttestMany attest, Instant now)
    {
        var moved = new List<BlockSink>();
        var isCommitted = false;
        HashSet<ArtifactKey> keys = [.. items.Select(item => item.Descriptor.Key)];
        try
        {
            RequireWritable();
            return AllAtATime(keys, () =>
            {
                var results = FindFresh(brane, items, out var fresh);
                if (fresh.Count > 0)
                {
                    BuildEntries(fresh, attest, now);
                    KeepOneOfEach(fresh);
                    RequireRoom(fresh.Count, fresh.Sum(entry => BytesOf(entry.Item.Staged)));
                    MoveInlineToBlocks(fresh, moved);
                    CommitBatch(fresh, moved, now);
                }

                isCommitted = true;
                return results;
            });
        }
        finally
        {
            foreach (var item in items)
            {
                item.Staged.Discard();
                item.Staged.Release();
            }

            if (!isCommitted)
            {
                moved.ForEach(sink => sink.Discard());
            }
        }
    }

    /// <summary>Lets a content that several artifacts of the batch have ride once.</summary>
    private static void KeepOneOfEach(List<BatchEntry> fresh)
    {
        var seen = new HashSet<(Hash256, ClassTag)>();
        foreach (var staged in fresh.Select(entry => entry.Item.Staged))
        {
            if (staged.IsSmall && staged.Inline.Count > 0 && !seen.Add((staged.Content.Hash, staged.Class.Tag)))
            {
                staged.Inline = [];
            }
        }
    }

    /// <summary>Tells what is to be admitted from what is here already. A key that comes twice counts once.</summary>
    private PutResult[] FindFresh(string brane, IReadOnlyList<BatchItem> items, out List<BatchEntry> fresh)
    {
        fresh = [];
        var seen = new HashSet<ArtifactKey>();
        var results = new PutResult[items.Count];
        for (var i = 0; i < items.Count; i++)
        {
            var key = items[i].Descriptor.Key;
            var known = FindOwn(key, out var isLive);
            var isAttested = IsAttestedBy(known, brane);
            var isKnown = !seen.Add(key) || (isAttested && isLive && items[i].Staged.IsAllKept);
            results[i] = items[i].Result(isKnown);
            if (!isKnown)
            {
                fresh.Add(new BatchEntry(items[i], known, isAttested, isLive));
            }
        }

        return results;
    }

    /// <summary>Attests what needs it, piece by piece on the scheduler.</summary>
    private void BuildEntries(List<BatchEntry> fresh, AttestMany attest, Instant now) =>
        _core.Scheduler.Run((fresh.Count + BatchPiece - 1) / BatchPiece, piece =>
        {
            var entries = fresh.GetRange(piece * BatchPiece, Math.Min(BatchPiece, fresh.Count - piece * BatchPiece));
            BuildPiece(entries, attest, now);
            entries.ForEach(entry => RequireEntryFits(entry.Entry!)); // BuildPiece made it.
        });

    private void BuildPiece(List<BatchEntry> entries, AttestMany attest, Instant now)
    {
        var unattested = entries.FindAll(entry => !entry.IsAttested);
        var attestations = unattested.Count == 0
            ? []
            : AskFor([.. unattested.Select(entry => entry.Item.Descriptor)], attest);
        var receipts = new ReceiptCache(this, now);
        for (var i = 0; i < unattested.Count; i++)
        {
            var entry = unattested[i];
            entry.Entry = receipts.Attest(entry.Item.Descriptor, entry.Known, attestations[i]);
        }

        entries.ForEach(entry => entry.Entry ??= entry.Known!);
    }

    /// <summary>Small contents that fill a block go there at once rather than through the log.</summary>
    private void MoveInlineToBlocks(List<BatchEntry> fresh, List<BlockSink> sinks)
    {
        var classes = fresh.Select(entry => entry.Item.Staged).Where(staged => staged.IsSmall)
            .GroupBy(staged => staged.Class.Tag);
        foreach (var group in classes)
        {
            if (group.Sum(staged => (long)staged.Inline.Sum(inline => inline.Bytes.Length))
                < _core.Limits.SmallBlockTarget)
            {
                continue;
            }

            var sink = new BlockSink(_core, group.Key, _core.Limits.SmallBlockTarget);
            sinks.Add(sink);
            foreach (var staged in group)
            {
                foreach (var inline in staged.Inline)
                {
                    sink.Add(inline.Object.Id, inline.Object.Codec, inline.Bytes);
                }

                staged.Inline = [];
            }
        }
    }

    private void CommitBatch(List<BatchEntry> fresh, List<BlockSink> moved, Instant now)
    {
        List<BlockSink> sinks = [.. moved, .. fresh.SelectMany(entry => entry.Item.Staged.Sinks)];
        _gate.EnterReadLock();
        try
        {
            BlockSink.SealAll(_core, sinks);
            var items = StagedContent.SealItems(sinks).ToList();
            var firstAdd = items.Count;
            items.AddRange(new LogItem[fresh.Count]);
            _core.Scheduler.Run((fresh.Count + BatchPiece - 1) / BatchPiece, piece =>
            {
                for (var i = piece * BatchPiece; i < Math.Min(fresh.Count, (piece + 1) * BatchPiece); i++)
                {
                    items[firstAdd + i] = fresh[i].Encode(now);
                }
            });
            _log.Commit(items, first => ApplyBatch(fresh, moved, first + firstAdd, now));
            fresh.ForEach(entry => entry.Item.Staged.Keep());
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    private void ApplyBatch(List<BatchEntry> fresh, List<BlockSink> moved, long firstAdd, Instant now)
    {
        lock (_core.State)
        {
            foreach (var block in moved.SelectMany(sink => sink.Blocks))
            {
                _core.Chunks.Add(block.Id, block.Directory, isHere: true);
            }

            _lastPutRunningMs = Math.Max(_lastPutRunningMs, now.RunningMs);
        }

        // A few at a time: look-ups and other writers need the lock meanwhile.
        for (var from = 0; from < fresh.Count; from += ApplyStep)
        {
            lock (_core.State)
            {
                for (var i = from; i < Math.Min(fresh.Count, from + ApplyStep); i++)
                {
                    fresh[i].Item.Staged.Apply(firstAdd + i);
                    _state.PutArtifact(
                        firstAdd + i, fresh[i].Entry!, fresh[i].Record!, isNew: fresh[i].Known is null);
                }
            }
        }
    }

    private bool IsAttestedBy(SignedArtifact? known, string brane) =>
        known is not null && known.Attestations.Any(
            pair => pair.Attestation.Domain == DomainId && pair.Attestation.Brane == brane);

    /// <summary>Makes entries of attestations, and one receipt for those that share a signature. Not
    /// thread-safe.</summary>
    private sealed class ReceiptCache(DomainStore store, Instant now)
    {
        private Receipt? _last;

        public SignedArtifact Attest(Descriptor descriptor, SignedArtifact? known, Attestation attestation)
        {
            if (attestation.Domain != store.DomainId || !attestation.Covers(descriptor.Key))
            {
                throw Wrong(descriptor);
            }

            if (_last is null || _last.Attestation != attestation.Hash)
            {
                if (!attestation.IsSignatureValid())
                {
                    throw Wrong(descriptor);
                }

                _last = Receipt.Create(store._keys.Node, attestation, store.DomainId, now.UnixMs);
            }

            return known is null
                ? SignedArtifact.Create(descriptor, attestation, _last)
                : known.With(attestation, _last);
        }

        private StoreRefusedException Wrong(Descriptor descriptor) => new(
            "attestation-wrong", $"the attestation is not a valid one of {descriptor.Key} for {store.DomainId}");
    }
}
