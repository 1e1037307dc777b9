using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Artifacts;
using Omega.P2P.Primitives.Ids;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Storage.Blocks;
using Omega.P2P.Storage.Index;
using Omega.P2P.Storage.Logs;
using Omega.P2P.Storage.Snapshots;

namespace Omega.P2P.Storage;

/// <summary>The past: snapshots, and what was there when they were taken.</summary>
public sealed partial class DomainStore
{
    /// <summary>All snapshots whose manifest is here, oldest first.</summary>
    public IEnumerable<SnapshotInfo> Snapshots()
    {
        foreach (var number in History.Snapshots.Numbers())
        {
            if (TryGetSnapshot(number, out var snapshot))
            {
                yield return snapshot;
            }
        }
    }

    /// <summary>One snapshot; false where there is none of that number, or its manifest is away or damaged.</summary>
    public bool TryGetSnapshot(long number, [NotNullWhen(true)] out SnapshotInfo? snapshot)
    {
        snapshot = null;
        if (!History.Snapshots.TryRead(number, out var leaf) || leaf.Secrets is not { } secrets
            || !PublicRecord.TryDecode(leaf.Body, out var record, out _) || record is not PublicRecord.Snapshot stated
            || !History.TryRoot(leaf.Epoch, leaf.Index + 1, out var root))
        {
            return false;
        }

        snapshot = new SnapshotInfo(
            number, leaf.Epoch, leaf.Index + 1, root, stated.TimeUnixMs, stated.DamHash, secrets.CurrentRoot,
            secrets.Published);
        return true;
    }

    /// <summary>
    /// Artifacts that were live when a snapshot was taken, and pass the filter, by (created, key): entry, audience and
    /// publications are those of then; where the bytes are, and whether it was removed since, is of now. Reads the log
    /// from its beginning, since no index knows the past, and holds what kind, domain and id let pass.
    /// </summary>
    /// <exception cref="StoreRefusedException"><c>unknown-snapshot</c>.</exception>
    public IReadOnlyList<ArtifactInfo> ListAsOf(long snapshot, ArtifactFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var past = ReadPast([snapshot], (entry, domain) => Passes(entry, domain, filter))[0];
        return
        [
            .. past.Values.Where(artifact => Passes(artifact, filter))
                .OrderBy(artifact => artifact.CreatedMs).ThenBy(artifact => artifact.Entry.Key)
                .Select(InfoOf),
        ];
    }

    /// <summary>How what was live and published changed from one snapshot to another, in the order of keys. Reads the
    /// log twice, and holds what was touched between the two.</summary>
    /// <exception cref="StoreRefusedException"><c>unknown-snapshot</c>.</exception>
    public IReadOnlyList<SnapshotChange> Compare(long from, long to)
    {
        var touched = TouchedBetween(Math.Min(from, to), Math.Max(from, to));
        var past = ReadPast([from, to], (entry, domain) => touched.Contains((entry.Key, domain)));
        var changes = new List<SnapshotChange>();
        foreach (var at in past[0].Keys.Union(past[1].Keys).Order())
        {
            past[0].TryGetValue(at, out var before);
            past[1].TryGetValue(at, out var after);
            Compare(before, after, changes);
        }

        return changes;
    }

    private void Compare(PastArtifact? before, PastArtifact? after, List<SnapshotChange> changes)
    {
        var info = InfoOf((after ?? before)!); // one of the two has it
        if (before is null || after is null)
        {
            changes.Add(new(before is null ? SnapshotChangeKind.Added : SnapshotChangeKind.Removed, info, null));
        }
        else if (before.Entry.Identity != after.Entry.Identity)
        {
            changes.Add(new(SnapshotChangeKind.Attested, info, null));
        }

        var (shown, shows) = (before?.Published ?? [], after?.Published ?? []);
        changes.AddRange(shows.Except(shown).Select(
            audience => new SnapshotChange(SnapshotChangeKind.Published, info, audience)));
        changes.AddRange(shown.Except(shows).Select(
            audience => new SnapshotChange(SnapshotChangeKind.Unpublished, info, audience)));
    }

    private IReadOnlyDictionary<(ArtifactKey Key, DomainId Domain), PastArtifact>[] ReadPast(
        long[] snapshots, Func<SignedArtifact, DomainId, bool> isWanted)
    {
        var found = new IReadOnlyDictionary<(ArtifactKey Key, DomainId Domain), PastArtifact>?[snapshots.Length];
        var state = new PastState(DomainId, isWanted);
        LogReading.Walk(_core.Files, _core.Limits, record =>
        {
            if (state.Apply(record, out var number))
            {
                for (var i = 0; i < snapshots.Length; i++)
                {
                    found[i] = number == snapshots[i] ? state.Copy() : found[i];
                }
            }

            return Array.TrueForAll(found, one => one is not null);
        });
        var lacking = Array.FindIndex(found, one => one is null);
        return lacking < 0
            ? [.. found.Select(one => one!)] // none is null
            : throw new StoreRefusedException("unknown-snapshot", $"there is no snapshot {snapshots[lacking]}");
    }

    /// <summary>What records between two snapshots are about.</summary>
    private HashSet<(ArtifactKey Key, DomainId Domain)> TouchedBetween(long first, long last)
    {
        var touched = new HashSet<(ArtifactKey Key, DomainId Domain)>();
        var isBetween = false;
        LogReading.Walk(_core.Files, _core.Limits, bytes =>
        {
            if (!LogRecordCodec.TryDecode(bytes, out var record))
            {
                return false;
            }

            if (PastState.TryNumber(record, out var number))
            {
                isBetween = isBetween || number == first;
                return number == last;
            }

            if (isBetween && PastState.TrySubject(record, DomainId, out var subject))
            {
                touched.Add(subject);
            }

            return false;
        });
        return touched;
    }

    private ArtifactInfo InfoOf(PastArtifact past)
    {
        var descriptor = past.Entry.Descriptor;
        long? removed = null;
        var isKnown = false;
        lock (_core.State)
        {
            isKnown = _core.Artifacts.TryGetEver(past.Entry.Key, past.Domain, out var record);
            removed = record?.RemovedMs;
        }

        return new ArtifactInfo(
            past.Entry.Key, descriptor.Content, descriptor.Size, descriptor.Type, BraneOf(past), past.Domain,
            past.CreatedMs, past.Audience, past.Tenant, past.Published,
            isKnown ? StateOf(descriptor, isRemoved: removed is not null) : ArtifactState.Evicted)
        {
            PastEntry = past.Entry.Bytes.ToArray(),
            RemovedUnixMs = removed,
        };
    }

    /// <summary>Bytes of what was removed may have been collected, which leaves no block that is away.</summary>
    private ArtifactState StateOf(Descriptor descriptor, bool isRemoved)
    {
        if (isRemoved && descriptor.Size > 0)
        {
            lock (_core.State)
            {
                if (!_core.TryLocate(descriptor.Content.Hash, BlockCodec.Raw, out _, out _)
                    && !_core.TryReadList(descriptor.Content, out _))
                {
                    return ArtifactState.Evicted;
                }
            }
        }

        return StateOf(descriptor.Content, descriptor.Size);
    }

    /// <summary>By what never changes of an artifact.</summary>
    private static bool Passes(SignedArtifact entry, DomainId domain, ArtifactFilter filter) =>
        (filter.Kind is null || entry.Descriptor.Type == filter.Kind)
        && (filter.Domain is null || domain == filter.Domain)
        && (filter.Prefix is not { } prefix || prefix.Kind switch
        {
            IdKind.Content => prefix.Matches(entry.Descriptor.Content.Hash),
            IdKind.Key => prefix.Matches(entry.Key.Hash),
            IdKind.Block => false,
            _ => prefix.Matches(entry.Descriptor.Content.Hash) || prefix.Matches(entry.Key.Hash),
        });

    /// <summary>By what later records may have changed.</summary>
    private static bool Passes(PastArtifact past, ArtifactFilter filter) =>
        (filter.Brane is null || BraneOf(past) == filter.Brane)
        && (filter.Audience is null || past.Audience == filter.Audience || past.Published.Contains(filter.Audience));

    private static string BraneOf(PastArtifact past) =>
        past.Entry.Attestations.MinBy(pair => pair.Attestation.TimeUnixMs)!.Attestation.Brane; // never empty
}
