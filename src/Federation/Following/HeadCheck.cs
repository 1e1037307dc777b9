using Omega.P2P.Federation.Trust;
using Omega.P2P.Primitives.Domains;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.PublicLog;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation.Following;

/// <summary>
/// A head that continues the one held, with the snapshot record it covers; only <see cref="HeadCheck"/> makes one.
/// </summary>
internal sealed record AcceptedHead(
    SignedHead Head, long SnapshotIndex, PublicRecord.Snapshot Snapshot, IReadOnlyList<AudienceOpening> Openings);

/// <summary>What is held of a domain when a head is judged.</summary>
internal sealed record HeldHead(SignedHead Head, long SnapshotNumber);

/// <summary>
/// Head acceptance: signature, order, link of epochs, consistency, snapshot. Pure; the leaves are checked after it.
/// </summary>
internal static class HeadCheck
{
    /// <summary>
    /// Null with the accepted head, or the fault. A head equal to the one held is accepted again.
    /// <paramref name="isFork"/>: the fault is proven by this head and the one held.
    /// </summary>
    public static PeerFault? Judge(
        HeldHead? held, Manifests manifests, HeadBundle bundle, out AcceptedHead? accepted, out bool isFork)
    {
        accepted = null;
        isFork = false;
        if (!SignedHead.TryVerify(bundle.Note, manifests, out var head, out var fault))
            return fault;
        if (JudgeOrder(held?.Head, head, manifests, bundle, out isFork) is { } disorder)
            return disorder;
        if (JudgeSnapshot(held, head, manifests, bundle, out var snapshot) is { } bad)
            return bad;
        accepted = new AcceptedHead(head, bundle.Snapshot.Index, snapshot!, bundle.Openings);
        return null;
    }

    /// <summary>
    /// Judges a head by its place alone, as an announcement shows it: null when it may be newer or equal.
    /// </summary>
    public static PeerFault? JudgePlace(SignedHead held, SignedHead shown)
    {
        if (held.IsAfter(shown.Epoch, shown.Size))
            return PeerFault.StaleHead;
        var isSamePlace = !shown.IsAfter(held.Epoch, held.Size);
        return isSamePlace && shown.Root != held.Root ? PeerFault.InconsistentHead : null;
    }

    /// <summary>Whether the snapshot shown with a head is a snapshot record that the head covers.</summary>
    public static bool CoversSnapshot(SignedHead head, HeadBundle bundle)
    {
        var leaf = bundle.Snapshot;
        var hash = LogCommitment.LeafHash(LogCommitment.Create(leaf.Salt.Span, leaf.Body.Span));
        return Proofs.VerifyInclusion(hash, leaf.Index, head.Size, [.. bundle.Inclusion], head.Root)
            && PublicRecord.TryDecode(leaf.Body.Span, out var record, out _)
            && record is PublicRecord.Snapshot shown && shown.Size == leaf.Index;
    }

    private static PeerFault? JudgeOrder(
        SignedHead? held, SignedHead head, Manifests manifests, HeadBundle bundle, out bool isFork)
    {
        isFork = false;
        if (held is null)
            return null;
        if (JudgePlace(held, head) is { } fault)
        {
            isFork = fault == PeerFault.InconsistentHead;
            return fault;
        }
        if (head.Epoch > held.Epoch)
            return LinksTo(held, head, manifests, bundle.EpochRecords) ? null : PeerFault.BadEpoch;
        Hash256[] proof = [.. bundle.Consistency];
        if (Proofs.VerifyConsistency(held.Size, head.Size, held.Root, head.Root, proof))
            return null;
        isFork = ForkProof.Convicts(held.Size, head.Size, held.Root, head.Root, proof);
        return isFork ? PeerFault.InconsistentHead : PeerFault.BadConsistencyProof;
    }

    // Every epoch since the one held was opened by the head key, in order, and what the first of them links is not
    // less than what is held: nothing that was witnessed here is forgotten.
    private static bool LinksTo(
        SignedHead held, SignedHead head, Manifests manifests, IReadOnlyList<ReadOnlyMemory<byte>> records)
    {
        var epoch = held.Epoch;
        foreach (var bytes in records)
        {
            if (!manifests.TryVerifyEpoch(bytes, out var record) || record.Epoch <= epoch)
                return false;
            if (epoch == held.Epoch && !LinkCovers(record, held))
                return false;
            epoch = record.Epoch;
        }
        return epoch == head.Epoch;
    }

    private static bool LinkCovers(EpochRecord record, SignedHead held)
    {
        if (record.Previous.Epoch != held.Epoch)
            return record.Previous.Epoch > held.Epoch;
        return record.Previous.Size > held.Size
            || (record.Previous.Size == held.Size && record.Previous.Root == held.Root);
    }

    private static PeerFault? JudgeSnapshot(
        HeldHead? held, SignedHead head, Manifests manifests, HeadBundle bundle, out PublicRecord.Snapshot? snapshot)
    {
        var leaf = bundle.Snapshot;
        snapshot = null;
        var commitment = LogCommitment.Create(leaf.Salt.Span, leaf.Body.Span);
        if (!Proofs.VerifyInclusion(
                LogCommitment.LeafHash(commitment), leaf.Index, head.Size, [.. bundle.Inclusion], head.Root))
            return PeerFault.BadInclusionProof;
        if (!PublicRecord.TryDecode(leaf.Body.Span, out var record, out _) || record is not PublicRecord.Snapshot shown)
            return PeerFault.BadSnapshot;
        snapshot = shown;
        // Numbers go on across epochs, but a domain that was rolled back counts from where it was put back to.
        var numberMin = held?.Head.Epoch == head.Epoch ? held.SnapshotNumber : 0;
        if (shown.Size != leaf.Index || !manifests.IsKnown(shown.DamHash) || shown.Number < numberMin)
            return PeerFault.BadSnapshot;
        var names = new HashSet<string>();
        foreach (var opening in bundle.Openings)
        {
            if (!names.Add(opening.Audience) || !shown.CommitsTo(opening))
                return PeerFault.BadSnapshot;
        }
        return null;
    }
}
