namespace Omega.P2P.Storage.Recovery;

/// <summary>What opening a store found and did. <see cref="ToString"/> is one line.</summary>
public sealed record RecoveryReport
{
    /// <summary>Log records there are.</summary>
    public long Records { get; init; }

    /// <summary>Those of them that were replayed: the rest was in the index.</summary>
    public long RecordsReplayed { get; init; }

    /// <summary>Artifacts after replay.</summary>
    public int Artifacts { get; init; }

    /// <summary>Blocks whose bytes are here.</summary>
    public int Blocks { get; init; }

    /// <summary>Blocks known to be evicted.</summary>
    public int Evicted { get; init; }

    /// <summary>Bytes of an unfinished log write that were cut off; none of them was acknowledged.</summary>
    public long TornBytes { get; init; }

    /// <summary>Half-filled, unnamed or superseded files that were removed.</summary>
    public int FilesRemoved { get; init; }

    /// <summary>Blocks that should be here and are not, or whose directory cannot be read.</summary>
    public int BlocksMissing { get; init; }

    /// <summary>First damaged log record, or -1. The store is then read-only.</summary>
    public long FirstDamagedRecord { get; init; } = -1;

    /// <summary>Why an index that was on disk was of no use and the log was replayed from its beginning; null where it
    /// was, or there was none.</summary>
    public string? IndexDropped { get; init; }

    /// <summary>Whether everything acknowledged is whole.</summary>
    public bool IsClean => BlocksMissing == 0 && FirstDamagedRecord < 0;

    /// <inheritdoc/>
    public override string ToString()
    {
        var found = $"{Artifacts} artifacts, {Records} records, {Blocks} blocks, {Evicted} evicted";
        var cut = TornBytes > 0 ? $"; cut {TornBytes} unacknowledged bytes off the log" : "";
        var removed = FilesRemoved > 0 ? $"; removed {FilesRemoved} leftover files" : "";
        var missing = BlocksMissing > 0 ? $"; {BlocksMissing} BLOCKS MISSING" : "";
        var damaged = FirstDamagedRecord >= 0 ? $"; LOG RECORD {FirstDamagedRecord} IS DAMAGED, read-only" : "";
        var dropped = IndexDropped is null ? "" : $"; index made again from the log ({IndexDropped})";
        return found + cut + removed + dropped + missing + damaged;
    }
}
