using Omega.P2P.Primitives.Hashing;

namespace Omega.P2P.Storage.History;

/// <summary>The newest signed head of a domain; durable before anyone sees it (law 9).</summary>
/// <param name="Epoch">Which public log. Heads order by (epoch, size).</param>
/// <param name="Size">Count of leaves it covers; the last one is the snapshot.</param>
/// <param name="Root">RFC 6962 root over them.</param>
/// <param name="SnapshotNumber">Number of that snapshot.</param>
/// <param name="Note">The C2SP signed note: a tlog-checkpoint with the domain's own signature.</param>
public sealed record HeadInfo(long Epoch, long Size, Hash256 Root, long SnapshotNumber, ReadOnlyMemory<byte> Note)
{
    /// <summary>Index of the snapshot's leaf.</summary>
    public long SnapshotIndex => Size - 1;
}
