namespace Omega.P2P.Storage;

/// <summary>Figures of one store. Sizes in bytes.</summary>
public sealed record StoreStats
{
    /// <summary>Artifacts, own and taken over.</summary>
    public int Artifacts { get; init; }

    /// <summary>Sealed blocks whose bytes are here.</summary>
    public int Blocks { get; init; }

    /// <summary>Sealed blocks whose bytes are away.</summary>
    public int BlocksEvicted { get; init; }

    /// <summary>Length of all block files here.</summary>
    public long BlockBytes { get; init; }

    /// <summary>Inline bytes that wait in the log for a block.</summary>
    public long PendingBytes { get; init; }

    /// <summary>Records of the local log.</summary>
    public long LogRecords { get; init; }

    /// <summary>Length of all log files.</summary>
    public long LogBytes { get; init; }

    /// <summary>Log syncs since opening.</summary>
    public long LogCommits { get; init; }
}
