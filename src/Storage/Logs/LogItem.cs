namespace Omega.P2P.Storage.Logs;

/// <summary>One record to append and the bytes that ride beside it.</summary>
/// <param name="Record">Canonical CBOR, at most <see cref="StoreLimits.LogRecordMax"/>.</param>
/// <param name="Inline">Bytes outside the record's hash, in the order the record lists them; may be empty.</param>
internal readonly record struct LogItem(byte[] Record, byte[] Inline)
{
    /// <summary>The check of the inline bytes, where somebody knows it.</summary>
    public uint? InlineCheck { get; init; }

    public int FrameLength => LogFrame.HeaderSize + Record.Length + Inline.Length;
}

/// <summary>One log file as the open log knows it.</summary>
internal sealed class LogSegment
{
    public required LogFileHeader Header { get; init; }

    /// <summary>Records in it.</summary>
    public long Count { get; set; }

    /// <summary>Bytes of the file, header included.</summary>
    public long Length { get; set; }

    /// <summary>Where its first record begins in the log without headers of files and inline bytes: what no trim and
    /// no join of files ever changes.</summary>
    public long Position { get; init; }

    /// <summary>Records that still carry inline bytes in this file.</summary>
    public InlineMap InlineRecords { get; init; } = new();

    /// <summary>Where the first record after it begins; see <see cref="Position"/>.</summary>
    public long PositionEnd => Position + Length - LogFileHeader.Size - InlineRecords.TotalBytes;

    public long End => Header.First + Count;
}

/// <summary>What opening a log found.</summary>
internal sealed record LogRecovery
{
    /// <summary>Whole records replayed.</summary>
    public long Records { get; init; }

    /// <summary>Bytes of an unfinished write cut off the end.</summary>
    public long TornBytes { get; init; }

    /// <summary>First record whose bytes have rotted, or -1. The log then takes no appends.</summary>
    public long FirstDamaged { get; init; } = -1;

    /// <summary>Older generations and temporary files removed.</summary>
    public int FilesRemoved { get; init; }
}
