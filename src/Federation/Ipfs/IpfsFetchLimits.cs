namespace Omega.P2P.Federation.Ipfs;

/// <summary>Every bound of a fetch from IPFS peers, with its unit and where the number comes from.</summary>
public sealed record IpfsFetchLimits
{
    /// <summary>The shipped bounds.</summary>
    public static IpfsFetchLimits Default { get; } = new();

    /// <summary>Peers asked (guess: they are named by hand).</summary>
    public int Peers { get; init; } = 16;

    /// <summary>Streams one peer may have open towards us. Helia opens one for each message, up to 50 at
    /// once.</summary>
    public int StreamsPerPeer { get; init; } = 128;

    /// <summary>Bytes of blocks that nobody asked for, or that came again, before a peer is left, beside as many as it
    /// brought of what was asked for. Origin: twice what may be asked for at once.</summary>
    public long UnaskedBytes { get; init; } = 2 * Protocol.Ipfs.IpfsLimits.BytesAhead;

    /// <summary>Messages without a block we waited for, before a peer is left (guess).</summary>
    public int UselessMessages { get; init; } = 10_000;

    /// <summary>Links tried with one peer (guess: two breaks).</summary>
    public int Tries { get; init; } = 3;

    /// <summary>Blocks asked of a peer at a time (guess; what is ahead bounds their bytes).</summary>
    public int Batch { get; init; } = 256;

    /// <summary>What a peer was asked for and has not begun to bring for so long is asked of another (guess).</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same, and it is asked once more itself (guess).</summary>
    public TimeSpan RepeatAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Without any block for so long it is over (guess: a person waits).</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often that is looked at (guess).</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromMilliseconds(500);
}
