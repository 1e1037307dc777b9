using Omega.P2P.Primitives.Hashing;
using Omega.P2P.Protocol.Omega.Catalog;

namespace Omega.P2P.Federation;

/// <summary>What the store may answer. Closed.</summary>
public abstract record StoreAnswer
{
    private StoreAnswer()
    {
    }

    /// <summary>Carried out.</summary>
    public sealed record Done : StoreAnswer;

    /// <summary>What was asked for is not there.</summary>
    public sealed record Nothing : StoreAnswer;

    /// <summary>The store could not; the text is for the owner, never for a peer.</summary>
    public sealed record Failed(StoreFault Fault, string Message) : StoreAnswer;

    /// <summary>The newest head: its place, and the bundle as it goes to a follower.</summary>
    public sealed record OwnHead(HeadRef Place, HeadBundle Bundle) : StoreAnswer;

    /// <summary>The newest epoch opened.</summary>
    public sealed record OwnEpoch(long Epoch) : StoreAnswer;

    /// <summary>The root at the size asked, or null when the epoch or size is not ours (yet, or any more).</summary>
    public sealed record OwnRoot(Hash256? Root) : StoreAnswer;

    /// <summary>
    /// Commitments (<c>LogCommitment</c>, not leaf hashes) in order from the first asked, and the readable bodies by
    /// index. May end before the last asked: bodies of one answer stay below 512 KiB, so the asker asks on.
    /// </summary>
    public sealed record OwnLeaves(IReadOnlyList<Hash256> Commitments, IReadOnlyList<LeafBody> Bodies) : StoreAnswer;

    /// <summary>Bytes in the order asked; null where that audience has no such thing.</summary>
    public sealed record OwnItems(IReadOnlyList<ReadOnlyMemory<byte>?> Items) : StoreAnswer;

    /// <summary>Contents in the order asked.</summary>
    public sealed record Contents(IReadOnlyList<ContentStatus> Items) : StoreAnswer;

    /// <summary>A transfer is open and wants these ranges; an empty list wants only to be completed. Of what is wanted
    /// <paramref name="BytesAgain"/> had come before, at most, to a transfer that was cut off.</summary>
    public sealed record TransferBegun(
        TransferId Transfer, IReadOnlyList<WantedContent> Wanted, long BytesAgain = 0) : StoreAnswer;

    /// <summary>Which of the blocks asked for anybody may have, in the order asked.</summary>
    public sealed record PublicBlocks(IReadOnlyList<bool> Has) : StoreAnswer;
}
