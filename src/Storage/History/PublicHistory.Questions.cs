using System.Diagnostics.CodeAnalysis;
using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Primitives.Merkle;
using Omega.P2P.Primitives.PublicLog;

namespace Omega.P2P.Storage.History;

// What others may ask. Epochs, indices and sizes come from peers: what is not ours is answered by false.
public sealed partial class PublicHistory
{
    /// <summary>The root of an epoch's log at a size it has reached.</summary>
    public bool TryRoot(long epoch, long size, out Hash256 root)
    {
        lock (_gate)
        {
            bool found = TryEpoch(epoch, size, out EpochLog? log);
            root = found ? log!.RootAt(size) : default;
            return found;
        }
    }

    /// <summary>Proof that a leaf is in the tree of a size. O(log n).</summary>
    public bool TryInclusion(long epoch, long index, long size, [NotNullWhen(true)] out Hash256[]? proof)
    {
        proof = null;
        lock (_gate)
        {
            if (index >= 0 && index < size && TryEpoch(epoch, size, out EpochLog? log))
                proof = Proofs.Inclusion(log!.Nodes, index, size);
            return proof is not null;
        }
    }

    /// <summary>Proof that the tree of size <paramref name="m"/> is the beginning of that of size
    /// <paramref name="n"/>; sizes from 1. O(log n).</summary>
    public bool TryConsistency(long epoch, long m, long n, [NotNullWhen(true)] out Hash256[]? proof)
    {
        proof = null;
        lock (_gate)
        {
            if (m > 0 && m <= n && TryEpoch(epoch, n, out EpochLog? log))
                proof = Proofs.Consistency(log!.Nodes, m, n);
            return proof is not null;
        }
    }

    /// <summary>The commitments of leaves [from, to); they tell nothing of the bodies.</summary>
    public bool TryLeaves(long epoch, long from, long to, [NotNullWhen(true)] out IReadOnlyList<Hash256>? commitments)
    {
        commitments = null;
        lock (_gate)
        {
            if (from >= 0 && from <= to && TryEpoch(epoch, to, out EpochLog? log))
                commitments = log!.Commitments(from, to);
            return commitments is not null;
        }
    }

    /// <summary>
    /// A leaf's salt and body, checked against its commitment; false where it was erased or is damaged. Who may read it
    /// is the caller's question: <see cref="PublicRecord.Reader"/>.
    /// </summary>
    public bool TryBody(long epoch, long index, out Hash256 salt, out ReadOnlyMemory<byte> body)
    {
        lock (_gate)
        {
            (salt, body) = (default, default);
            if (index < 0 || index == long.MaxValue || !TryEpoch(epoch, index + 1, out EpochLog? log))
                return false;
            bool found = log!.TryBody(index, out salt, out byte[] bytes);
            body = bytes;
            return found;
        }
    }

    internal bool IsBodyDamaged(long epoch, long index)
    {
        lock (_gate)
            return TryEpoch(epoch, index + 1, out EpochLog? log) && log!.IsBodyDamaged(index);
    }

    internal bool HoldsSubtree(long epoch, int level, long index, Hash256 hash)
    {
        lock (_gate)
            return TryEpoch(epoch, 0, out EpochLog? log) && log!.HoldsSubtree(level, index, hash);
    }

    internal bool IsHeadOnDisk(long epoch)
    {
        lock (_gate)
            return TryEpoch(epoch, 0, out EpochLog? log) && log!.IsHeadOnDisk();
    }

    private bool TryEpoch(long epoch, long size, out EpochLog? log) =>
        _epochs.TryGetValue(epoch, out log) && size >= 0 && size <= log.Replayed;
}
