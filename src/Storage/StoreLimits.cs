namespace Omega.P2P.Storage;

/// <summary>Bounds and targets of one store. All sizes in bytes unless a name says otherwise.</summary>
public sealed record StoreLimits
{
    /// <summary>Contents up to this size ride inside the log commit and share blocks: one sync instead of three, and no
    /// block file of its own. Default 64 KiB, the mean chunk (guess).</summary>
    public int InlineContentMax { get; init; } = 64 * 1024;

    /// <summary>Largest canonical record of the local log, without inline bytes. Default 16 KiB (design section
    /// 6).</summary>
    public int LogRecordMax { get; init; } = 16 * 1024;

    /// <summary>Largest catalog entry; what is left of a log record for the fields around it (design section 6;
    /// guess).</summary>
    public int EntryMax { get; init; } = 15 * 1024;

    /// <summary>Inline bytes one record may carry: a small content, or the chunk list and outboard of a larger one;
    /// more goes straight to a block (guess).</summary>
    public int InlineRecordMax { get; init; } = 64 * 1024;

    /// <summary>A log file is closed and the next begun when it has grown to this. Default 16 MiB (guess).</summary>
    public long LogSegmentTarget { get; init; } = 16L * 1024 * 1024;

    /// <summary>Blocks of small contents are sealed at this size. Default 4 MiB.</summary>
    public int SmallBlockTarget { get; init; } = 4 * 1024 * 1024;

    /// <summary>Blocks of chunks are sealed at this size. Default 16 MiB.</summary>
    public int LargeBlockTarget { get; init; } = 16 * 1024 * 1024;

    /// <summary>Inline bytes waiting in the log that make the next put move them to a block first (guess).</summary>
    public long PendingMax { get; init; } = 16L * 1024 * 1024;

    /// <summary>Running time without a put after which waiting inline bytes move to a block, in milliseconds.</summary>
    public long IdleMs { get; init; } = 2_000;

    /// <summary>Inline bytes worth a block of their own when idle; fewer stay in the log.</summary>
    public int IdleBlockMin { get; init; } = 64 * 1024;

    /// <summary>Bytes read, cut and hashed at a time. A put of any size holds three such buffers, each with room for a
    /// largest chunk in front. At least twice the largest chunk. Default 2 MiB (guess: three fit in a third-level
    /// cache).</summary>
    public int IngestBuffer { get; init; } = 2 * 1024 * 1024;

    /// <summary>Full blocks after which a put under way syncs them, and where it can be resumed makes them known:
    /// bounds open files, and what a killed put writes again. Default 4, 64 MiB (guess).</summary>
    public int UnsyncedBlocksMax { get; init; } = 4;

    /// <summary>Memory of the index: newest entries and pages. Default 32 MiB: fences and newer filters of ten million
    /// artifacts take about half of it (measured).</summary>
    public long IndexMemory { get; init; } = 32L * 1024 * 1024;

    /// <summary>Entries of the index that are in memory alone before a quiet store seals them; fewer are replayed from
    /// the log on opening in well under a second (guess).</summary>
    public int IndexQuietEntries { get; init; } = 20_000;

    /// <summary>Names of block files that opening looks at; those of more are looked at when the store is open, so that
    /// its opening does not wait for them. Default 16,384 (guess): 8,000 blocks, a tenth of a second.</summary>
    public int OpenNamesMax { get; init; } = 16_384;

    /// <summary>Most bytes of blocks and of what waits in the log for one; a write over it is refused. 0: no limit.
    /// </summary>
    public long QuotaBytes { get; init; }

    /// <summary>Most live artifacts; a write over it is refused. 0: no limit.</summary>
    public long QuotaFiles { get; init; }

    /// <summary>Bytes kept occupied so that a full disk can still delete; 0: none. Default 4 MiB: ten thousand
    /// tombstones and more (guess).</summary>
    public int ReserveBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long a domain must have been open, in milliseconds, after something was marked as needed by nothing
    /// before its bytes go. Default 1 h (guess).</summary>
    public long CollectionGraceMs { get; init; } = 3_600_000;

    /// <summary>Share of a block's bytes that must be dead before its living rest is moved and the block dropped.
    /// Default a quarter (guess).</summary>
    public double CollectionShareMin { get; init; } = 0.25;

    /// <summary>Bytes of candidate blocks emptied in one commit. Default 64 MiB (guess).</summary>
    public long CollectionStep { get; init; } = 64L * 1024 * 1024;

    /// <summary>A clock further than this behind what the log or a peer has told is wrong, in milliseconds. Default 10
    /// min (guess).</summary>
    public long ClockBehindMax { get; init; } = 600_000;

    /// <summary>A clock that ran further ahead than this while the domain was closed is not believed, in milliseconds.
    /// Default 60 days (guess).</summary>
    public long ClockAheadMax { get; init; } = 60L * 86_400_000;

    /// <summary>Candidates a prefix look-up may be asked for.</summary>
    public int ResolveMax { get; init; } = 100;
}
